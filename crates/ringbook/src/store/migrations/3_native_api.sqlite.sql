-- 3: native API

-- API keys beside the account's own one, which is among its settings.
CREATE TABLE api_key (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
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

-- Answers by SHA-256 of an Idempotency-Key. With a rowid, as answers are long and their keys are
-- scattered: a new one goes beside the one before, and only its key somewhere into the index.
CREATE TABLE idempotency_record (
    account_id INTEGER NOT NULL,
    key_sha256 BLOB NOT NULL,
    request_sha256 BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (account_id, key_sha256)
) STRICT;

CREATE INDEX kept_answer_by_age ON idempotency_record (at_us);

CREATE TABLE operator_key (
    name TEXT PRIMARY KEY,
    sha256 BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER
) STRICT, WITHOUT ROWID;

-- Where the changes of an account are, and of which phone or skill each one is: runs of versions
-- without a gap, each array in their order. It lags behind `change`, as a commit to a hundred
-- accounts would write a page for each of them: a run takes up what some thousand commits have
-- left.
CREATE TABLE change_run (
    account_id INTEGER NOT NULL,
    first_version INTEGER NOT NULL,
    -- JSON arrays of numbers and nulls. The last one is absent where no change is of a skill.
    change_ids TEXT NOT NULL,
    phone_ids TEXT NOT NULL,
    skill_ids TEXT,
    PRIMARY KEY (account_id, first_version)
) STRICT, WITHOUT ROWID;

-- The newest row of `change` that is in `change_run`: none yet, however many there are.
CREATE TABLE change_indexed (change_id INTEGER NOT NULL) STRICT;

INSERT INTO change_indexed VALUES (0);
