//! `/v1/phones/{phone}`

use axum::body::Body;
use axum::http::Response;
use directory::{Command, PhoneLookup, PhoneName, PhoneNumber, SkillEdit, Skills};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Phone, after, lookup};
use crate::http::api::access::{Caller, Full, Read};
use crate::http::api::body::JsonBytes;
use crate::http::api::conditional::{Cached, CachedParameters, ConditionalParameters, Known};
use crate::http::api::field::{Faults, Field, Others};
use crate::http::api::path::Path;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::{DryRun, OrDryRun};
use crate::http::api::write::{Write, WriteParameters};
use crate::service::{ListedPhone, Outcome};

/// Get a phone
///
/// `{phone}` is its id, like `p17`, or its number.
#[utoipa::path(
    get, path = "/v1/phones/{phone}", tag = "phones",
    params(
        ("phone" = String, Path, description = "Its id or its number"),
        ("at" = Option<String>, Query, format = "date-time", description = "As it was at that time"),
        CachedParameters
    ),
    responses(
        (status = 200, description = "The phone", body = Phone<'static>,
         headers(("ETag", description = "Its state"))),
        (status = 304, description = "It is as If-None-Match has it"),
        Problems
    ),
    security(("account" = []))
)]
pub async fn get(
    caller: Caller<Read>,
    Path(phone): Path<String>,
    cached: Cached,
    mut parameters: Query,
) -> Result<Response<Body>, Problem> {
    let at_us = parameters.time_us("at");
    parameters.check()?;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let phone = match at_us {
        None => service.show_phone(tenant, &lookup(&phone)).await?.0,
        Some(at_us) => service.phone_at(tenant, lookup(&phone), at_us).await?,
    };
    Ok(cached.render(Reply::of_json(Phone::from(&phone).json()).with_etag()))
}

/// What changes of a phone; what is absent stays
#[derive(Deserialize, ToSchema)]
pub struct PhoneEdit {
    /// Its number from now on
    #[serde(default)]
    #[schema(value_type = String)]
    number: Field<PhoneNumber>,
    /// Its name from now on
    #[serde(default)]
    #[schema(value_type = String)]
    name: Field<PhoneName>,
    /// Names of all skills that it has from now on; not together with the two others
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    skills: Field<Vec<String>>,
    /// Names of skills that it gets: it rings last for them
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    assign: Field<Vec<String>>,
    /// Names of skills that it loses, which happens first
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    unassign: Field<Vec<String>>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

impl PhoneEdit {
    /// The command that edits this phone.
    pub fn command(self, phone: PhoneLookup) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        let number_new = faults.optional("number", self.number);
        let name_new = faults.optional("name", self.name);
        let set = faults.optional("skills", self.skills);
        let assign = faults.optional("assign", self.assign).unwrap_or_default();
        let unassign = faults.optional("unassign", self.unassign).unwrap_or_default();
        let skills = SkillEdit::strict(set, assign, unassign);
        if let Err(fault) = skills {
            faults.add("skills", "ambiguous", format!("skills: {fault}"));
        }
        let skills = faults.checked(skills.ok())?;
        Ok(Command::EditPhone { phone, number_new, name_new, skills })
    }
}

/// Edit a phone
///
/// What the body names is changed, all of it or, if any of it is refused, nothing.
#[utoipa::path(
    patch, path = "/v1/phones/{phone}", tag = "phones", request_body = PhoneEdit,
    params(
        ("phone" = String, Path, description = "Its id or its number"),
        WriteParameters, ConditionalParameters
    ),
    responses(
        (status = 200, description = "The phone from now on", body = OrDryRun<Phone<'static>>,
         headers(("ETag", description = "Its state"))),
        Problems
    ),
    security(("account" = []))
)]
pub async fn edit(
    caller: Caller<Full>,
    Path(phone): Path<String>,
    mut write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let known = write.known();
    let prepare = async {
        let edit = body.parse::<PhoneEdit>()?;
        let (before, lookup) = expected(&caller, &known, &phone).await?;
        let command = edit.command(lookup).map_err(Problem::from)?;
        let render = move |outcome: &Outcome, skills: &Skills| {
            let show = |phone: &Phone<'_>| Reply::of_json(phone.json()).with_etag();
            after(outcome, Some(&before), skills, show).expect("it was there before")
        };
        Ok((command, render))
    };
    write.carry_out_prepared(&caller, &body.0, None, prepare).await
}

/// Delete a phone
#[utoipa::path(
    delete, path = "/v1/phones/{phone}", tag = "phones",
    params(
        ("phone" = String, Path, description = "Its id or its number"),
        WriteParameters, ConditionalParameters
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("account" = []))
)]
pub async fn delete(
    caller: Caller<Full>,
    Path(phone): Path<String>,
    mut write: Write,
) -> Result<Response<Body>, Problem> {
    let known = write.known();
    let prepare = async {
        let (_, phone) = expected(&caller, &known, &phone).await?;
        let render = |_: &Outcome, _: &Skills| Reply::no_content();
        Ok((Command::DeletePhone { phone }, render))
    };
    write.carry_out_prepared(&caller, b"", None, prepare).await
}

/// The phone that the path names, and how a command finds it: as the request knows it.
async fn expected(
    caller: &Caller<Full>,
    known: &Known,
    phone: &str,
) -> Result<(ListedPhone, PhoneLookup), Problem> {
    let shown = caller.service.show_phone(&caller.access.tenant, &lookup(phone)).await?;
    let (listed, phone) = shown;
    let shown = Reply::of_json(Phone::from(&listed).json()).with_etag();
    known.expects(shown.etag().unwrap_or_default())?;
    let expected = known.is_certain().then(|| Box::new(phone));
    let lookup = PhoneLookup { expected, ..PhoneLookup::by_id(listed.id) };
    Ok((listed, lookup))
}
