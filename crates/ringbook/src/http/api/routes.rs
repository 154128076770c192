//! Every route of the native API. What a route takes and answers is described at its handler.

use std::sync::Arc;

use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::any;
use axum::{Extension, Router};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::account::{keys, profile};
use super::code::Code;
use super::permits::Permits;
use super::problem::Problem;
use super::skills::{self, ring_order};
use super::{
    bulk, changes, context, explain, exports, feed, imports, operator, phones, requests, routing,
};
use crate::http::AllowedOrigin;
use crate::http::redirect::without_slash;
use crate::service::Service;

/// The routes with their descriptions, and the description that is made from them.
#[rustfmt::skip] // A line for each path.
pub fn described() -> OpenApiRouter<Arc<Service>> {
    let readers = Extension(Permits::of_readers());
    let bulks = Extension(Permits::of_bulks());
    OpenApiRouter::new()
        .routes(routes!(phones::list::list, phones::list::create))
        .routes(routes!(phones::item::get, phones::item::edit, phones::item::delete))

        .routes(routes!(bulk::bulk).layer(bulks.clone()))
        .routes(routes!(imports::list::list, imports::create).layer(bulks))
        .routes(routes!(imports::item::get))
        .routes(routes!(imports::item::undo))
        .routes(routes!(exports::export))

        .routes(routes!(skills::list, skills::create))
        .routes(routes!(skills::get, skills::rename, skills::delete))
        .routes(routes!(ring_order::get, ring_order::replace))
        .routes(routes!(ring_order::move_one))
        .routes(routes!(explain::ring))

        .routes(routes!(routing::get, routing::edit))
        .routes(routes!(routing::get_of_skill, routing::edit_of_skill))
        .routes(routes!(routing::get_of_phone, routing::edit_of_phone))
        .routes(routes!(routing::pause::pause, routing::pause::resume))

        .routes(routes!(changes::list::list))
        .routes(routes!(changes::get))
        .routes(routes!(changes::revert::revert))
        .routes(routes!(feed::read).layer(readers))
        .routes(routes!(requests::list))

        .routes(routes!(profile::get, profile::edit))
        .routes(routes!(keys::list::list, keys::list::create))
        .routes(routes!(keys::item::get, keys::item::edit, keys::item::delete))
        .routes(routes!(keys::rotate::rotate))

        .routes(routes!(operator::list::list, operator::list::create))
        .routes(routes!(operator::item::get, operator::item::edit, operator::item::delete))
        .routes(routes!(operator::item::rotate))
}

/// The routes.
pub fn router(origins: &[AllowedOrigin]) -> Router<Arc<Service>> {
    let (router, _) = described().split_for_parts();
    router
        .route("/v1", any(no_such_path))
        .route("/v1/", any(no_such_path))
        .route("/v1/{*path}", any(no_such_path))
        .layer(from_fn_with_state(Arc::<[_]>::from(origins), context::complete))
}

async fn no_such_path(uri: Uri) -> Result<Redirect, Problem> {
    let detail = || format!("{}: there is nothing here", uri.path());
    without_slash(&uri).ok_or_else(|| Problem::new(Code::NoSuchPath, detail()))
}
