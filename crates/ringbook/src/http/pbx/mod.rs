//! What PBXs and desk phones ask, each in its own dialect: whom to ring for a skill, the name of a
//! caller, and phonebooks. `docs/pbx.md` describes it.
//!
//! `dialect` leads a question to its answer, and one file a dialect says how that is written. No other
//! module knows these formats. Deleting this folder deletes them.

mod answer;
mod asked;
mod asterisk;
mod dialect;
mod freeswitch;
mod kamailio;
mod list;
mod phonebook;
mod plain;
mod prelude;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, any};
use directory::routing::Dialect as Of;

pub use asked::Asked;
pub use asterisk::{DIAL, MEMBERS, QUEUE};
pub use dialect::{Asks, Dialect, Form, NoTemplate, Ring};
pub use freeswitch::FREESWITCH;
pub use kamailio::KAMAILIO;
pub use list::List;
pub use plain::PLAIN;

use crate::http::{Encoded, Encoder};
use crate::service::Service;
use answer::Answer;

/// The routes. They take any method, as the handlers refuse a wrong one in the form of their dialect.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/pbx/kamailio/route", of(&KAMAILIO))
        .route("/pbx/asterisk/dial", of(&DIAL))
        .route("/pbx/asterisk/queue_members/multi", of(&MEMBERS))
        .route("/pbx/asterisk/queue_members/update", any(asterisk::update))
        .route("/pbx/asterisk/queue_members/require", of(&asterisk::REQUIRE))
        .route("/pbx/asterisk/queues/single", of(&QUEUE))
        .route("/pbx/asterisk/queues/multi", of(&asterisk::QUEUES))
        .route("/pbx/freeswitch", of(&FREESWITCH))
        .route("/pbx/plain", of(&PLAIN))
        .route("/pbx/lookup", any(plain::lookup))
        .route("/pbx/phonebook/{file}", any(phonebook::phonebook))
}

fn of(dialect: &'static Dialect) -> MethodRouter<Arc<Service>> {
    any(async |State(service): State<Arc<Service>>, request: Request| {
        dialect::answer(&service, dialect, request).await
    })
}

/// Writes answers where they are explained.
pub const ENCODER: Encoder = Encoder(|dialect, routed, at_us| {
    let dialect = match dialect {
        Of::Kamailio => &KAMAILIO,
        Of::AsteriskDial => &DIAL,
        Of::AsteriskMember => &MEMBERS,
        Of::Freeswitch => &FREESWITCH,
    };
    let ring = Ring { lists: &routed.lists, decision: routed.decide(at_us), at_us };
    let (head, ()) = axum::http::Request::new(()).into_parts();
    let asked = Asked { head, form: "Hunt-Context=default".to_owned() };
    let encoded = (dialect.encode)(&ring, &asked);
    let shown = |List { text, shown, of, .. }| Encoded { text, shown, of };
    encoded.map(shown).map_err(|missing| missing.to_string())
});

/// Whether a path is of this front end.
pub fn owns(path: &str) -> bool {
    path == "/pbx" || path.starts_with("/pbx/")
}

/// The answer where nothing is. To Asterisk `-` is nobody, and no number of rows.
pub fn no_such_path(path: &str) -> Response<Body> {
    let failed = if path.starts_with("/pbx/asterisk/") { "-" } else { "" };
    Answer::no_such_path(&Form { content_type: "text/plain", failed }).into_response()
}
