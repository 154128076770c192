//! Who calls: an account by one of its keys, or the operator.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{AccountId, KeyScope};

use super::Seen;
use super::code::Code;
use super::problem::Problem;
use crate::http::Source;
use crate::http::limits::CREDENTIALS_BYTES_MAX;
use crate::service::{
    Access, AccountState, Credentials, Denied, Failure, Service, Tenant, Throttled,
};
use crate::store::{Origin, RequestId};

/// What is asked of a caller without credentials.
const ACCOUNT_CHALLENGE: &str = "Basic realm=\"ringbook\", charset=\"UTF-8\"";
const OPERATOR_CHALLENGE: &str = "Bearer realm=\"ringbook operator\"";

/// What a route needs of a key.
pub trait Needs: Send + Sync + 'static {
    /// The scope.
    const SCOPE: KeyScope;
}

/// The route changes something.
#[derive(Debug)]
pub struct Full;
/// The route reads.
#[derive(Debug)]
pub struct Read;
/// The route says which phones ring.
#[derive(Debug)]
pub struct Routing;

impl Needs for Full {
    const SCOPE: KeyScope = KeyScope::Full;
}
impl Needs for Read {
    const SCOPE: KeyScope = KeyScope::Read;
}
impl Needs for Routing {
    const SCOPE: KeyScope = KeyScope::Routing;
}

/// An account that calls with a key which is good for what the route does.
pub struct Caller<S: Needs> {
    /// The service.
    pub service: Arc<Service>,
    /// The account and the key.
    pub access: Access,
    /// The request.
    pub request_id: RequestId,
    needs: PhantomData<S>,
}

impl<S: Needs> Caller<S> {
    /// Who, when and in which request, for the history.
    pub fn origin(&self) -> Origin {
        self.service.origin(self.request_id, &self.access.source)
    }

    /// Refuses a key that was good when the request came and is no longer, for what waits.
    pub fn check_still_valid(&self) -> Result<(), Problem> {
        if self.service.is_still_valid(&self.access) {
            return Ok(());
        }
        Err(Problem::unauthorized("the API key is no longer valid", ACCOUNT_CHALLENGE))
    }
}

impl<S: Needs, State: Send + Sync> FromRequestParts<State> for Caller<S>
where
    Arc<Service>: FromRef<State>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let service = Arc::<Service>::from_ref(state);
        let unauthorized = |detail: &str| Problem::unauthorized(detail, ACCOUNT_CHALLENGE);
        let shown = authorization(parts, "Basic").ok_or_else(|| {
            unauthorized("send the account's userName and an API key as HTTP Basic credentials")
        })?;
        let decoded = STANDARD.decode(shown).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (user_name, api_key) = decoded
            .as_deref()
            .and_then(|text| text.split_once(':'))
            .ok_or_else(|| unauthorized("the Basic credentials cannot be read"))?;
        let credentials =
            Credentials { user_name, api_key: Some(api_key), token: None, source: source(parts) };
        let access = service.authenticate_key(credentials).await;
        let access = access.map_err(|denied| match denied {
            Denied::Failed(failure) => failure.into(),
            Denied::Throttled(throttled) => too_many_requests(throttled),
            _ => unauthorized("userName or API key not valid"),
        })?;
        if let Some(seen) = parts.extensions.get::<Seen>() {
            seen.calls();
            seen.concerns(access.tenant.id());
        }
        service.count_request(&access).map_err(too_many_requests)?;
        if !access.scope.allows(S::SCOPE) {
            let (has, needs) = (access.scope.as_str(), S::SCOPE.as_str());
            let detail = format!("the API key has the scope {has}, this needs {needs}");
            return Err(Problem::new(Code::WrongScope, detail));
        }
        Ok(Self { service, access, request_id: request_id(parts), needs: PhantomData })
    }
}

