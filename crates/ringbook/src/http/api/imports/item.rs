//! `/v1/imports/{import}`

use directory::SaveMode;

use super::Import;
use crate::http::api::bulk::Mode;
use crate::http::api::changes::revert::{Reverted, take_back};
use crate::http::api::code::Code;
use crate::http::api::prelude::*;

/// Get an import
///
/// How it stands: what was done of it, and whether it was taken back.
#[utoipa::path(
    get, path = "/v1/imports/{import}", tag = "bulk",
    responses((status = 200, description = "How it stands", body = Import))
)]
pub async fn get(caller: Caller<Read>, import: Path, parameters: Query) -> Answer {
    parameters.check()?;
    let import =
        caller.service.import(&caller.access.tenant, import.id(Code::NoSuchImport)?).await?;
    Ok(Reply::ok(&Import::from(import)).render())
}

body! {
    /// How an import is taken back
    pub struct Undo {
        /// `all_or_nothing`, as if absent: all of it, or nothing if something newer stands in the way
        /// of a change. `keep_going`: what can be taken back
        #[schema(value_type = Mode, required = false)]
        mode: optional SaveMode,
    }
}

/// Undo an import
///
/// All that it has changed is as it was before: all parts of it, also those of the requests that
/// resumed it.
#[utoipa::path(
    post, path = "/v1/imports/{import}/undo", tag = "bulk", request_body = Undo,
    responses(
        (status = 200, description = "What was taken back",
         body = Reverted)
    )
)]
pub async fn undo(caller: Caller<Full>, import: Path, write: Write, body: Json) -> Answer {
    let find = async {
        let (mode,) = body.read::<Undo>()?;
        let mode = mode.unwrap_or(SaveMode::AllOrNothing);
        Ok(caller
            .service
            .revert_import(&caller.access.tenant, import.id(Code::NoSuchImport)?, mode)
            .await?)
    };
    take_back(&caller, write, &body, find).await
}
