//! `GET /console/export`: the phones of a view as a file.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};

use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::Answer;
use crate::http::console::phones::filtered;
use crate::http::console::visit::Visit;

/// The phones of a view of the table, marked for a spreadsheet. An import takes it back.
pub async fn export(visit: Visit, query: Fields) -> Answer {
    let phones = filtered(Request::get("/v1/exports").query("for", "spreadsheet"), &query);
    let reply = visit.api.send(phones).await?;
    let header = |name| HeaderValue::from_str(reply.header(name)).ok();
    let [media_type, disposition] = ["content-type", "content-disposition"].map(header);
    let mut response = Response::<Body>::new(reply.into_body());
    let headers = response.headers_mut();
    for (name, value) in [(CONTENT_TYPE, media_type), (CONTENT_DISPOSITION, disposition)] {
        headers.extend(value.map(|value| (name, value)));
    }
    Ok(response)
}
