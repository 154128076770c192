//! The history in groups, as rows of `change`.

use std::ops::ControlFlow;

use rusqlite::Connection;

use crate::store::copy::tables::Value::{self, Integer, Null, Text};
use crate::store::copy::tables::{EachPage, Row};
use crate::store::sqlite::groups::{self, Line, Pending, raw_delta};
use crate::store::{Direction, StoreError};

/// Passes all changes to `each_page`, oldest first.
pub fn read(
    connection: &Connection,
    page_rows: usize,
    each_page: &mut EachPage<'_>,
) -> Result<(), StoreError> {
    let mut page = Vec::new();
    groups::walk(connection, 0, Direction::OldestFirst, |id, line| {
        page.extend(Line::parse(id, line)?.as_ref().map(row));
        if page.len() == page_rows {
            each_page(std::mem::take(&mut page))?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    each_page(page)
}

fn row(line: &Line<'_>) -> Row {
    vec![
        Integer(line.account_id),
        Integer(line.version),
        Integer(line.at_us),
        Integer(line.request_id),
        Text(line.source.to_string()),
        Text(line.kind.to_string()),
        line.subject_id.map_or(Null, Integer),
        Text(line.delta().into_owned()),
        line.import_id.map_or(Null, Integer),
    ]
}

/// Appends changes, in full groups.
pub fn insert(connection: &Connection, rows: &[Row]) -> Result<(), StoreError> {
    let mut pending = Pending::default();
    for row in rows {
        let [
            Integer(account_id),
            Integer(version),
            Integer(at_us),
            Integer(request_id),
            Text(source),
            Text(kind),
            subject_id,
            Text(delta),
            import_id,
        ] = row.as_slice()
        else {
            return Err(StoreError::Damaged(format!("a row of change is {row:?}")));
        };
        let id = |value: &Value| if let Integer(id) = value { Some(*id) } else { None };
        let line = Line {
            account_id: *account_id,
            version: *version,
            at_us: *at_us,
            request_id: *request_id,
            source: source.into(),
            kind: kind.into(),
            subject_id: id(subject_id),
            raw_delta: &raw_delta(delta),
            import_id: id(import_id),
        };
        pending.push(connection, &line)?;
    }
    pending.write(connection)
}