/// Whoever may change an account: itself, by one of its keys, or the operator.
pub trait Acts: Sync {
    /// The service.
    fn service(&self) -> &Service;
    /// The account.
    fn tenant(&self) -> &Tenant;
    /// Who, when and in which request, for the history.
    fn origin(&self) -> Origin;
    /// The request.
    fn request_id(&self) -> RequestId;
}

impl Acts for Caller<Full> {
    fn service(&self) -> &Service {
        &self.service
    }
    fn tenant(&self) -> &Tenant {
        &self.access.tenant
    }
    fn origin(&self) -> Origin {
        self.origin()
    }
    fn request_id(&self) -> RequestId {
        self.request_id
    }
}

/// The operator at work on an account.
pub struct Operating<'c> {
    /// Who calls.
    pub caller: &'c OperatorCaller,
    /// The account.
    pub tenant: Tenant,
}

impl Acts for Operating<'_> {
    fn service(&self) -> &Service {
        &self.caller.service
    }
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }
    fn origin(&self) -> Origin {
        self.caller.origin()
    }
    fn request_id(&self) -> RequestId {
        self.caller.request_id
    }
}

/// The operator, who calls with one of their keys.
pub struct OperatorCaller {
    /// The service.
    pub service: Arc<Service>,
    /// Who, as the history names them.
    pub source: Arc<str>,
    /// The request.
    pub request_id: RequestId,
    seen: Seen,
}

impl OperatorCaller {
    /// The account of that name and how it is now: the one that the request is about.
    pub async fn account(&self, user_name: &str) -> Result<(Tenant, AccountState), Failure> {
        let (tenant, state) = self.service.account(user_name).await?;
        self.concerns(tenant.id());
        Ok((tenant, state))
    }

    /// Notes which account the request is about.
    pub fn concerns(&self, id: AccountId) {
        self.seen.concerns(id);
    }

    /// Who, when and in which request, for the history.
    pub fn origin(&self) -> Origin {
        self.service.origin(self.request_id, &self.source)
    }
}

impl<State: Send + Sync> FromRequestParts<State> for OperatorCaller
where
    Arc<Service>: FromRef<State>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let service = Arc::<Service>::from_ref(state);
        let unauthorized = |detail: &str| Problem::unauthorized(detail, OPERATOR_CHALLENGE);
        let key = authorization(parts, "Bearer").ok_or_else(|| {
            unauthorized(
                "send an operator's key as a Bearer token: ringbook operator create-key makes one",
            )
        })?;
        let operator = service.authenticate_operator(key, source(parts)).await;
        let operator = operator.map_err(|denied| match denied {
            Denied::Failed(failure) => failure.into(),
            Denied::Throttled(throttled) => too_many_requests(throttled),
            _ => unauthorized("the operator's key is not valid"),
        })?;
        let seen = parts.extensions.get::<Seen>().cloned().unwrap_or_default();
        seen.calls();
        Ok(Self { service, source: operator.source, request_id: request_id(parts), seen })
    }
}

/// Where the request comes from.
fn source(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Source>().map(|source| source.0)
}

fn too_many_requests(throttled: Throttled) -> Problem {
    Problem::new(Code::TooManyRequests, throttled.to_string())
        .with_header(RETRY_AFTER, HeaderValue::from(throttled.retry_after_s))
}

/// What the header has after the name of the scheme.
fn authorization<'p>(parts: &'p Parts, scheme: &str) -> Option<&'p str> {
    let header = parts.headers.get(AUTHORIZATION)?;
    let (given, shown) = header.to_str().ok()?.split_once(' ')?;
    let is_it = given.eq_ignore_ascii_case(scheme) && shown.len() <= CREDENTIALS_BYTES_MAX;
    is_it.then(|| shown.trim())
}

/// The request's id, which the server gives to each.
pub fn request_id(parts: &Parts) -> RequestId {
    *parts.extensions.get::<RequestId>().expect("the server gives each request an id")
}
