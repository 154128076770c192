//! Writing once: whatever becomes of the connection meanwhile.

use deadpool_postgres::Object;
use tokio::time::Instant;

use super::fault::Fault;
use super::link::Link;
use crate::store::CommitError;

/// How often a commit is tried that meets conflicts: those that PostgreSQL reports are rare, those
/// of the distributed ones are not.
const CONFLICTS_MAX: u32 = 20;

impl Link {
    /// Carries out `work`, which is one transaction, by `deadline`, once.
    ///
    /// When the connection breaks in the middle, it may or may not have been carried out. Then it
    /// is done again, and told so: by the versions that it expects, or by what is unique in it,
    /// at most one of the two tries can have an effect, and by the request's id in the history
    /// the second one recognises the first.
    pub async fn write<T>(
        &self,
        deadline: Instant,
        work: impl AsyncFn(&mut Object, bool) -> Result<T, Fault>,
    ) -> Result<T, CommitError> {
        let mut is_retried = false;
        let mut conflicts = 0;
        loop {
            let tried = async |client: &mut _| work(client, is_retried).await;
            // Whatever swallows an answer must leave time to ask again.
            let now = Instant::now();
            let limit = if is_retried { deadline } else { now + (deadline - now) * 3 / 5 };
            let fault = match self.run(limit, tried).await {
                Ok(done) => return Ok(done),
                Err(fault) => fault,
            };
            let goes_on = match &fault {
                Fault::Lost(_) => {
                    is_retried = true;
                    self.is_back(deadline).await && Instant::now() < deadline
                }
                // Where an earlier try is in doubt, the truth is worth waiting for.
                Fault::Elsewhere(_) | Fault::Late => {
                    is_retried && self.is_back(deadline).await && Instant::now() < deadline
                }
                Fault::Conflict => {
                    conflicts += 1;
                    conflicts < CONFLICTS_MAX && Instant::now() < deadline
                }
                Fault::Store(_) => false,
            };
            if goes_on {
                continue;
            }
            let error = fault.into_store_error();
            return Err(if is_retried {
                CommitError::OutcomeUnknown(error)
            } else {
                CommitError::NothingChanged(error)
            });
        }
    }
}
