-- Lets a connection change what is in the view `change` of SQLite's store as in PostgreSQL's table,
-- for tests that do it past everything of ours.

-- A change without an account is none.
CREATE TEMP TRIGGER update_change INSTEAD OF UPDATE ON change
BEGIN
    UPDATE change_group
    SET changes = (
        SELECT '[' || group_concat(
            coalesce(
                CASE
                    WHEN change_group.id - json_array_length(changes) + 1 + line.key = OLD.id
                    THEN '[' || NEW.account_id || ',' || NEW.version || ',' || NEW.at_us
                        || ',' || NEW.request_id || ',' || json_quote(NEW.source)
                        || ',' || json_quote(NEW.kind) || ',' || coalesce(NEW.subject_id, 'null')
                        || ',' || NEW.delta || coalesce(',' || NEW.import_id, '') || ']'
                    ELSE line.value
                END,
                'null'
            ),
            ',' || char(10) ORDER BY line.key
        ) || ']'
        FROM json_each(changes) AS line
    )
    WHERE id = (SELECT min(id) FROM change_group WHERE id >= OLD.id);
END;

CREATE TEMP TRIGGER delete_change INSTEAD OF DELETE ON change
BEGIN
    UPDATE change SET account_id = NULL WHERE id = OLD.id;
END;

CREATE TEMP TRIGGER insert_change INSTEAD OF INSERT ON change
BEGIN
    INSERT INTO change_group (id, changes)
    VALUES (
        (SELECT coalesce(max(id), 0) + 1 FROM change_group),
        json_array(
            json_array(
                NEW.account_id, NEW.version, NEW.at_us, NEW.request_id, NEW.source, NEW.kind,
                NEW.subject_id, json(NEW.delta), NEW.import_id
            )
        )
    );
END;
