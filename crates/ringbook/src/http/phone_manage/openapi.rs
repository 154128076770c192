//! The description of this API for `/openapi.json`, with the schemas of a header and of bodies without
//! a type of their own. The bytes of all replies are in `Reply`.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema, openapi};

use super::{explain, handler, token};

/// Describes the endpoints.
#[derive(OpenApi)]
#[openapi(paths(handler::handle, explain::handle, token::handle), modifiers(&Schemes))]
pub struct Described;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let description = "The account's API key, or another one of the scope full";
        let key = ApiKey::Header(ApiKeyValue::with_description("apiKey", description));
        components.add_security_scheme("apiKey", SecurityScheme::ApiKey(key));
    }
}

/// The header `Idempotency-Key`.
pub struct KeyHeader;

impl IntoParams for KeyHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "Names the request: sent again within 24 hours, it gets the first answer again";
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let header =
            ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header);
        vec![header.description(Some(about)).schema(Some(text)).build()]
    }
}

/// What PhoneManageV2 answers, refusals included
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes a body")]
#[schema(rename_all = "camelCase")]
pub struct PhoneManageReply {
    /// `success`, `error` or `false`; absent in the answer to `get`
    status: Option<String>,
    /// What was done or what is wrong; absent in the answer to `get`
    message: Option<String>,
    /// `get`: the number
    phone_number: Option<String>,
    /// `get`: the name
    phone_name: Option<String>,
}

/// A request of Generate Token
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes a body")]
#[schema(rename_all = "camelCase")]
pub struct TokenRequest {
    /// The account
    #[schema(example = "demo")]
    user_name: String,
}

/// What Generate Token answers
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes a body")]
pub struct TokenReply {
    /// The token, valid for an hour
    token: Option<String>,
    /// What is wrong
    message: Option<String>,
    /// Absent where there is a token
    status: Option<String>,
}
