//! Catching up with the commits of other processes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use directory::{AccountId, Kind, PhoneId};
use rusqlite::Connection;

use super::groups;
use super::open::running;
use super::read::{account_by_id, phone, phone_key, routing, skills, version};
use crate::store::{CatchUp, Direction, StoreError};

/// How many changes of the history to search for those of the account. Beyond that, to reload the
/// account is as fast.
const CATCH_UP_CHANGES_MAX: i64 = 20_000;

/// Reads the history back to the version `known`, and the rows that have changed since.
pub fn catch_up(connection: &Connection, id: AccountId, known: u64) -> Result<CatchUp, StoreError> {
    match version(connection, id)? {
        None => return Ok(CatchUp::Gone),
        Some(version) if version == known => return Ok(CatchUp::Current),
        Some(_) => {}
    }
    let Some(head) = account_by_id(connection, id)? else { return Ok(CatchUp::Gone) };
    let Some(touched) = touched_since(connection, id, known, head.counters.version)? else {
        return Ok(CatchUp::Reload);
    };
    let mut statement = connection
        .prepare_cached("SELECT key, number, name, skills, version FROM phone WHERE key = ?1")
        .map_err(running)?;
    let mut phones = Vec::with_capacity(touched.phones.len());
    for phone_id in touched.phones {
        let mut rows = statement.query([phone_key(id, phone_id)]).map_err(running)?;
        let now = match rows.next().map_err(running)? {
            Some(row) => Some(phone(row, id)?.1),
            None => None,
        };
        phones.push((phone_id, now));
    }
    let skills = skills(connection, id)?;
    let routing = touched.has_routing.then(|| routing(connection, id)).transpose()?;
    let has_erased = touched.has_erased;
    Ok(CatchUp::Rows { head: Box::new(head), skills, routing, phones, has_erased })
}

/// What was changed.
#[derive(Default)]
struct Touched {
    phones: BTreeSet<PhoneId>,
    has_routing: bool,
    has_erased: bool,
}

/// What was changed after the version `known`; none if some of these changes are missing or too far
/// back.
fn touched_since(
    connection: &Connection,
    id: AccountId,
    known: u64,
    version: u64,
) -> Result<Option<Touched>, StoreError> {
    let mut touched = Touched::default();
    let mut expected = version;
    let above = groups::newest(connection)? - CATCH_UP_CHANGES_MAX;
    groups::walk_account(connection, id, above, Direction::NewestFirst, |change_id, line| {
        // Each change raises the version by one: a gap means that some are missing.
        if line.version.cast_unsigned() != expected {
            return Ok(ControlFlow::Break(()));
        }
        expected -= 1;
        let kind = Kind::parse(&line.kind);
        touched.has_erased |= kind == Some(Kind::ErasePhone);
        if kind.is_some_and(Kind::is_of_routing) {
            touched.has_routing = true;
        } else if let Some(phone_id) = line.phone_id() {
            let damaged = |_| StoreError::Damaged(format!("change {change_id}: no phone's id"));
            touched.phones.insert(PhoneId(u32::try_from(phone_id).map_err(damaged)?));
        }
        Ok(if expected > known { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok((expected == known).then_some(touched))
}
