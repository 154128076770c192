//! Who calls: an account by one of its keys, or the operator.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::http::request::Parts;
use directory::{AccountId, KeyScope, Profile};

use super::code::Code;
use super::context::RequestContext;
use super::problem::Problem;
use crate::http::LocalCaller;
use crate::http::credentials::{self, BasicFault};
use crate::http::limits::CREDENTIALS_BYTES_MAX;
use crate::http::quota;
use crate::http::request::request_id;
use crate::service::{
    Accepted, Access, AccountState, Credentials, CredentialsFault, Denied, Failure, OperatorAccess,
    Principal, Service, Tenant, Throttled,
};
use crate::store::{IdempotencyRecord, Origin, RequestId};

/// The challenges to callers without credentials, by which browsers and PBXs send them.
const ACCOUNT_CHALLENGE: &str = "Basic realm=\"ringbook\", charset=\"UTF-8\"";
const OPERATOR_CHALLENGE: &str = "Bearer realm=\"ringbook operator\"";

/// The scope that a route needs.
pub trait Needs: Send + Sync + 'static {
    const SCOPE: KeyScope;

    /// Whether a key of this scope is enough.
    fn allows(scope: KeyScope) -> bool {
        scope.allows(Self::SCOPE)
    }
}

/// The scope that a route needs which changes something.
pub trait Changes: Needs {}

/// The route changes something.
pub struct Full;
impl Needs for Full {
    const SCOPE: KeyScope = KeyScope::Full;
}
impl Changes for Full {}

/// The route reads.
pub struct Read;
impl Needs for Read {
    const SCOPE: KeyScope = KeyScope::Read;
}

/// The route says which phones ring.
pub struct Routing;
impl Needs for Routing {
    const SCOPE: KeyScope = KeyScope::Routing;
}

/// The route pauses phones: a key that reads all else may not.
pub struct Pausing;
impl Needs for Pausing {
    const SCOPE: KeyScope = KeyScope::Routing;

    fn allows(scope: KeyScope) -> bool {
        scope != KeyScope::Read
    }
}
impl Changes for Pausing {}

/// An account that calls with a key of a sufficient scope.
pub struct Caller<S: Needs> {
    pub service: Arc<Service>,
    pub access: Access,
    pub request_id: RequestId,
    needs: PhantomData<S>,
}

impl<S: Needs> Caller<S> {
    /// Who, when and in which request, for the history.
    pub fn origin(&self) -> Origin {
        self.service.origin(self.request_id, &self.access.source)
    }
}

impl<S: Needs> FromRequestParts<Arc<Service>> for Caller<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Service>) -> Result<Self, Problem> {
        let service = Arc::clone(state);
        let unauthorized = |detail: &str| Problem::unauthorized(detail, ACCOUNT_CHALLENGE);
        let local = parts.extensions.get::<LocalCaller>().cloned();
        let access = match local {
            Some(LocalCaller(Principal::Account(access))) => access,
            Some(LocalCaller(Principal::Operator(_))) => {
                return Err(unauthorized("this is of an account, and an operator calls"));
            }
            None => {
                let basic = credentials::basic(&parts.headers, CREDENTIALS_BYTES_MAX);
                let basic = basic.map_err(|fault| match fault {
                    BasicFault::Missing => unauthorized(
                        "send the account's userName and an API key as HTTP Basic credentials",
                    ),
                    BasicFault::Unreadable => unauthorized("the Basic credentials cannot be read"),
                })?;
                let credentials = Credentials {
                    user_name: &basic.user_name,
                    api_key: Some(&basic.password),
                    token: None,
                    source: credentials::source(parts),
                };
                service.authenticate(&credentials, Accepted::AnyKey).await?
            }
        };
        let context = parts.extensions.get::<RequestContext>().cloned().unwrap_or_default();
        context.set_account(access.tenant.id());
        context.set_quotas(service.count_request(&access)?);
        if !S::allows(access.scope) {
            let (has, needs) = (access.scope.as_str(), S::SCOPE.as_str());
            let detail = format!("the API key has the scope {has}, this needs {needs}");
            return Err(Problem::new(Code::WrongScope, detail));
        }
        Ok(Self { service, access, request_id: request_id(&parts.extensions), needs: PhantomData })
    }
}

