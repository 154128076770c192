//! The console: the directory in a browser. A page is a handler that reads a form or a query, sends
//! one request of the native API in this process (`api`), and renders its answer with a template of
//! the folder `templates`. So what is allowed, and in which words it is refused, is the API's.
//!
//! `visit` says who is signed in and checks what is posted; `page` renders. Every page works without
//! the scripts, which only make the same routes smoother. Deleting this folder deletes the console.

mod accounts;
mod api;
mod assets;
mod cookie;
mod fields;
mod history;
mod import;
mod page;
mod phones;
mod requests;
mod settings;
mod sign_in;
mod skills;
mod undo;
mod visit;

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Response, StatusCode};
use axum::middleware::map_response;
use axum::response::Redirect;
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use tokio::sync::Semaphore;

use super::{api as native, phone_manage};
use crate::service::Service;
use page::Problem;
pub use sign_in::Demo;

/// Where it is.
pub const PATH: &str = "/console";

/// What the operator sets.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether operators may sign in with their keys.
    pub lets_operators_in: bool,
    /// Where backups are, whose age operators see.
    pub backups: Option<PathBuf>,
    /// Signs in once, on this machine alone.
    pub demo: Option<Demo>,
}

impl Default for Options {
    fn default() -> Self {
        Self { lets_operators_in: true, backups: None, demo: None }
    }
}

/// Each takes some KB, and looks twice a second.
const WATCHERS_MAX: usize = 256;

/// What all handlers share: an extension of each request.
#[derive(Clone)]
struct Console {
    /// The native API, and that whose calls are shown.
    api: Router,
    options: Options,
    imports: Arc<import::Shared>,
    /// How many pages can be told of requests at a time.
    watchers: Arc<Semaphore>,
}

/// Scripts, styles and pictures are the console's own, and nothing is written into a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                      base-uri 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The routes. The API of the console is that of this service.
#[rustfmt::skip] // A line for each path.
pub fn routes(service: &Arc<Service>, options: Options) -> Router<Arc<Service>> {
    let api = native::router(&[]).merge(phone_manage::routes()).with_state(Arc::clone(service));
    let watchers = Arc::new(Semaphore::new(WATCHERS_MAX));
    Router::new()
        .route("/", get(Redirect::temporary(PATH)))
        .route(PATH, get(sign_in::page))
        .route("/console/sign-in", post(sign_in::sign_in))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/demo/{token}", get(sign_in::follow_demo_link))
        .route("/console/assets/{name}", get(assets::asset))
        .route("/console/undo", post(undo::undo))
        .route("/console/phones", get(phones::list::page).post(phones::add::add))
        .route("/console/phones/add", get(phones::add::page))
        .route("/console/phones/bulk", post(phones::bulk::bulk))
        .route("/console/phones/{id}", get(phones::one::page).post(phones::one::save))
        .route("/console/phones/{id}/delete", post(phones::one::delete))
        .route("/console/phones/{id}/pause", post(phones::pause::pause))
        .route("/console/phones/{id}/resume", post(phones::pause::resume))
        .route("/console/history", get(history::list::page))
        .route("/console/history/at", get(history::at::page))
        .merge(import::routes())
        .route("/console/requests", get(requests::list::page))
        .route("/console/requests/live", get(requests::live::stream))
        .route("/console/requests/{id}", get(requests::one::page))
        .route("/console/requests/{id}/try", post(requests::one::try_again))
        .route("/console/settings", get(settings::page).post(settings::account::edit))
        .route("/console/settings/keys", post(settings::keys::create))
        .route("/console/settings/keys/new", get(settings::keys::form))
        .route("/console/settings/keys/{key}", get(settings::keys::page))
        .route("/console/settings/keys/{key}/rotate", post(settings::keys::rotate))
        .route("/console/settings/keys/{key}/delete", post(settings::keys::delete))
        .route("/console/settings/end-other-sessions", post(settings::sessions::end_others))
        .route("/console/accounts", get(accounts::list::page).post(accounts::add::add))
        .route("/console/accounts/add", get(accounts::add::page))
        .route("/console/accounts/edit", get(accounts::edit::page).post(accounts::edit::edit))
        .route("/console/accounts/rotate-key", post(accounts::edit::rotate_key))
        .route("/console/accounts/delete", post(accounts::edit::delete))
        .route("/console/skills", get(skills::list::page).post(skills::list::add))
        .route("/console/skills/{skill}", get(skills::ring::page).post(skills::edit::edit))
        .route("/console/skills/{skill}/{phone}", get(skills::phone::page).post(skills::phone::edit))
        .route("/console/{*path}", any(no_such_page))
        .layer(map_response(with_headers))
        .layer(Extension(Console { api, options, imports: Arc::default(), watchers }))
}

async fn with_headers(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn no_such_page() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no such page.")
}
