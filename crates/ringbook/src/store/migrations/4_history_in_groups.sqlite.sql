-- 4: history in groups

-- The changes of a commit, so many at most, as a JSON array with one of them a line:
-- [account_id,version,at_us,request_id,"source","kind",subject_id,delta], or null where it was
-- deleted. Ids count changes: a group has that of its newest one.
CREATE TABLE change_group (
    id INTEGER PRIMARY KEY,
    changes TEXT NOT NULL
) STRICT;

INSERT INTO change_group (id, changes)
SELECT max(place), '[' || group_concat(line, ',' || char(10) ORDER BY place) || ']'
FROM (
    SELECT
        row_number() OVER (ORDER BY id) AS place,
        json_array(
            account_id, version, at_us, request_id, source, kind, subject_id,
            json(iif(json_valid(delta), delta, json_quote(delta)))
        ) AS line
    FROM change
)
GROUP BY (place - 1) / 16;

-- The ids are others now.
DELETE FROM change_run;

UPDATE change_indexed SET change_id = 0;

DROP VIEW history;

DROP TABLE change;

-- For people, and programs of the version before: a row a change. Whatever is asked for, it reads
-- all groups.
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
    json_extract(line.value, '$[7]') AS delta
FROM change_group CROSS JOIN json_each(changes) AS line
WHERE line.type = 'array';

-- A program of the version before goes on beside those that replace it.
CREATE TRIGGER change_insert INSTEAD OF INSERT ON change
BEGIN
    INSERT INTO change_group (id, changes)
    VALUES (
        (SELECT coalesce(max(id), 0) + 1 FROM change_group),
        json_array(
            json_array(
                NEW.account_id, NEW.version, NEW.at_us, NEW.request_id, NEW.source, NEW.kind,
                NEW.subject_id, json(NEW.delta)
            )
        )
    );
END;

-- For people: what happened, newest first.
CREATE VIEW history AS
SELECT
    account.user_name,
    datetime(json_extract(line.value, '$[2]') / 1000000, 'unixepoch') AS at,
    json_extract(line.value, '$[4]') AS source,
    printf('%016x', json_extract(line.value, '$[3]')) AS request_id,
    json_extract(line.value, '$[5]') AS kind,
    json_extract(line.value, '$[6]') AS subject_id,
    json_extract(line.value, '$[7]') AS delta
FROM change_group CROSS JOIN json_each(changes) AS line
LEFT JOIN account ON account.id = json_extract(line.value, '$[0]')
WHERE line.type = 'array'
ORDER BY change_group.id DESC, line.key DESC;