/// Who changes an account: itself, by one of its keys, or the operator.
#[derive(Clone, Copy)]
pub struct Actor<'c> {
    pub service: &'c Service,
    pub tenant: &'c Tenant,
    pub request_id: RequestId,
    source: &'c Arc<str>,
}

impl Actor<'_> {
    /// Who, when and in which request, for the history.
    pub fn origin(&self) -> Origin {
        self.service.origin(self.request_id, self.source)
    }
}

impl<S: Changes> Caller<S> {
    /// The account as the actor of a change to itself.
    pub fn actor(&self) -> Actor<'_> {
        let Access { tenant, source, .. } = &self.access;
        Actor { service: &self.service, tenant, request_id: self.request_id, source }
    }
}

/// The operator, who calls with one of their keys.
pub struct OperatorCaller {
    pub service: Arc<Service>,
    operator: OperatorAccess,
    pub request_id: RequestId,
    context: RequestContext,
}

impl OperatorCaller {
    /// The account of that name and how it is now: the one that the request is about.
    pub async fn account(&self, user_name: &str) -> Result<(Tenant, AccountState), Failure> {
        let (tenant, state) = self.service.account(user_name).await?;
        self.context.set_account(tenant.id());
        Ok((tenant.operated_by(&self.operator), state))
    }

    /// Creates an account, unless the `userName` is taken, or the operator's key was deleted while
    /// the request was read.
    pub async fn create_account(
        &self,
        profile: &Profile,
        origin: &Origin,
        record: Option<IdempotencyRecord>,
    ) -> Result<Option<AccountId>, Failure> {
        let authority = &self.operator.authority;
        let created = self.service.create_account(authority, profile, origin, record).await?;
        created.inspect(|id| self.context.set_account(*id));
        Ok(created)
    }

    /// The operator as the actor of a change to this account.
    pub fn acting_on<'c>(&'c self, tenant: &'c Tenant) -> Actor<'c> {
        let (service, source) = (&*self.service, &self.operator.source);
        Actor { service, tenant, request_id: self.request_id, source }
    }

    /// Who, when and in which request, for the history.
    pub fn origin(&self) -> Origin {
        self.service.origin(self.request_id, &self.operator.source)
    }
}

impl FromRequestParts<Arc<Service>> for OperatorCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Service>) -> Result<Self, Problem> {
        let service = Arc::clone(state);
        let unauthorized = |detail: &str| Problem::unauthorized(detail, OPERATOR_CHALLENGE);
        let local = parts.extensions.get::<LocalCaller>().cloned();
        let operator = match local {
            Some(LocalCaller(Principal::Operator(operator))) => operator,
            Some(LocalCaller(Principal::Account(_))) => {
                return Err(unauthorized("this is for operators, and an account calls"));
            }
            None => {
                let key = credentials::bearer(&parts.headers, CREDENTIALS_BYTES_MAX);
                let key = key.ok_or_else(|| {
                    unauthorized(
                        "send an operator's key as a Bearer token: ringbook operator create-key \
                         makes one",
                    )
                })?;
                service.authenticate_operator(key, credentials::source(parts)).await?
            }
        };
        let context = parts.extensions.get::<RequestContext>().cloned().unwrap_or_default();
        let request_id = request_id(&parts.extensions);
        Ok(Self { service, operator, request_id, context })
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Failed(failure) => failure.into(),
            Denied::Throttled(throttled) => throttled.into(),
        }
    }
}

impl From<CredentialsFault> for Problem {
    fn from(fault: CredentialsFault) -> Self {
        let challenge = match fault {
            CredentialsFault::OperatorKey => OPERATOR_CHALLENGE,
            _ => ACCOUNT_CHALLENGE,
        };
        Self::unauthorized(&fault.to_string(), challenge)
    }
}

impl From<Throttled> for Problem {
    fn from(throttled: Throttled) -> Self {
        let retry_after = HeaderValue::from(throttled.quota.reset_s);
        let mut problem = Self::new(Code::TooManyRequests, throttled.to_string())
            .with_header(RETRY_AFTER, retry_after);
        problem.headers.extend(quota::headers(&[throttled.quota]));
        problem
    }
}
