//! `GET /v1/changes`: the history.

use directory::{Kind, SkillId};
use serde::Serialize;
use utoipa::ToSchema;

use super::change::Change;
use super::cursor;
use crate::http::api::parameter::{Id, Limit, Number, OneOf, Text, Time};
use crate::http::api::phones::lookup;
use crate::http::api::prelude::*;
use crate::store::{ChangeFilter, ChangeId, ChangeQuery, HistoryOf, ImportId, RequestId};

parameters!(struct HistoryParameters {
    /// Those of this phone: its id, also if it is deleted, or the number that it has
    PHONE: Number = query "phone";
    /// Those of this skill itself: its id, also if it is deleted, or the name that it has
    SKILL: Text = query "skill";
    /// Those of this request: its id
    REQUEST: Id<RequestId> = query "request";
    /// Those of this import or bulk request, all of its parts: its id
    IMPORT: Id<ImportId> = query "import";
    /// Those of this kind
    KIND: OneOf<Kind> = query "kind";
    /// Those of this source, as it is in the changes
    SOURCE: Text = query "source";
    /// Those from this time on
    SINCE: Time = query "since";
    /// Those before this time
    UNTIL: Time = query "until";
    /// `next` of the page before
    CURSOR: Text = query "cursor";
    /// Changes at most, 1 to 1000; 50 if absent
    LIMIT: Limit = query "limit";
});

/// A page of the history
#[derive(Serialize, ToSchema)]
struct ChangePage {
    /// The changes. With filters there may be few, or none, though it is not the last page
    items: Vec<Change>,
    /// `cursor` of the next page; `null` on the last one
    #[schema(required)]
    next: Option<String>,
}

/// List changes
///
/// The history, newest first. With several filters, the changes to which all of them apply. Only the
/// last page has no `next`: with filters, a page may be short or empty before it.
#[utoipa::path(
    get, path = "/v1/changes", operation_id = "listChanges", tag = "changes",
    params(HistoryParameters),
    responses((status = 200, description = "A page of changes", body = ChangePage), Problems)
)]
pub async fn list(caller: Caller<Read>, mut parameters: Query) -> Answer {
    let scope = parameters.scope();
    let (phone, skill) = (PHONE.read(&mut parameters), SKILL.read(&mut parameters));
    if phone.is_some() && skill.is_some() {
        parameters.add_fault(SKILL.name, "cannot be given with phone: a change is of one of them");
    }
    let filter = ChangeFilter {
        request: REQUEST.read(&mut parameters),
        import: IMPORT.read(&mut parameters),
        kind: KIND.read(&mut parameters),
        source: SOURCE.read(&mut parameters),
        since_us: SINCE.read(&mut parameters),
        until_us: UNTIL.read(&mut parameters),
    };
    let below =
        CURSOR.position(&mut parameters, |text| cursor::read(&scope, text)?.parse::<ChangeId>());
    let rows_max = LIMIT.items(&mut parameters);
    parameters.check()?;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let of = history_of(&caller, phone, skill).await?;
    service.check_history_of(tenant, of).await?;
    let below = below.map(|id| id.0);
    let query = ChangeQuery { filter, below, ..ChangeQuery::newest(of, rows_max) };
    let history = service.history(tenant, &query).await?;
    let next = history.next.map(|next| cursor::write(&scope, &ChangeId(next).to_string()));
    Ok(Reply::ok(&ChangePage { items: Change::all(history), next }).render())
}

/// Whose history is asked for. What is deleted can only be found by its id.
async fn history_of(
    caller: &Caller<Read>,
    phone: Option<String>,
    skill: Option<String>,
) -> Result<HistoryOf, Problem> {
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    if let Some(skill) = skill {
        return Ok(HistoryOf::Skill(match skill.strip_prefix('s').map(str::parse) {
            Some(Ok(id)) => SkillId(id),
            _ => service.skill(tenant, &skill).await?.id,
        }));
    }
    let Some(phone) = phone else { return Ok(HistoryOf::Account) };
    let lookup = lookup(&phone);
    Ok(HistoryOf::Phone(match lookup.id {
        Some(id) => id,
        None => service.show_phone(tenant, &lookup).await?.0.id,
    }))
}
