//! Who may ask whom to ring. What memory or the board knows to be right passes while the store is away.

use std::sync::Arc;

use directory::AccountId;
use tokio::time::{Instant, timeout_at};

use super::COLD_WAIT;
use crate::service::cache::CachedAccount;
use crate::service::credentials::{Found, Granted, Presented};
use crate::service::{Accepted, Authority, Credentials, Denied, Failure, Service, Tenant};

/// Somebody who may ask for the ring lists of an account, and pause its phones.
#[derive(Clone)]
pub struct RoutingCaller {
    /// The account's `userName`.
    pub user_name: Box<str>,
    /// The caller, as the history names them.
    pub source: Arc<str>,
    pub(super) authority: Authority,
    /// Which account: its name may be another one's by now.
    pub account: AccountId,
    /// The account, if it is in memory.
    pub(super) cached: Option<Arc<CachedAccount>>,
}

impl Service {
    /// Authenticates by an API key of scope `routing` or `full`, or the account's own one, whatever the
    /// account is set to. An account that is not in memory is loaded, and waited for [`COLD_WAIT`] at most;
    /// then what is remembered has to do. [`Failure::Unavailable`] if neither the store nor what is remembered tells
    /// whether it is right.
    pub async fn authenticate_for_routing(
        &self,
        credentials: &Credentials<'_>,
    ) -> Result<RoutingCaller, Denied> {
        let presented = Presented::of(credentials, Accepted::RoutingKey);
        let (user_name, now_us) = (credentials.user_name, self.core.clock.now_us());
        let caller = |(account, granted): (AccountId, Granted), cached| {
            let (user_name, authority) =
                (user_name.into(), Authority::Account(presented, granted.scope));
            let source = granted.source;
            RoutingCaller { user_name, source, authority, account, cached }
        };
        let cached = self.cached_account(user_name);
        // From here on what is remembered of an account in memory is kept as it is.
        let kept = cached.as_ref().and_then(|cached| cached.rings_on(&self.core.board)).cloned();
        let head = kept.or_else(|| self.core.board.get(user_name)).and_then(|rings| rings.head());
        let known = head.and_then(|head| {
            let granted = presented.grant((&*head).into(), now_us).ok()?;
            Some((head.id, granted))
        });
        if let (Some(cached), Some(granted)) = (&cached, &known) {
            cached.note_key_use(granted.1.key, now_us);
            return Ok(caller(granted.clone(), Some(Arc::clone(cached))));
        }
        if known.is_none() {
            self.throttle.pace(credentials.source).await;
        }
        let deadline = Instant::now() + COLD_WAIT;
        let compared = self.compare_with_store(cached, user_name, &presented);
        let late = || Failure::Unavailable("the store does not answer in time".into());
        match timeout_at(deadline, compared).await.unwrap_or_else(|_| Err(late())) {
            Ok((granted, Found::InMemory(cached))) => {
                cached.note_key_use(granted.key, now_us);
                Ok(caller((cached.id, granted), Some(cached)))
            }
            Ok((granted, Found::Head(head))) => {
                let loaded = timeout_at(deadline, self.load_for_call(&head)).await;
                let cached = loaded.ok().and_then(Result::ok).and_then(Result::ok).flatten();
                Ok(caller((head.id, granted), cached))
            }
            Err(Failure::Unavailable(why)) => match known {
                Some(granted) => Ok(caller(granted, None)),
                None => Err(Failure::Unavailable(why).into()),
            },
            Err(failure) => Err(self.throttle.denied(credentials.source, failure)),
        }
    }

    /// The operator's own question of an account.
    pub fn routing_caller(&self, tenant: &Tenant) -> RoutingCaller {
        RoutingCaller {
            user_name: tenant.0.read().profile.user_name.as_str().into(),
            source: Arc::from(""),
            authority: tenant.1,
            account: tenant.id(),
            cached: Some(Arc::clone(&tenant.0)),
        }
    }
}

impl RoutingCaller {
    /// The account, if it is in memory.
    pub(super) fn account_in_memory(&self) -> Option<&Arc<CachedAccount>> {
        self.cached.as_ref().filter(|cached| !cached.is_deleted())
    }
}
