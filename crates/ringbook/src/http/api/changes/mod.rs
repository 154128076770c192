//! `/v1/changes`: the history, the feed of what comes, and taking back.

mod change;
mod feed;
mod item;
mod list;
mod permits;
mod revert;
mod stream;

use std::sync::Arc;

use axum::Extension;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::service::Service;
use permits::ReaderPermits;

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(item::get))
        .routes(routes!(revert::revert))
        .layer(Extension(ReaderPermits::default()))
}
