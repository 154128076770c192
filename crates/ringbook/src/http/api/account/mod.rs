//! `/v1/account`

mod keys;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::service::Service;

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().merge(keys::routes())
}
