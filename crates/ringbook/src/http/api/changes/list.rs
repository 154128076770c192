//! `GET /v1/changes`: the history.

use directory::{ChangeId, Kind};

use super::change::Change;
use crate::http::api::code::Code;
use crate::http::api::page::{Page, PageParameters, PageRequest};
use crate::http::api::parameter::{Flag, Id, Number, OneOf, Text, Time};
use crate::http::api::phones::lookup;
use crate::http::api::prelude::*;
use crate::service::{Failure, HistoricChange};
use crate::store::{ChangeFilter, ChangeQuery, HistoryOf, ImportId, RequestId};

parameters!(struct FilterParameters {
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
    /// If `true`, a change of a phone or a skill says which name that has now
    SHOW_NAMES: Flag = query "show_names";
});

/// Changes, newest first.
type Changes = Page<Change>;

/// List changes
///
/// The history, newest first. With several filters, the changes to which all of them apply: a page
/// may then be short or empty and not be the last one.
#[utoipa::path(
    get, path = "/v1/changes", tag = "changes", params(FilterParameters, PageParameters),
    responses((status = 200, description = "A page of changes", body = Changes))
)]
pub async fn list(caller: Caller<Read>, mut parameters: Query) -> Answer {
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
    let shows_names = SHOW_NAMES.read(&mut parameters).unwrap_or(false);
    let page = PageRequest::read(&mut parameters, |position| position.parse().ok());
    parameters.check()?;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let of = history_of(&caller, phone, skill).await.map_err(|failure| {
        let problem = Problem::from(failure).named_by(PHONE.name, Code::NoSuchPhone);
        problem.named_by(SKILL.name, Code::NoSuchSkill)
    })?;
    let below = page.after.map(|ChangeId(version)| version);
    let query = ChangeQuery { filter, below, ..ChangeQuery::newest(of, page.items_max) };
    let history = service.history(tenant, &query).await?;
    let next = history.next.map(|next| page.cursor(&ChangeId(next).to_string()));
    let show = |change: HistoricChange| {
        let name_now = if shows_names { service.name_now(tenant, &change.past) } else { None };
        let mut shown = Change::from(change);
        shown.name_now = name_now;
        shown
    };
    let items = history.changes.into_iter().map(show).collect();
    Ok(Reply::ok(&Page { items, next }).render())
}

/// Whose history is asked for. What is deleted can only be found by its id.
async fn history_of(
    caller: &Caller<Read>,
    phone: Option<String>,
    skill: Option<String>,
) -> Result<HistoryOf, Failure> {
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let of = match (phone, skill) {
        (None, None) => return Ok(HistoryOf::Account),
        (Some(phone), _) => {
            let lookup = lookup(&phone);
            HistoryOf::Phone(match lookup.id {
                Some(id) => id,
                None => service.show_phone(tenant, &lookup).await?.0.id,
            })
        }
        (None, Some(skill)) => HistoryOf::Skill(match skill.parse() {
            Ok(id) => id,
            Err(_) => service.skill(tenant, &skill).await?.id,
        }),
    };
    service.check_history_of(tenant, of).await?;
    Ok(of)
}
