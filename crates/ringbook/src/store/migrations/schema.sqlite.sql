-- The schema of a store in an SQLite file.

CREATE TABLE account (
    -- Ids fit 31 bits, as the key of a phone has both.
    id INTEGER PRIMARY KEY AUTOINCREMENT
        CONSTRAINT account_id_has_31_bits CHECK (id BETWEEN 1 AND 2147483647),
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
    next_skill_id INTEGER NOT NULL,
    -- The version after the newest change of the account's settings.
    settings_version INTEGER NOT NULL
) STRICT;

CREATE TABLE skill (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL CONSTRAINT skill_id_has_32_bits CHECK (id BETWEEN 1 AND 4294967295),
    name TEXT NOT NULL,
    -- The account's version after its newest change.
    version INTEGER NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, name)
) STRICT, WITHOUT ROWID;

-- One row a phone. The key is account_id * 2^32 + id, so that the phones of an account lie
-- together without an index, and an edit is one search by an integer.
CREATE TABLE phone (
    key INTEGER PRIMARY KEY
        CONSTRAINT phone_id_has_32_bits CHECK (key >> 32 > 0 AND key & 4294967295 > 0),
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    -- A JSON object from the skill's id to the position in its ring order.
    skills TEXT NOT NULL,
    -- The account's version after its newest change.
    version INTEGER NOT NULL,
    account_id INTEGER GENERATED ALWAYS AS (key >> 32) VIRTUAL,
    id INTEGER GENERATED ALWAYS AS (key & 4294967295) VIRTUAL
) STRICT;

-- How calls are routed: the settings of the account, of a skill or of a phone. Most have none, and
-- no row.
CREATE TABLE routing (
    account_id INTEGER NOT NULL,
    -- `account`, a skill such as `s3`, or a phone such as `p17`.
    subject TEXT NOT NULL,
    -- A JSON object from each setting to its value, both as texts.
    settings TEXT NOT NULL,
    -- The account's version after their newest change.
    version INTEGER NOT NULL,
    PRIMARY KEY (account_id, subject)
) STRICT, WITHOUT ROWID;

-- The history. A row has up to 16 changes of one commit, as a JSON array with a change a line:
-- [account_id,version,at_us,request_id,"source","kind",subject_id,delta], or null if it was deleted.
-- One of an import has an import_id at the end: the version of the import's first change.
-- The version is the account's after the change, the delta each changed field as [before, after]; the
-- skills as [before, after, names], with the names that they had then. Routing has these as "names".
-- Each change has an id, and a group that of its newest change.
CREATE TABLE change_group (
    id INTEGER PRIMARY KEY,
    changes TEXT NOT NULL
) STRICT;

-- An index of the history by account: in runs of versions without a gap, the id of each change, and
-- its phone or skill. It lags behind the history, as a commit to a hundred accounts would have to
-- write a page for each of them.
CREATE TABLE change_run (
    account_id INTEGER NOT NULL,
    first_version INTEGER NOT NULL,
    -- JSON arrays of numbers and nulls. The last one is absent where no change is of a skill.
    change_ids TEXT NOT NULL,
    phone_ids TEXT NOT NULL,
    skill_ids TEXT,
    PRIMARY KEY (account_id, first_version)
) STRICT, WITHOUT ROWID;

-- The id of the newest change in the index.
CREATE TABLE change_indexed (change_id INTEGER NOT NULL) STRICT;

INSERT INTO change_indexed VALUES (0);

-- The store's clock, which moves on while Ringbook runs, and the newest change of then. The machine's
-- clock may be set, so the age of a change goes by these.
CREATE TABLE clock_mark (
    clock_us INTEGER PRIMARY KEY,
    -- The machine's clock then.
    at_us INTEGER NOT NULL,
    change_id INTEGER NOT NULL
) STRICT;

-- Imports and bulk requests: how each stands, written with each of its parts.
CREATE TABLE import (
    account_id INTEGER NOT NULL,
    -- The version of its first change.
    id INTEGER NOT NULL,
    begun_us INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('all_or_nothing', 'keep_going')),
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'undone')),
    -- How many rows were read, and what became of them.
    row_count INTEGER NOT NULL,
    done INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    -- What stopped it, as JSON.
    stopped TEXT,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

-- API keys beside the account's own one, which is among its settings.
CREATE TABLE api_key (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL CONSTRAINT api_key_id_is_positive CHECK (id > 0),
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('full', 'read', 'routing')),
    sha256 BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

-- When a key was used last. The account's own key is 0. No version counts it.
CREATE TABLE key_use (
    account_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    used_us INTEGER NOT NULL,
    PRIMARY KEY (account_id, key_id)
) STRICT, WITHOUT ROWID;

-- Answers by SHA-256 of an Idempotency-Key. With a rowid, as answers are long and keys are random:
-- a new answer is appended, and only its key goes to a random page.
CREATE TABLE idempotency_record (
    account_id INTEGER NOT NULL,
    key_sha256 BLOB NOT NULL,
    request_sha256 BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (account_id, key_sha256)
) STRICT;

CREATE INDEX idempotency_record_by_age ON idempotency_record (at_us);

CREATE TABLE operator_key (
    name TEXT PRIMARY KEY,
    sha256 BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER
) STRICT, WITHOUT ROWID;

-- Who is signed in to the console.
CREATE TABLE session (
    -- Of the token that the browser has.
    sha256 BLOB PRIMARY KEY,
    -- Null for an operator.
    account_id INTEGER,
    -- The name and the hash of the key that it was opened with.
    key_name TEXT NOT NULL,
    key_sha256 BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    source TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- For people: who is assigned to what, in ring order.
CREATE VIEW assignment AS
SELECT account.user_name, skill.name AS skill, phone.number, phone.name, held.value AS position
FROM account
JOIN phone ON phone.key BETWEEN account.id << 32 AND (account.id << 32) + 4294967295
JOIN json_each(phone.skills) AS held
JOIN skill ON skill.account_id = account.id AND skill.id = CAST(held.key AS INTEGER)
ORDER BY account.user_name, skill.name, position;

-- For people: one row a change. Every query of it reads all groups.
CREATE VIEW change AS
SELECT
    change_group.id - json_array_length(changes) + 1 + line.key AS id,
    json_extract(line.value, '$[0]') AS account_id,
    json_extract(line.value, '$[1]') AS version,
    json_extract(line.value, '$[2]') AS at_us,
    json_extract(line.value, '$[3]') AS request_id,
    json_extract(line.value, '$[4]') AS source,
    json_extract(line.value, '$[5]') AS kind,
    -- The phone's or the skill's id, by kind.
    json_extract(line.value, '$[6]') AS subject_id,
    json_extract(line.value, '$[7]') AS delta,
    json_extract(line.value, '$[8]') AS import_id
FROM change_group CROSS JOIN json_each(changes) AS line
WHERE line.type = 'array';

-- For people: what happened, newest first.
CREATE VIEW history AS
SELECT
    account.user_name,
    datetime(json_extract(line.value, '$[2]') / 1000000, 'unixepoch') AS at,
    json_extract(line.value, '$[4]') AS source,
    printf('r%016x', json_extract(line.value, '$[3]')) AS request_id,
    json_extract(line.value, '$[5]') AS kind,
    json_extract(line.value, '$[6]') AS subject_id,
    json_extract(line.value, '$[7]') AS delta
FROM change_group CROSS JOIN json_each(changes) AS line
LEFT JOIN account ON account.id = json_extract(line.value, '$[0]')
WHERE line.type = 'array'
ORDER BY change_group.id DESC, line.key DESC;
