-- A plain normalized schema: a table for each thing, and constraints for what must hold between them.

CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_name text NOT NULL UNIQUE,
    api_key_sha256 bytea NOT NULL
);

CREATE TABLE skill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    name text NOT NULL,
    UNIQUE (account_id, name)
);

CREATE TABLE phone (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    number text NOT NULL,
    name text NOT NULL,
    UNIQUE (account_id, number)
);

CREATE UNIQUE INDEX phone_name ON phone (account_id, lower(name));

-- A skill's phones ring in the order in which they were assigned.
CREATE TABLE phone_skill (
    phone_id bigint NOT NULL REFERENCES phone ON DELETE CASCADE,
    skill_id bigint NOT NULL REFERENCES skill,
    position bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (phone_id, skill_id),
    UNIQUE (skill_id, position)
);

CREATE TABLE history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    phone_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL
);
