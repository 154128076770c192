-- 2: storage
--
-- Each commit writes the counters of its accounts again. With room in the page the new row goes
-- beside the old one, no index is touched, and the next commits clear the old ones away.
ALTER TABLE account_version SET (
    fillfactor = 20,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000
);

-- Edits scatter: vacuum often and little, rather than when a fifth of ten million rows is dead.
ALTER TABLE phone SET (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
);
