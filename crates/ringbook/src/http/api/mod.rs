//! The native API, `/v1`: JSON over the same service as everything else (`docs/api.md`).
//!
//! `routes` lists all routes; there is a folder for each branch of their paths. `access`
//! authenticates callers, every write goes through `write`, and whatever goes wrong is a `problem`
//! with a `code`.

mod access;
mod account;
mod body;
mod bulk;
mod changes;
mod choice;
mod code;
mod conditional;
mod context;
mod cursor;
mod description;
mod digest;
mod explain;
mod exports;
mod feed;
mod field;
mod imports;
mod operator;
mod page;
mod parameter;
mod permits;
mod phones;
mod prelude;
mod problem;
mod problem_members;
mod query;
mod refusal;
mod reply;
mod requests;
mod routes;
mod routing;
mod skills;
mod write;

use utoipa::{OpenApi, openapi};

use code::Code;
pub use description::complete;
pub use problem::{PROBLEM_JSON, StoreFault};
pub use routes::router;

/// The description of the API but for its routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringbook",
        description = "A phone directory for contact centres. `/v1` is its native API; \
                       `/ca_apis` answers as CloudAgent does.\n\nThe native API takes HTTP \
                       Basic credentials: the account's `userName` and one of its API keys. \
                       Every write takes `dry_run=true`, which changes nothing and is answered as if it \
                       did, and the header `Idempotency-Key`, with which it is carried out once however \
                       often it is sent.",
        contact(name = "Ringbook", url = "https://github.com/ringbook/ringbook"),
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "PhoneManageV2", description = "CloudAgent's API, byte for byte."),
        (name = "GenerateToken", description = "CloudAgent's tokens, for accounts set to `TOKEN_AUTH`."),
        (name = "phones", description = "Numbers and names, each assigned to skills."),
        (name = "skills", description = "What calls wait for, and in which order phones ring."),
        (name = "routing", description = "How and when phones ring."),
        (name = "bulk", description = "Many phones at once."),
        (name = "changes", description = "What happened, and taking it back; the feed."),
        (name = "account", description = "An account's own settings and keys."),
        (name = "explain", description = "Why something is as it is."),
        (name = "operator", description = "All accounts, for those who run the server."),
    ),
    components(schemas(
        problem::ProblemBody,
        problem::FieldError,
        routing::RoutingInSkillEdit
    ))
)]
struct Document;

/// The description of the API.
pub fn document() -> openapi::OpenApi {
    let mut document = Document::openapi();
    document.merge(routes::described().into_openapi());
    document
}

/// The codes that problems can have, each with its status and a sentence.
pub fn problem_codes() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    Code::ALL.iter().map(|code| (code.as_str(), code.status().as_u16(), code.title()))
}
