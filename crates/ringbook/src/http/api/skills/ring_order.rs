//! `/v1/skills/{skill}/ring-order`: which of a skill's phones rings first.

use axum::body::Body;
use axum::http::Response;
use directory::{Command, PhoneId, RingOrder, Skills};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::api::access::{Caller, Full, Needs, Routing};
use crate::http::api::body::JsonBytes;
use crate::http::api::conditional::{Cached, CachedParameters, ConditionalParameters};
use crate::http::api::field::{Fault, Faults, Field, FromValue, Others};
use crate::http::api::path::Path;
use crate::http::api::phones::{IdText, lookup};
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::DryRun;
use crate::http::api::write::{Write, WriteParameters};
use crate::service::{Outcome, RingPhone};

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

/// Get the ring order of a skill
///
/// A key of the scope `routing` is enough.
#[utoipa::path(
    get, path = "/v1/skills/{skill}/ring-order", tag = "skills",
    params(("skill" = String, Path, description = "Its name"), CachedParameters),
    responses(
        (status = 200, description = "The ring order", body = RingOrderBody,
         headers(("ETag", description = "Its state"))),
        (status = 304, description = "It is as If-None-Match has it"),
        Problems
    ),
    security(("account" = []))
)]
pub async fn get(
    caller: Caller<Routing>,
    Path(skill): Path<String>,
    cached: Cached,
    parameters: Query,
) -> Result<Response<Body>, Problem> {
    parameters.check()?;
    Ok(cached.render(show(&caller, &skill).await?.0))
}

/// A whole ring order
#[derive(Deserialize, ToSchema)]
pub struct NewRingOrder {
    /// The ids or numbers of all phones that have the skill, each once; the first one rings first
    #[serde(default)]
    #[schema(value_type = Vec<String>, required, example = json!(["p17", "919876543210"]))]
    phones: Field<Vec<String>>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// Replace the ring order of a skill
#[utoipa::path(
    put, path = "/v1/skills/{skill}/ring-order", tag = "skills", request_body = NewRingOrder,
    params(
        ("skill" = String, Path, description = "Its name"), WriteParameters, ConditionalParameters
    ),
    responses(
        (status = 204, description = "It is so from now on"),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("account" = []))
)]
pub async fn replace(
    caller: Caller<Full>,
    Path(skill): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let NewRingOrder { phones, others } = body.parse()?;
    let mut faults = Faults::of(&others);
    let phones = faults.required("phones", phones);
    let phones = faults.checked(phones)?;
    let order = RingOrder::Whole(phones.iter().map(|phone| lookup(phone)).collect());
    change(&caller, skill, write.naming_phones("/phones"), &body, order).await
}

/// Where one phone of a ring order goes
#[derive(Deserialize, ToSchema)]
pub struct Move {
    /// Its id or its number
    #[serde(default)]
    #[schema(value_type = String, required, example = "p17")]
    phone: Field<String>,
    /// The place at which it rings from now on, counted from 1
    #[serde(default)]
    #[schema(value_type = u32, required, minimum = 1, example = 1)]
    place: Field<Place>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// A place in a ring order, counted from 1.
#[derive(Debug, Clone, Copy)]
struct Place(usize);

impl FromValue for Place {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let place = u32::from_value(value).ok().filter(|place| *place > 0);
        let place = place.and_then(|place| usize::try_from(place).ok());
        place.map(Self).ok_or(Fault::Borrowed("must be a whole number, counted from 1"))
    }
}

/// Move one phone of a ring order
///
/// The others keep their order. A place beyond the end is the last one.
#[utoipa::path(
    post, path = "/v1/skills/{skill}/ring-order:move", tag = "skills", request_body = Move,
    params(
        ("skill" = String, Path, description = "Its name"), WriteParameters, ConditionalParameters
    ),
    responses(
        (status = 204, description = "It is so from now on"),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("account" = []))
)]
pub async fn move_one(
    caller: Caller<Full>,
    Path(skill): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let Move { phone, place, others } = body.parse()?;
    let mut faults = Faults::of(&others);
    let phone = faults.required("phone", phone);
    let place = faults.required("place", place);
    let (phone, Place(place)) = faults.checked(phone.zip(place))?;
    let order = RingOrder::Move { phone: lookup(&phone), place };
    change(&caller, skill, write.naming_phones("/phone"), &body, order).await
}

async fn change(
    caller: &Caller<Full>,
    skill: String,
    mut write: Write,
    body: &JsonBytes,
    order: RingOrder,
) -> Result<Response<Body>, Problem> {
    let known = write.known();
    let prepare = async {
        let mut expected = None;
        if known.is_certain() {
            let (shown, ring) = show(caller, &skill).await?;
            known.expects(shown.etag().unwrap_or_default())?;
            expected = Some(ring);
        }
        let render = |_: &Outcome, _: &Skills| Reply::no_content();
        Ok((Command::OrderSkill { name: skill.clone(), order, expected }, render))
    };
    write.carry_out_prepared(caller, &body.0, None, prepare).await
}

/// The ring order as it is shown, and as a command may expect it to be.
async fn show<S: Needs>(caller: &Caller<S>, skill: &str) -> Result<(Reply, Vec<PhoneId>), Problem> {
    let ring = caller.service.ring_order(&caller.access.tenant, skill).await?;
    let expected = ring.iter().map(|phone| phone.id).collect();
    let phones = ring.into_iter().map(RingOrderPhone::from).collect();
    let shown = Reply::ok(&RingOrderBody { skill: skill.to_owned(), phones }).with_etag();
    Ok((shown, expected))
}

impl From<RingPhone> for RingOrderPhone {
    fn from(phone: RingPhone) -> Self {
        let (number, name) = (phone.number.to_string(), phone.name.to_string());
        Self { id: IdText(phone.id).to_string(), number, name }
    }
}
