//! `GET /console/imports`: the imports so far.

use askama::Template;
use axum::http::StatusCode;

use super::IMPORTS_PATH;
use super::item::Import;
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::phones::Items;
use crate::http::console::visit::Visit;

#[derive(Template)]
#[template(path = "import/list.html")]
struct ListPage {
    frame: Frame,
    imports: Vec<Import>,
    next: Option<String>,
}

pub async fn page(visit: Visit, query: Fields) -> Answer {
    let imports = Request::get("/v1/imports").given("cursor", query.get("cursor"));
    let page: Items<Import> = visit.api.read(imports).await?;
    let next = page.next.map(|next| query.link(IMPORTS_PATH, &[("cursor", &next)]));
    let page = ListPage { frame: visit.frame("phones"), imports: page.items, next };
    Ok(visit.show(StatusCode::OK, &page))
}
