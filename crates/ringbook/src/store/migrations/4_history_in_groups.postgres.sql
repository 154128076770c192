-- 4: history in groups

-- Only in SQLite: here a commit is one statement whatever it has to write.
