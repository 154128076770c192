//! Every route of the native API. What a route takes and answers is described at its handler.

use std::sync::Arc;

use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::any;
use axum::{Extension, Router};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::account::{keys, profile};
use super::code::Code;
use super::permits::Permits;
use super::problem::Problem;
use super::skills::{self, ring_order};
use super::{bulk, changes, context, explain, exports, feed, imports, operator, phones};
use crate::http::AllowedOrigin;
use crate::http::redirect::without_slash;
use crate::service::Service;

/// The routes with their descriptions, by path.
#[rustfmt::skip] // A line for each path.
pub fn table() -> Vec<(&'static str, UtoipaMethodRouter<Arc<Service>>)> {
    let readers = Extension(Permits::of_readers());
    let bulks = Extension(Permits::of_bulks());
    vec![
        ("/v1/phones", routes!(phones::list::list, phones::list::create)),
        ("/v1/phones/{phone}", routes!(phones::item::get, phones::item::edit, phones::item::delete)),

        ("/v1/bulk", routes!(bulk::bulk).layer(bulks.clone())),
        ("/v1/imports", routes!(imports::list::list, imports::create).layer(bulks)),
        ("/v1/imports/{import}", routes!(imports::item::get)),
        ("/v1/imports/{import}/undo", routes!(imports::item::undo)),
        ("/v1/exports", routes!(exports::export)),

        ("/v1/skills", routes!(skills::list::list, skills::list::create)),
        ("/v1/skills/{skill}", routes!(skills::item::get, skills::item::rename, skills::item::delete)),
        ("/v1/skills/{skill}/ring-order", routes!(ring_order::get, ring_order::replace)),
        ("/v1/skills/{skill}/ring-order/move", routes!(ring_order::move_one)),
        ("/v1/explain/ring", routes!(explain::ring)),

        ("/v1/changes", routes!(changes::list::list)),
        ("/v1/changes/{change}", routes!(changes::item::get)),
        ("/v1/changes/{change}/revert", routes!(changes::revert::revert)),
        ("/v1/feed", routes!(feed::read).layer(readers)),

        ("/v1/account", routes!(profile::get, profile::edit)),
        ("/v1/account/keys", routes!(keys::list::list, keys::list::create)),
        ("/v1/account/keys/{key}", routes!(keys::item::get, keys::item::edit, keys::item::delete)),
        ("/v1/account/keys/{key}/rotate", routes!(keys::rotate::rotate)),

        ("/v1/operator/accounts", routes!(operator::list::list, operator::list::create)),
        ("/v1/operator/accounts/{user_name}", routes!(operator::item::get, operator::item::edit, operator::item::delete)),
        ("/v1/operator/accounts/{user_name}/rotate-key", routes!(operator::rotate::rotate)),
    ]
}

/// The routes, and the description that is made from them.
pub fn described() -> OpenApiRouter<Arc<Service>> {
    table().into_iter().fold(OpenApiRouter::new(), |router, (_, route)| router.routes(route))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_each_route_under_its_path() {
        for (path, (_, described, _)) in table() {
            assert!(described.paths.keys().eq([path]), "{path}");
        }
    }
}
