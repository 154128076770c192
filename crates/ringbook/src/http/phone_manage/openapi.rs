//! What describes this API for `/openapi.json`. The contract itself is `docs/phone-manage-v2.md`.

#![allow(dead_code)] // It describes what the handlers read and answer.

use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{Modify, OpenApi, PartialSchema, ToSchema, openapi};

/// Describes the endpoints.
#[derive(OpenApi)]
#[openapi(paths(phone_manage_v2, explain, generate_token), modifiers(&Schemes))]
pub struct Described;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let about = "The account's API key, or another one of the scope full";
        let key = ApiKey::Header(ApiKeyValue::with_description("apiKey", about));
        components.add_security_scheme("apiKey", SecurityScheme::ApiKey(key));
    }
}

/// A request of PhoneManageV2
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct PhoneManageRequest {
    /// The account
    #[schema(example = "demo")]
    user_name: String,
    /// What to do
    #[schema(example = "edit")]
    action: Action,
    /// The number, of an existing phone or of a new one
    #[schema(example = "919876543210")]
    phone_number: Option<String>,
    /// The name, of an existing phone or of a new one
    #[schema(example = "Ravi")]
    phone_name: Option<String>,
    /// `edit`: the number from now on
    phone_number_new: Option<String>,
    /// `edit`: the name from now on
    phone_name_new: Option<String>,
    /// `create`: the skills, separated by commas
    skill: Option<String>,
    /// `edit`: skills to unassign, which happens first
    un_assign_skill: Option<String>,
    /// `edit`: skills to assign
    #[schema(example = "General,QA_Skill")]
    assign_skill: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Action {
    Create,
    Edit,
    Delete,
    Get,
}

/// What PhoneManageV2 answers, refusals included
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct PhoneManageReply {
    /// `success`, `error` or `false`; absent in the answer to `get`
    status: Option<String>,
    /// What was done or what is wrong; absent in the answer to `get`
    message: Option<String>,
    /// `get`: the number
    phone_number: Option<String>,
    /// `get`: the name
    phone_name: Option<String>,
}

/// Create, edit, delete or get a phone
///
/// The HTTP status is 200 for refusals by the rules as well; the header `Ringbook-Reason` says
/// precisely why.
#[utoipa::path(
    post, path = super::PATH, tag = "CloudAgent", request_body = PhoneManageRequest,
    params(
        ("Idempotency-Key" = Option<String>, Header,
         description = "Names the request: sent again within 24 hours, it gets the first answer again")
    ),
    responses(
        (status = 200, description = "Done, or refused by a rule", body = PhoneManageReply,
         headers(("Ringbook-Reason", description = "Why it was refused"))),
        (status = 400, description = "The body is no JSON object", body = PhoneManageReply),
        (status = 405, description = "Neither GET nor POST", body = PhoneManageReply),
        (status = 413, description = "Larger than 65536 bytes", body = PhoneManageReply),
        (status = 415, description = "Of another type", body = PhoneManageReply),
        (status = 422, description = "The Idempotency-Key was used for another request", body = PhoneManageReply),
        (status = 429, description = "Too many requests", body = PhoneManageReply),
        (status = 503, description = "The store does not answer", body = PhoneManageReply)
    ),
    security(("apiKey" = []))
)]
fn phone_manage_v2() {}

/// What PhoneManageV2 would do with a request
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct PhoneManageExplanation {
    /// The checks in their order
    checks: Vec<PhoneManageCheck>,
    /// The reply that would be given
    reply: PhoneManageWouldReply,
    /// Whether it is one that was given before, by the `Idempotency-Key`
    is_replayed: bool,
    /// What would change: each with `change`, and the phone `before` and `after` it
    changes: Vec<serde_json::Value>,
}

/// A check
#[derive(ToSchema)]
struct PhoneManageCheck {
    /// Its number in the order of checks
    check: u32,
    /// What is checked
    about: String,
    /// `passed`, `failed`, `not_reached` or `not_for_this_action`
    state: String,
    /// What is wrong
    reason: Option<String>,
}

/// A reply that would be given
#[derive(ToSchema)]
struct PhoneManageWouldReply {
    /// The HTTP status
    status: u16,
    /// The exact bytes
    body: String,
    /// The header `Ringbook-Reason`
    reason: Option<String>,
}

/// The explanation, or what the endpoint itself answers to wrong credentials.
struct PhoneManageExplained;

impl PartialSchema for PhoneManageExplained {
    fn schema() -> RefOr<Schema> {
        let [explanation, reply] = [PhoneManageExplanation::name(), PhoneManageReply::name()];
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(explanation))
            .item(Ref::from_schema_name(reply))
            .into()
    }
}

impl ToSchema for PhoneManageExplained {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let name = PhoneManageExplanation::name().into_owned();
        schemas.push((name, PhoneManageExplanation::schema()));
        PhoneManageExplanation::schemas(schemas);
    }
}

/// Explain a request of PhoneManageV2
///
/// The very request that would be sent there; nothing is changed.
#[utoipa::path(
    post, path = super::EXPLAIN_PATH, tag = "CloudAgent", request_body = PhoneManageRequest,
    responses(
        (status = 200, description = "What would happen; with wrong credentials, what the endpoint itself answers", body = PhoneManageExplained),
        (status = 429, description = "Too many requests", body = PhoneManageReply),
        (status = 503, description = "The store does not answer", body = PhoneManageReply)
    ),
    security(("apiKey" = []))
)]
fn explain() {}

/// A request of Generate Token
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct TokenRequest {
    /// The account
    #[schema(example = "demo")]
    user_name: String,
}

/// What Generate Token answers
#[derive(ToSchema)]
struct TokenReply {
    /// The token, valid for an hour
    token: Option<String>,
    /// What is wrong
    message: Option<String>,
    /// Absent where there is a token
    status: Option<String>,
}

/// Generate a token
///
/// For accounts set to `TOKEN_AUTH`. A new token takes the place of the one before.
#[utoipa::path(
    post, path = super::TOKEN_PATH, tag = "CloudAgent", request_body = TokenRequest,
    responses(
        (status = 200, description = "The token, or why there is none", body = TokenReply),
        (status = 400, description = "The body is no JSON object", body = TokenReply),
        (status = 405, description = "Not POST", body = TokenReply),
        (status = 413, description = "Larger than 65536 bytes", body = TokenReply),
        (status = 415, description = "Of another type", body = TokenReply),
        (status = 429, description = "More than ten within the hour", body = TokenReply),
        (status = 503, description = "The store does not answer", body = TokenReply)
    ),
    security(("apiKey" = []))
)]
fn generate_token() {}
