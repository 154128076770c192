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
    /// Since when the page is to be told of new ones, microseconds UTC.
    now_us: i64,
    next: Option<String>,
    first: Option<String>,
}

pub async fn page(visit: Visit, query: Fields) -> Answer {
    let mut wanted = Request::get("/v1/requests").query("limit", CALLS_SHOWN);
    for name in ["outcome", "action", "cursor"] {
        wanted = wanted.given(name, query.get(name));
    }
    let now_us = visit.service.now_us();
    let Items { items: calls, next } = visit.api.read(wanted).await?;
    let [first, next] = query.pages(PATH, next);
    let page = ListPage { frame: visit.frame("requests"), calls, now_us, next, first, query };
    Ok(visit.show(StatusCode::OK, &page))
}
