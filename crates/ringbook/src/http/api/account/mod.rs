//! `/v1/account`: what an account sees and sets of itself.

mod keys;
mod profile;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::service::Service;

pub use keys::rotate;
pub use profile::Authentication;

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(profile::get, profile::edit)).merge(keys::routes())
}
