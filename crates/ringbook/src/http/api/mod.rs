//! The native API, `/v1`: JSON over the same service as everything else (`docs/api.md`).
//!
//! A folder for each branch of the tree of paths. Credentials are read in `access`, what changes
//! something goes through `write`, and whatever goes wrong is a `problem` with a `code`.

mod accept;
mod access;
mod account;
mod body;
mod bulk;
mod changes;
mod code;
mod conditional;
mod cursor;
mod explain;
mod exports;
mod field;
mod operator;
mod path;
mod phones;
mod problem;
mod query;
mod refusal;
mod reply;
mod skills;
mod trial;
mod unread;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use directory::AccountId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};
use utoipa_axum::router::OpenApiRouter;

use crate::http::RequestLog;
use crate::service::Service;
use crate::store::RequestId;
use code::Code;
pub use problem::PROBLEM_JSON;
use problem::Problem;
use unread::Unread;

/// What describes all of it: beside the routes, what they have in common.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringbook",
        description = "A phone directory for contact centres. `/v1` is its native API; \
                       `/ca_apis` answers as CloudAgent does.\n\nThe native API takes HTTP \
                       Basic credentials: the account's `userName` and one of its API keys. \
                       Every write takes `dry_run=true`, which only says what would happen, and \
                       the header `Idempotency-Key`, with which it is carried out once however \
                       often it is sent.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "phones", description = "Numbers and names, each assigned to skills."),
        (name = "skills", description = "What calls wait for, and in which order phones ring."),
        (name = "bulk", description = "Many phones at once."),
        (name = "changes", description = "What happened, and taking it back; the feed."),
        (name = "account", description = "An account's own settings and keys."),
        (name = "explain", description = "Why something is as it is."),
        (name = "operator", description = "All accounts, for those who run the server."),
        (name = "CloudAgent", description = "The legacy API, byte for byte."),
    ),
    components(schemas(problem::ProblemBody, problem::FieldError)),
    modifiers(&Schemes)
)]
struct Described;

/// How callers show who they are.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let basic = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("The account's userName and one of its API keys"))
            .build();
        components.add_security_scheme("account", SecurityScheme::Http(basic));
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key made by `ringbook operator create-key`"))
            .build();
        components.add_security_scheme("operator", SecurityScheme::Http(bearer));
    }
}

/// What describes all of it.
pub fn described() -> openapi::OpenApi {
    let mut document = Described::openapi();
    document.merge(described_routes().into_openapi());
    document
}

/// The codes that problems can have, each with its status and a sentence.
pub fn problem_codes() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    Code::ALL.iter().map(|code| (code.as_str(), code.status().as_u16(), code.title()))
}

/// The routes, with what describes them.
fn described_routes() -> OpenApiRouter<Arc<Service>> {
    [
        account::routes(),
        bulk::routes(),
        changes::routes(),
        explain::routes(),
        exports::routes(),
        operator::routes(),
        phones::routes(),
        skills::routes(),
    ]
    .into_iter()
    .fold(OpenApiRouter::new(), OpenApiRouter::merge)
}

/// The routes.
pub fn routes() -> Router<Arc<Service>> {
    let (router, _) = described_routes().split_for_parts();
    let v1 = router
        .route("/v1", axum::routing::any(no_such_path))
        .route("/v1/", axum::routing::any(no_such_path))
        .route("/v1/{*path}", axum::routing::any(no_such_path));
    v1.layer(from_fn(stamp))
}

/// A text as a segment of a path.
fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn no_such_path(uri: Uri) -> Problem {
    Problem::new(Code::NoSuchPath, format!("{}: there is nothing here", uri.path()))
}

/// What a request turns out to be of, once its credentials were right: set by the one caller that
/// it has, of the one account that it is about.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Findings>);

#[derive(Debug, Default)]
struct Findings {
    /// Whether the credentials were right.
    has_caller: AtomicBool,
    /// The account, for the log.
    account: OnceLock<AccountId>,
}

impl Seen {
    /// Notes that the credentials were right.
    fn calls(&self) {
        self.0.has_caller.store(true, Ordering::Relaxed);
    }

    /// Notes the account.
    fn concerns(&self, id: AccountId) {
        let _ = self.0.account.set(id);
    }

    fn has_caller(&self) -> bool {
        self.0.has_caller.load(Ordering::Relaxed)
    }

    fn account(&self) -> Option<AccountId> {
        self.0.account.get().copied()
    }
}

/// Renders problems, which have the request's id in them, and tells the log of the account.
async fn stamp(mut request: Request, next: Next) -> Response<Body> {
    let id = request.extensions().get::<RequestId>().copied();
    let id = id.expect("the server gives each request an id");
    let method = request.method().clone();
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let unread = Unread::of(&mut request);
    let mut response = next.run(request).await;
    // Strangers are not waited for.
    if seen.has_caller() {
        unread.pass_over().await;
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(id);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // The router adds the header that says which are allowed.
        let detail = format!("{method} is not allowed here");
        response = Problem::new(Code::MethodNotAllowed, detail).render(id);
    }
    let told = response
        .extensions_mut()
        .get_or_insert_with(|| RequestLog { outcome: "done", account: None });
    told.account = seen.account();
    response
}
