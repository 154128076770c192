//! `GET /metrics`, on a listener of its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::metrics::{self, Page};
use crate::service::Service;

pub fn routes(page: Page) -> Router<Arc<Service>> {
    Router::new().route("/metrics", get(show)).layer(Extension(Arc::new(page)))
}

async fn show(
    State(service): State<Arc<Service>>,
    Extension(page): Extension<Arc<Page>>,
) -> impl IntoResponse {
    let is_ready = service.is_ready().await;
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], page.text(is_ready))
}
