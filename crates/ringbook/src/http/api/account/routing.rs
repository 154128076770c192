//! `/v1/account/routing`: what holds for all skills that have nothing else.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use directory::routing::Settings;
use directory::{RoutingOf, Skills};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::conditional::{Cached, Preconditions};
use crate::http::api::prelude::*;
use crate::http::api::routing::{self, Edits, Patch, templates};

/// The routing settings of the account
#[derive(Serialize, ToSchema)]
pub struct AccountRouting {
    /// How phones are addressed, by dialect: `kamailio`, `asterisk.dial`, `asterisk.member`, `freeswitch`
    #[schema(example = json!({"kamailio": "sip:{number}@sbc.example:5060"}))]
    dial_templates: BTreeMap<String, String>,
}

fn render(settings: &Settings, _: &Skills) -> Reply {
    Reply::ok(&AccountRouting { dial_templates: templates(settings) })
}

/// Get the routing settings of the account
///
/// They hold for each skill that has none of its own.
#[utoipa::path(
    get, path = "/v1/account/routing", tag = "routing",
    params(Cached),
    responses(
        (status = 200, description = "The settings", body = AccountRouting,
         headers(("ETag", description = "Their version"))),
        (status = 304, description = "They are as If-None-Match has it")
    )
)]
pub async fn get(caller: Caller<Read>, headers: HeaderMap, parameters: Query) -> Answer {
    parameters.check()?;
    routing::show(&caller, &RoutingOf::Account, &headers, render).await
}

body! {
    /// What changes of the routing settings of an account: what is absent stays, `null` removes it
    pub struct AccountRoutingEdit {
        /// How phones are addressed, by dialect: `kamailio`, `asterisk.dial`, `asterisk.member`,
        /// `freeswitch`; with `{number}` in place of the number
        #[schema(
            value_type = Option<BTreeMap<String, Option<String>>>,
            example = json!({"kamailio": "sip:{number}@sbc.example:5060"})
        )]
        dial_templates: Field<BTreeMap<String, Field<String>>>,
    }
}

impl Patch for AccountRoutingEdit {
    fn edits(self) -> Edits {
        let mut edits = Edits::of(&self.others);
        edits.set_templates(self.dial_templates);
        edits
    }
}

/// Edit the routing settings of the account
///
/// A merge patch: what is absent stays, `null` removes it.
#[utoipa::path(
    patch, path = "/v1/account/routing", tag = "routing", request_body = AccountRoutingEdit,
    params(Write, Preconditions),
    responses(
        (status = 200, description = "The settings from now on", body = AccountRouting,
         headers(("ETag", description = "Their version")))
    )
)]
pub async fn edit(caller: Caller<Full>, write: Write, body: Json) -> Answer {
    let of = RoutingOf::Account;
    routing::edit::<AccountRoutingEdit>(&caller, of, write, &body, render).await
}
