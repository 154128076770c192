-- 1: directory

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_name TEXT NOT NULL UNIQUE,
    api_key_sha256 BLOB NOT NULL,
    api_authentication TEXT NOT NULL CHECK (api_authentication IN ('BASIC_AUTH', 'TOKEN_AUTH')),
    phone_number_limit INTEGER NOT NULL,
    -- The newest token, and when those within the last hour were issued: a JSON array.
    token_sha256 BLOB,
    token_expires_us INTEGER,
    tokens_issued_us TEXT NOT NULL DEFAULT '[]'
) STRICT;

-- Counters apart from the account's other columns: each commit writes one of these rows, and a
-- hundred of them share a page.
CREATE TABLE account_version (
    account_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    next_phone_id INTEGER NOT NULL,
    next_skill_id INTEGER NOT NULL
) STRICT;

CREATE TABLE skill (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, name)
) STRICT, WITHOUT ROWID;

-- One row a phone. The key is account_id * 2^32 + id, so that the phones of an account lie
-- together without an index, and an edit is one search by an integer.
CREATE TABLE phone (
    key INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    -- A JSON object from the skill's id to the position in its ring order.
    skills TEXT NOT NULL,
    account_id INTEGER GENERATED ALWAYS AS (key >> 32) VIRTUAL,
    id INTEGER GENERATED ALWAYS AS (key & 4294967295) VIRTUAL
) STRICT;

-- The history: one row a change. The account's version after it, who, when, in which request,
-- and each changed field as [before, after].
CREATE TABLE change (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- The phone's or the skill's id, by kind.
    subject_id INTEGER,
    delta TEXT NOT NULL
) STRICT;

-- For people: who is assigned to what, in ring order.
CREATE VIEW assignment AS
SELECT account.user_name, skill.name AS skill, phone.number, phone.name, held.value AS position
FROM account
JOIN phone ON phone.key BETWEEN account.id << 32 AND (account.id << 32) + 4294967295
JOIN json_each(phone.skills) AS held
JOIN skill ON skill.account_id = account.id AND skill.id = CAST(held.key AS INTEGER)
ORDER BY account.user_name, skill.name, position;

-- For people: what happened, newest first.
CREATE VIEW history AS
SELECT account.user_name, datetime(change.at_us / 1000000, 'unixepoch') AS at, change.source,
    printf('%016x', change.request_id) AS request_id, change.kind, change.subject_id, change.delta
FROM change LEFT JOIN account ON account.id = change.account_id
ORDER BY change.id DESC;
