//! Retrying writes, so that each is carried out once whatever happens to the connection.

use deadpool_postgres::Object;
use tokio::time::Instant;

use super::fault::Fault;
use super::pool::ConnectionPool;
use crate::store::CommitError;

/// How often a commit is retried after a conflict. PostgreSQL rarely reports one, distributed
/// databases do often.
const CONFLICTS_MAX: u32 = 20;

impl ConnectionPool {
    /// Carries out `work`, which is one transaction, once, by `deadline`.
    ///
    /// If the connection breaks, `work` may or may not have been committed. It is retried, and gets
    /// `true` as its second argument. By the versions that it expects, or by a unique key, at most one
    /// attempt has an effect. By the request's id in the history the second attempt recognises the
    /// first.
    ///
    /// If the database reports an error that leaves the outcome open, `find` tells what an attempt
    /// that is over has done; none if nothing.
    pub async fn write<T>(
        &self,
        deadline: Instant,
        work: impl AsyncFn(&mut Object, bool) -> Result<T, Fault>,
        find: impl AsyncFn(&mut Object) -> Result<Option<T>, Fault>,
    ) -> Result<T, CommitError> {
        let mut is_retried = false;
        let mut conflicts = 0;
        loop {
            let tried = async |client: &mut _| work(client, is_retried).await;
            // If an answer is lost, there must be time to retry.
            let now = Instant::now();
            let limit = if is_retried { deadline } else { now + (deadline - now) * 3 / 5 };
            let fault = match self.run(limit, tried).await {
                Ok(done) => return Ok(done),
                Err(fault) => fault,
            };
            let retries = match &fault {
                Fault::Lost(_) => {
                    is_retried = true;
                    true
                }
                // The outcome of an earlier attempt is worth waiting for.
                Fault::Elsewhere(_) | Fault::Late => is_retried,
                Fault::Conflict => {
                    conflicts += 1;
                    conflicts < CONFLICTS_MAX
                }
                Fault::Store(_) => false,
                Fault::InDoubt(_) => match self.find(deadline, &find).await {
                    Ok(Some(done)) => return Ok(done),
                    // An attempt before this one may still be on its way.
                    Ok(None) => false,
                    Err(_) => {
                        is_retried = true;
                        false
                    }
                },
            };
            if retries && self.is_back(deadline).await {
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

    /// Runs `find` until it succeeds, or `deadline`.
    async fn find<T>(
        &self,
        deadline: Instant,
        find: impl AsyncFn(&mut Object) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        loop {
            match self.run(deadline, &find).await {
                Err(Fault::Lost(_) | Fault::Elsewhere(_) | Fault::Late | Fault::Conflict)
                    if self.is_back(deadline).await => {}
                result => return result,
            }
        }
    }
}
