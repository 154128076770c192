//! Routing settings of the account, of its skills and of its phones, and pauses of phones. This module
//! must not know which values are valid: the rules read each from its text.

mod edit;
pub mod pause;
pub mod shown;

use directory::routing::{Dialect, Setting, Settings};
use directory::{Change, Command, RoutingOf, Skills};

use super::conditional::{Asked, Cached, Preconditions, etag, render_unless_cached};
use super::field::pointer;
use super::phones::lookup;
use super::prelude::*;
use super::refusal::Named;
pub use edit::RoutingInSkillEdit;
use edit::{AccountRoutingEdit, AsEdits, PhoneRoutingEdit, SkillRoutingEdit};
use shown::{RoutingSettings, shown};

/// Where a body has a setting: the JSON pointer of what it is a member of, and its name. Of a phone it may
/// be for one skill.
pub fn place(setting: Setting, in_skill: Option<&str>) -> (String, &'static str) {
    let within = in_skill.map(|skill| format!("/skills{}", pointer(skill))).unwrap_or_default();
    match setting {
        Setting::Template(dialect) => (within + "/dial_templates", Dialect::as_str(dialect)),
        setting => (within, setting.as_str()),
    }
}

/// Get the routing settings of the account
///
/// Each skill has them that has none of its own.
#[utoipa::path(
    get, path = "/v1/account/routing", tag = "routing", params(Cached),
    responses((status = 200, description = "Those that are set", body = RoutingSettings))
)]
pub async fn get(caller: Caller<Read>, asked: Asked) -> Answer {
    show(&caller, RoutingOf::Account, asked).await
}

/// Get the routing settings of a skill
///
/// How its phones ring, and when.
#[utoipa::path(
    get, path = "/v1/skills/{skill}/routing", tag = "routing", params(Cached),
    responses((status = 200, description = "Those that are set", body = RoutingSettings))
)]
pub async fn get_of_skill(caller: Caller<Read>, Path(skill): Path, asked: Asked) -> Answer {
    show(&caller, RoutingOf::Skill(skill), asked).await
}

/// Get the routing settings of a phone
///
/// When it rings, how for each of its skills, and its pauses.
#[utoipa::path(
    get, path = "/v1/phones/{phone}/routing", tag = "routing", params(Cached),
    responses((status = 200, description = "Those that are set", body = RoutingSettings))
)]
pub async fn get_of_phone(caller: Caller<Read>, Path(phone): Path, asked: Asked) -> Answer {
    show(&caller, RoutingOf::Phone(lookup(&phone)), asked).await
}

/// Edit the routing settings of the account
///
/// A merge patch: what is absent stays, `null` removes it. It has templates.
#[utoipa::path(
    patch, path = "/v1/account/routing", tag = "routing", request_body = AccountRoutingEdit,
    params(Preconditions),
    responses((status = 200, description = "Those that are set then", body = RoutingSettings))
)]
pub async fn edit(caller: Caller<Full>, patch: (Write, Json)) -> Answer {
    carry_out::<AccountRoutingEdit>(&caller, RoutingOf::Account, patch).await
}

/// Edit the routing settings of a skill
///
/// A merge patch: what is absent stays, `null` removes it. It has a mode, a ring time, an overflow, hours
/// and templates.
#[utoipa::path(
    patch, path = "/v1/skills/{skill}/routing", tag = "routing", request_body = SkillRoutingEdit,
    params(Preconditions),
    responses((status = 200, description = "Those that are set then", body = RoutingSettings))
)]
pub async fn edit_of_skill(caller: Caller<Full>, Path(of): Path, patch: (Write, Json)) -> Answer {
    carry_out::<SkillRoutingEdit>(&caller, RoutingOf::Skill(of), patch).await
}

/// Edit the routing settings of a phone
///
/// A merge patch: what is absent stays, `null` removes it. It has hours, and settings for its skills.
#[utoipa::path(
    patch, path = "/v1/phones/{phone}/routing", tag = "routing", request_body = PhoneRoutingEdit,
    params(Preconditions),
    responses((status = 200, description = "Those that are set then", body = RoutingSettings))
)]
pub async fn edit_of_phone(caller: Caller<Full>, Path(of): Path, patch: (Write, Json)) -> Answer {
    carry_out::<PhoneRoutingEdit>(&caller, RoutingOf::Phone(lookup(&of)), patch).await
}

async fn show(caller: &Caller<Read>, of: RoutingOf, (headers, query): Asked) -> Answer {
    query.check()?;
    let tenant = &caller.access.tenant;
    let (reply, version) = caller.service.routing_settings(tenant, &of, shown).await?;
    render_unless_cached(&headers, reply, etag(tenant.id(), version))
}

/// Carries out all that the body names, or nothing if any of it is refused.
async fn carry_out<B: AsEdits>(
    caller: &Caller<Full>,
    of: RoutingOf,
    (mut write, body): (Write, Json),
) -> Answer {
    write.named = Named::Skills("/skills");
    let preconditions = write.preconditions();
    let prepare = async {
        let (edits, tenant) = (body.parse::<B>()?.edits(), &caller.access.tenant);
        let copy = |settings: &Settings, _: &Skills| settings.clone();
        let (before, version) = caller.service.routing_settings(tenant, &of, copy).await?;
        let (account, edits) = (tenant.id(), edits.checked(&before)?);
        let expected_version = preconditions.expect(account, version)?;
        let command = Command::EditRouting { of, edits, expected_version };
        Ok(Prepared::new(command, move |outcome, skills| {
            let after = outcome.changed.iter().find_map(|change| match change {
                Change::Routing { after, .. } => Some(after),
                _ => None,
            });
            let version = match after {
                Some(after) if after.is_empty() => 0,
                Some(_) => outcome.version,
                None => version,
            };
            shown(after.unwrap_or(&before), skills).tagged(etag(account, version))
        }))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}
