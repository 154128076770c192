//! The description of this API for `/openapi.json`.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};

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
