//! `GET /console/requests`: newest first.

use askama::Template;
use axum::http::StatusCode;

use super::{Call, PATH};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::phones::Items;
use crate::http::console::visit::Visit;

/// Calls on a page.
const CALLS_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "requests/list.html")]
struct ListPage {
    frame: Frame,
    query: Fields,
    calls: Vec<Call>,
    /// Where the page is told of new ones; empty but for the first page.
    live: String,
    next: Option<String>,
    first: Option<String>,
}

/// The calls of which the query has the outcome and the action.
pub fn wanted(query: &Fields) -> Request {
    let wanted = Request::get("/v1/requests").given("outcome", query.get("outcome"));
    wanted.given("action", query.get("action"))
}

pub async fn page(visit: Visit, query: Fields) -> Answer {
    let wanted = wanted(&query).query("limit", CALLS_SHOWN).given("cursor", query.get("cursor"));
    let Items { items: calls, next } = visit.api.read(wanted).await?;
    let is_first = query.get("cursor").is_empty();
    let page = ListPage {
        frame: visit.frame("requests"),
        calls,
        live: if is_first { query.link("/console/requests/live", &[]) } else { String::new() },
        next: next.map(|next| query.link(PATH, &[("cursor", &next)])),
        first: (!is_first).then(|| query.link(PATH, &[("cursor", "")])),
        query,
    };
    Ok(visit.show(StatusCode::OK, &page))
}
