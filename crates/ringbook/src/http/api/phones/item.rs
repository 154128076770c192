//! `/v1/phones/{phone}`

use directory::{Command, PhoneLookup, PhoneName, PhoneNumber, SkillEdit};

use super::{Phone, changed, lookup};
use crate::http::api::conditional::{Asked, Cached, Preconditions, etag, render_unless_cached};
use crate::http::api::parameter::Time;
use crate::http::api::prelude::*;
use crate::service::ListedPhone;

parameters!(struct AtParameter {
    /// As it was at that time
    AT: Time = query "at";
});

/// Get a phone
///
/// `{phone}` is its id, like `p17`, or its number.
#[utoipa::path(
    get, path = "/v1/phones/{phone}", tag = "phones", params(AtParameter, Cached),
    responses((status = 200, description = "The phone", body = Phone<'static>))
)]
pub async fn get(caller: Caller<Read>, Path(phone): Path, asked: Asked) -> Answer {
    let (headers, mut query) = asked;
    let at_us = AT.read(&mut query);
    query.check()?;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let reply = |phone| Reply::of_json(Phone::from(&phone).json());
    if let Some(at_us) = at_us {
        return Ok(reply(service.phone_at(tenant, lookup(&phone), at_us).await?).render());
    }
    let (phone, version) = service.show_phone(tenant, &lookup(&phone)).await?;
    render_unless_cached(&headers, reply(phone), etag(tenant.id(), version))
}

body! {
    /// What changes of a phone; what is absent stays
    pub struct PhoneEdit {
        /// Its number from now on
        #[schema(value_type = String, example = "919876543210", pattern = r"^\+?[0-9]{3,16}$")]
        number: optional PhoneNumber,
        /// Its name from now on
        #[schema(
            value_type = String, example = "Ravi", min_length = 2, max_length = 50,
            pattern = r"^\+?[A-Za-z0-9]([A-Za-z0-9.@_-]*[A-Za-z0-9])?$"
        )]
        name: optional PhoneName,
        /// Names of all skills that it has from now on; not together with the two others
        #[schema(value_type = Vec<String>)]
        skills: optional SkillNames,
        /// Names of skills that it gets: it rings last for them
        #[schema(value_type = Vec<String>)]
        assign: optional SkillNames,
        /// Names of skills that it loses, which happens first
        #[schema(value_type = Vec<String>)]
        unassign: optional SkillNames,
    }
}

/// Edit a phone
///
/// What the body names is changed, all of it or, if any of it is refused, nothing.
#[utoipa::path(
    patch, path = "/v1/phones/{phone}", tag = "phones", request_body = PhoneEdit,
    params(Preconditions),
    responses((status = 200, description = "The phone from now on", body = Phone<'static>))
)]
pub async fn edit(caller: Caller<Full>, Path(phone): Path, mut write: Write, body: Json) -> Answer {
    let preconditions = write.preconditions();
    let prepare = async {
        let (number_new, name_new, set, assign, unassign) = body.read::<PhoneEdit>()?;
        let [set, assign, unassign] =
            [set, assign, unassign].map(|list| list.map(|SkillNames(names)| names));
        let skills =
            SkillEdit::strict(set, assign.unwrap_or_default(), unassign.unwrap_or_default());
        let skills =
            skills.map_err(|fault| Faults::one("skills", "ambiguous", &fault.to_string()))?;
        let (before, version, phone) = find(&caller, &preconditions, &phone).await?;
        let account = caller.access.tenant.id();
        let command = Command::EditPhone { phone, number_new, name_new, skills };
        Ok(Prepared::new(command, move |outcome, skills| {
            let (phone, version) = match changed(outcome, skills) {
                Some(phone) => (phone, outcome.version),
                None => (Phone::from(&before), version),
            };
            Reply::of_json(phone.json()).tagged(etag(account, version))
        }))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}

/// Delete a phone
///
/// Its number and its name can be given to another one.
#[utoipa::path(
    delete, path = "/v1/phones/{phone}", tag = "phones", params(Preconditions),
    responses((status = 204, description = "It is gone"))
)]
pub async fn delete(caller: Caller<Full>, Path(phone): Path, mut write: Write) -> Answer {
    let preconditions = write.preconditions();
    let prepare = async {
        let (.., phone) = find(&caller, &preconditions, &phone).await?;
        Ok(Prepared::without_content(Command::DeletePhone { phone }))
    };
    write.prepare_and_carry_out(caller.actor(), b"", prepare).await
}

/// The phone that the path names, its version, and how a command finds it: in the state that the
/// request expects.
async fn find(
    caller: &Caller<Full>,
    preconditions: &Preconditions,
    phone: &str,
) -> Result<(ListedPhone, u64, PhoneLookup), Problem> {
    let tenant = &caller.access.tenant;
    let (listed, version) = caller.service.show_phone(tenant, &lookup(phone)).await?;
    let expected_version = preconditions.expect(tenant.id(), version)?;
    let lookup = PhoneLookup { expected_version, ..PhoneLookup::by_id(listed.id) };
    Ok((listed, version, lookup))
}
