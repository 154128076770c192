//! `/v1/account/keys/{id}`

use axum::body::Body;
use axum::http::Response;
use directory::{Change, Command, KeyId, KeyName, Skills};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Key, expiry, find, read_id};
use crate::http::api::access::{Caller, Full};
use crate::http::api::body::JsonBytes;
use crate::http::api::field::{Faults, Field, Others, TimeUs};
use crate::http::api::path::Path;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::{DryRun, OrDryRun};
use crate::http::api::write::{Write, WriteParameters};
use crate::service::Outcome;

/// Get an API key
#[utoipa::path(
    get, path = "/v1/account/keys/{id}", tag = "account",
    params(("id" = u64, Path, description = "Its id; 0 is the account's own one")),
    responses((status = 200, description = "The key, which is not told", body = Key), Problems),
    security(("account" = []))
)]
pub async fn get(
    caller: Caller<Full>,
    Path(id): Path<String>,
    parameters: Query,
) -> Result<Response<Body>, Problem> {
    parameters.check()?;
    let key = find(&caller, read_id(&id)?).await?;
    Ok(Reply::ok(&Key::of(&key, caller.origin().at_us)).render(false))
}

/// What changes of a key; what is absent stays
#[derive(Deserialize, ToSchema)]
pub struct KeyEdit {
    /// What it is for from now on
    #[serde(default)]
    #[schema(value_type = String)]
    name: Field<KeyName>,
    /// When it expires from now on; `null`: it does not expire
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Field<TimeUs>,
    /// The same in days from now, 1 to 3650
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    expires_in_days: Field<u32>,
    /// It cannot be changed: make another key
    #[serde(default)]
    #[schema(ignore)]
    scope: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

impl KeyEdit {
    fn command(self, id: KeyId, now_us: i64) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        if self.scope != Field::Absent {
            let detail = "scope: a key's scope stays as it was made, make another key";
            faults.add("scope", "not_editable", detail);
        }
        let name = faults.optional("name", self.name);
        let expires_us = expiry::read(&mut faults, self.expires_at, self.expires_in_days, now_us);
        faults.checked(Some(Command::EditKey { id, name, expires_us }))
    }
}

/// Rename an API key, or have it expire at another time
///
/// The account's own one, with the id 0, has neither: it can only be rotated.
#[utoipa::path(
    patch, path = "/v1/account/keys/{id}", tag = "account", request_body = KeyEdit,
    params(("id" = u64, Path, description = "Its id"), WriteParameters),
    responses((status = 200, description = "The key from now on", body = OrDryRun<Key>), Problems),
    security(("account" = []))
)]
pub async fn edit(
    caller: Caller<Full>,
    Path(id): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let prepare = async {
        let (id, now_us) = (read_id(&id)?, caller.origin().at_us);
        let command = body.parse::<KeyEdit>()?.command(id, now_us).map_err(Problem::from)?;
        let before = find(&caller, id).await?;
        let render = move |outcome: &Outcome, _: &Skills| {
            let edited = outcome.changed.iter().find_map(|change| match change {
                Change::Key { after: Some(key), .. } => Some(Key::new(key, before.used_us, now_us)),
                _ => None,
            });
            Reply::ok(&edited.unwrap_or_else(|| Key::of(&before, now_us)))
        };
        Ok((command, render))
    };
    write.carry_out_prepared(&caller, &body.0, None, prepare).await
}

/// Delete an API key
///
/// From now on it is not valid, on any node. A key may delete itself: this is the last answer
/// that it gets. The account's own one, with the id 0, cannot be deleted.
#[utoipa::path(
    delete, path = "/v1/account/keys/{id}", tag = "account",
    params(("id" = u64, Path, description = "Its id"), WriteParameters),
    responses(
        (status = 204, description = "It is gone"),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("account" = []))
)]
pub async fn delete(
    caller: Caller<Full>,
    Path(id): Path<String>,
    write: Write,
) -> Result<Response<Body>, Problem> {
    let command = Command::DeleteKey { id: read_id(&id)? };
    write.carry_out(&caller, b"", command, |_, _| Reply::no_content()).await
}
