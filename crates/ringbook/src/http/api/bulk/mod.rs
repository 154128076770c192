//! `/v1/bulk`, and the rows of `/v1/imports`: many rows at once, as a whole or in parts.
//!
//! A file is read row by row as it comes. In parts, each part is committed before the next one is
//! read. The response with the result of each row is sent once all rows were read: most clients and
//! proxies do not read a response while they send, so sending it earlier would deadlock. Until then
//! the results are buffered, up to a limit.

mod body;
mod form;
mod json;
mod parts;
pub mod results;

use axum::Extension;
use axum::extract::Request;
use directory::SaveMode;

use super::access::Actor;
use super::choice::{Choice, choice_schema};
use super::parameter::{Flag, OneOf};
use super::permits::Permits;
use super::prelude::*;
use crate::rows::{Action, Options};
pub use body::FileBytes;
use body::{File, Rows, unsupported};
use form::Form;
pub use form::{BulkDone, BulkLine, JSON_LINES, Stopped, accepted_or_lines};
use json::BulkRequest;
use parts::{Done, Parts};

impl Choice for SaveMode {
    fn choices() -> Vec<(&'static str, Self)> {
        vec![("all_or_nothing", Self::AllOrNothing), ("keep_going", Self::GoodRows)]
    }
}

choice_schema! {
    /// `all_or_nothing`: every row, or none if one is refused. `keep_going`: the rows that are not
    /// refused, some thousands at a time
    pub Mode for SaveMode
}

parameters!(struct FileParameters {
    /// Of a file: `all_or_nothing`, as if absent: every row, or none if one is refused.
    /// `keep_going`: the rows that are not refused, some thousands at a time
    MODE: OneOf<SaveMode> = query "mode";
    /// Of a file: what its rows do that have no `action`; `create` if absent
    ACTION: OneOf<Action> = query "action";
    /// Of a file with upserts: the `id` of a row counts even if its phone has neither the number nor
    /// the name of the row. Only for rows of this account
    TRUST_IDS: Flag = query "trust_ids";
    /// Of the dry run of a file: the first 1,000 rows that change something say what their phones were
    /// `before` and would be `after`
    SHOW_PHONES: Flag = query "show_phones";
});

impl Choice for Action {
    fn choices() -> Vec<(&'static str, Self)> {
        Self::ALL.into()
    }
}

/// Create, edit and delete many phones
///
/// Rows as JSON, up to 10,000, with the mode beside them. More rows come as a file: a line of CSV or
/// of JSON Lines is a row with the same members, and the mode stands in the query. In a cell of CSV
/// skills are separated by commas, and an empty one is absent, but for the skills of an upsert. Rows
/// are decided in their order; with `all_or_nothing` numbers and names need to be unique only in the
/// end.
#[utoipa::path(
    post, path = "/v1/bulk", tag = "bulk", params(FileParameters),
    request_body(content(
        (BulkRequest = "application/json"),
        (inline(FileBytes) = "application/x-ndjson"),
        (inline(FileBytes) = "text/csv")
    )),
    responses(
        (status = 200, description = "What became of each row", content(
            (BulkDone = "application/json"), (Vec<BulkLine> = "application/x-ndjson")
        ))
    )
)]
pub async fn bulk(
    caller: Caller<Full>,
    Extension(permits): Extension<Permits>,
    write: Write,
    request: Request,
) -> Answer {
    carry_out(caller.actor(), &permits, write, request, false).await
}

/// Carries rows out, of a bulk request or an import.
pub async fn carry_out(
    actor: Actor<'_>,
    permits: &Permits,
    mut write: Write,
    request: Request,
    is_import: bool,
) -> Answer {
    let headers = request.headers();
    let (format, form) = (body::format(headers)?, Form::accepted(headers)?);
    let is_json = format.is_none();
    if is_json && is_import {
        return Err(unsupported("application/json", ""));
    }
    let query = &mut write.query;
    if is_json {
        for name in [MODE.name, ACTION.name, TRUST_IDS.name, SHOW_PHONES.name] {
            if query.take(name).is_some() {
                query.add_fault(name, "is for files: in JSON the body says it");
            }
        }
    }
    let mode = MODE.read(query);
    let action = ACTION.read(query).unwrap_or(Action::Create);
    let trusts_ids = TRUST_IDS.read(query).unwrap_or(false);
    let shows_phones = SHOW_PHONES.read(query).unwrap_or(false);
    // Faults of the request are answered before its body is read.
    write.check_at_collection()?;
    let permit = permits.take(actor.tenant.id())?;
    let verify = || actor.service.verify(actor.tenant);
    let (mode, rows) = match format {
        Some(format) => {
            let options = Options { action, trusts_ids, ..Options::new(format) };
            (mode, Rows::File(Box::new(File::new(request.into_body(), options, &verify))))
        }
        None => json::read(request).await?,
    };
    let mode = mode.unwrap_or(SaveMode::AllOrNothing);
    let is_at_once = mode != SaveMode::GoodRows || write.is_dry_run;
    let done = Done::default();
    let parts = Parts { actor, write, form, mode, is_json, is_import, shows_phones, permit, done };
    if is_at_once { parts.carry_out_at_once(rows).await } else { parts.carry_out(rows).await }
}
