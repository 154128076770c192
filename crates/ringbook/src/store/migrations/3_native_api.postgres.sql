-- 3: native API

-- API keys beside the account's own one, which is among its settings.
CREATE TABLE api_key (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL CHECK (scope IN ('full', 'read', 'routing')),
    sha256 bytea NOT NULL,
    created_us bigint NOT NULL,
    expires_us bigint,
    PRIMARY KEY (account_id, id)
);

-- When a key was used last. The account's own key is 0. No version counts it.
CREATE TABLE key_use (
    account_id bigint NOT NULL,
    key_id bigint NOT NULL,
    used_us bigint NOT NULL,
    PRIMARY KEY (account_id, key_id)
) WITH (fillfactor = 50);

-- Answers by SHA-256 of an Idempotency-Key.
CREATE TABLE idempotency_record (
    account_id bigint NOT NULL,
    key_sha256 bytea NOT NULL,
    request_sha256 bytea NOT NULL,
    at_us bigint NOT NULL,
    answer bytea NOT NULL,
    PRIMARY KEY (account_id, key_sha256)
);

CREATE INDEX kept_answer_by_age ON idempotency_record (at_us);

CREATE TABLE operator_key (
    name text COLLATE "C" PRIMARY KEY,
    sha256 bytea NOT NULL,
    created_us bigint NOT NULL,
    expires_us bigint
);
