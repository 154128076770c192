//! The routes of the server and of the metrics listener.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;

use super::redirect::without_slash;
use super::request_metrics::counted;
use super::server::Options;
use super::{api, console, cors, monitoring, openapi, pbx, phone_manage};
use crate::metrics::{Page, Requests};
use crate::service::Service;

/// The routes of the server.
pub fn router(service: Arc<Service>, requests: Requests, options: &Options) -> Router {
    let cors_origins = &options.cors_origins;
    let native = api::router(cors_origins).merge(openapi::routes());
    let router = Router::new()
        .merge(monitoring::health_routes())
        .merge(phone_manage::routes())
        .merge(pbx::routes())
        .merge(cors::around(native, cors_origins))
        .merge(openapi::page_routes());
    let router = match &options.console {
        Some(console) => router.merge(console::routes(&service, console.clone())),
        None => router.route("/", get(Redirect::temporary("/docs"))),
    };
    let router = router.fallback(no_such_path);
    counted(router, requests).with_state(service)
}

/// The answer where there is no route.
async fn no_such_path(uri: Uri) -> Response<Body> {
    if phone_manage::owns(uri.path()) {
        return phone_manage::no_such_path(uri.path());
    }
    if pbx::owns(uri.path()) {
        return pbx::no_such_path(uri.path());
    }
    without_slash(&uri).ok_or(StatusCode::NOT_FOUND).into_response()
}

/// The routes of the metrics listener.
pub fn metrics_router(service: Arc<Service>, page: Page) -> Router {
    let router =
        Router::new().merge(monitoring::health_routes()).merge(monitoring::metrics_routes(page));
    // Its own requests are not counted, but the layer passes their routes on to the log.
    counted(router, Requests::default()).with_state(service)
}
