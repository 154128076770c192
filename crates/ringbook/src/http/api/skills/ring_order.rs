//! `/v1/skills/{skill}/ring-order`: which of a skill's phones rings first.

use std::num::NonZeroU32;

use directory::limits::FAULTS_MAX;
use directory::{Command, RingOrder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::access::Routing;
use crate::http::api::conditional::{Asked, Cached, Preconditions, etag, render_unless_cached};
use crate::http::api::parameter::{Limit, Whole};
use crate::http::api::phones::lookup;
use crate::http::api::prelude::*;
use crate::http::api::refusal::Named;
use crate::service::RingPhone;

/// The phones of a skill in the order in which they ring
#[derive(Serialize, ToSchema)]
pub struct RingOrderBody {
    /// The skill
    skill: String,
    /// The first one rings first
    phones: Vec<RingOrderPhone>,
}

/// A phone in a ring order
#[derive(Serialize, ToSchema)]
pub struct RingOrderPhone {
    /// Its id
    #[schema(example = "p17")]
    id: String,
    /// Its number
    number: String,
    /// Its name
    name: String,
}

parameters!(struct PlaceParameters {
    /// The place of the first one, counted from 1; 1 if absent
    FROM: Whole<1, { u32::MAX as u64 }> = query "from";
    /// Phones at most, 1 to 1000; all of them if absent
    LIMIT: Limit = query "limit";
});

/// Get the ring order of a skill
///
/// All of it, or some places. A key of the scope `routing` is enough.
#[utoipa::path(
    get, path = "/v1/skills/{skill}/ring-order", tag = "skills",
    params(PlaceParameters, Cached),
    responses((status = 200, description = "The ring order", body = RingOrderBody))
)]
pub async fn get(caller: Caller<Routing>, Path(skill): Path, asked: Asked) -> Answer {
    let (headers, mut query) = asked;
    let [from, limit] = [FROM.read(&mut query), LIMIT.read(&mut query)]
        .map(|given| given.map(|number| usize::try_from(number).unwrap_or(usize::MAX)));
    query.check()?;
    let tenant = &caller.access.tenant;
    let from = from.map_or(0, |place| place - 1);
    let places = from..from.saturating_add(limit.unwrap_or(usize::MAX));
    let ring = caller.service.ring_order(tenant, &skill, places).await?;
    let phones = ring.phones.iter().map(RingOrderPhone::from).collect();
    let reply = Reply::ok(&RingOrderBody { skill: ring.skill.to_string(), phones });
    render_unless_cached(&headers, reply, etag(tenant.id(), ring.version))
}

body! {
    /// A whole ring order
    pub struct RingOrderEdit {
        /// The ids or numbers of all phones that have the skill, each once; the first one rings first
        #[schema(value_type = Vec<String>, required, example = json!(["p17", "919876543210"]))]
        phones: required Vec<String>,
    }
}

/// Replace the ring order of a skill
///
/// The body names each of its phones once, in the order in which they ring from now on.
#[utoipa::path(
    put, path = "/v1/skills/{skill}/ring-order", tag = "skills", request_body = RingOrderEdit,
    params(Preconditions),
    responses((status = 204, description = "It is so from now on"))
)]
pub async fn replace(caller: Caller<Full>, Path(skill): Path, write: Write, body: Json) -> Answer {
    let (phones,) = body.read::<RingOrderEdit>()?;
    let phone_count = caller.service.account_state(&caller.access.tenant).await?.phone_count;
    // The rules tell which of a few too many are wrong.
    if phones.len() > phone_count + FAULTS_MAX {
        let count = phones.len();
        let why = format!("has {count} items, and the account {phone_count} phones");
        return Err(Faults::one("phones", "invalid", &why).into());
    }
    let order = RingOrder::Whole(phones.iter().map(|phone| lookup(phone)).collect());
    change(&caller, skill, write, "/phones", (&body, order)).await
}

body! {
    /// Where one phone of a ring order goes
    pub struct Move {
        /// Its id or its number
        #[schema(value_type = String, required, example = "p17")]
        phone: required String,
        /// The place at which it rings from now on, counted from 1
        #[schema(value_type = u32, required, minimum = 1, example = 1)]
        place: required NonZeroU32,
    }
}

/// Move one phone of a ring order
///
/// The others keep their order. A place beyond the end is the last one.
#[utoipa::path(
    post, path = "/v1/skills/{skill}/ring-order/move", tag = "skills", request_body = Move,
    params(Preconditions),
    responses((status = 204, description = "It is so from now on"))
)]
pub async fn move_one(caller: Caller<Full>, Path(skill): Path, write: Write, body: Json) -> Answer {
    let (phone, place) = body.read::<Move>()?;
    let position = usize::try_from(place.get()).unwrap_or(usize::MAX);
    let order = RingOrder::Move { phone: lookup(&phone), position };
    change(&caller, skill, write, "/phone", (&body, order)).await
}

async fn change(
    caller: &Caller<Full>,
    name: String,
    mut write: Write,
    phones: &'static str,
    (body, order): (&Json, RingOrder),
) -> Answer {
    write.named = Named::Phones(phones);
    let preconditions = write.preconditions();
    let prepare = async {
        let mut expected_version = None;
        if preconditions.is_specific() {
            let tenant = &caller.access.tenant;
            let ring = caller.service.ring_order(tenant, &name, 0..0).await?;
            expected_version = preconditions.expect(tenant.id(), ring.version)?;
        }
        Ok(Prepared::without_content(Command::OrderSkill { name, order, expected_version }))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}

impl From<&RingPhone> for RingOrderPhone {
    fn from(phone: &RingPhone) -> Self {
        let (number, name) = (phone.number.to_string(), phone.name.to_string());
        Self { id: phone.id.to_string(), number, name }
    }
}
