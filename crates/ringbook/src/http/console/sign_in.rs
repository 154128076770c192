//! Signing in and out.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use directory::KeyScope;

use super::PATH;
use super::cookie;
use super::fields::Fields;
use super::page::{self, Answer, Problem};
use super::visit::{Posted, away, console, is_exposed, own_path, refuse_forged, signed_in, source};
use crate::secret::{ApiKey, SessionToken, sha256};
use crate::service::{Denied, Failure, Principal, Service};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    /// Whether the form is for an operator's key.
    is_operator: bool,
    lets_operators_in: bool,
    user_name: String,
    /// Where to go afterwards.
    next: String,
    fault: String,
    is_exposed: bool,
}

impl SignInPage {
    fn new(parts: &Parts, fields: &Fields) -> Self {
        let lets_operators_in = console(parts).options.lets_operators_in;
        Self {
            is_operator: lets_operators_in && fields.get("as") == "operator",
            lets_operators_in,
            user_name: fields.get("user_name").to_owned(),
            next: own_path(fields.get("next")).to_owned(),
            fault: String::new(),
            is_exposed: is_exposed(source(parts)),
        }
    }
}

/// `GET /console`: the form, or the first page for who is signed in.
pub async fn page(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let (mut parts, _) = request.into_parts();
    let Some(signed_in) = signed_in(&parts, &service).await? else {
        let Ok(fields) = axum::RequestPartsExt::extract::<Fields>(&mut parts).await;
        return Ok(page::render(StatusCode::OK, &SignInPage::new(&parts, &fields)));
    };
    let start = match signed_in.principal {
        // It shows what such a key may do, and that it sees no phones.
        Principal::Account(access) if access.scope == KeyScope::Routing => "/console/settings",
        Principal::Account(_) => "/console/phones",
        Principal::Operator(_) => "/console/accounts",
    };
    Ok(page::see_other(start))
}

/// `POST /console/sign-in`
pub async fn sign_in(State(service): State<Arc<Service>>, request: Request) -> Answer {
    refuse_forged(&request)?;
    let (parts, body) = request.into_parts();
    let fields = Fields::of_body(Request::from_parts(parts.clone(), body)).await?;
    let form = SignInPage::new(&parts, &fields);
    let user_name = (!form.is_operator).then(|| form.user_name.trim());
    let (key, address) = (fields.get("api_key").trim(), source(&parts).address);
    let opened = service.sign_in(user_name, key, Some(address), browser(&parts.headers)).await;
    match opened {
        Ok(token) => Ok(enter(&parts, &token, &form.next)),
        Err(Denied::Failed(Failure::Unauthorized(_))) => {
            let what = if form.is_operator { "operator key" } else { "user name or API key" };
            let fault = format!("The {what} is not right.");
            Ok(page::render(StatusCode::UNAUTHORIZED, &SignInPage { fault, ..form }))
        }
        Err(Denied::Throttled(throttled)) => {
            let wait_s = throttled.quota.reset_s;
            let fault = format!(
                "Too many wrong keys came from your address. Try again in {wait_s} seconds."
            );
            let form = SignInPage { fault, ..form };
            let mut response = page::render(StatusCode::TOO_MANY_REQUESTS, &form);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
            Ok(response)
        }
        Err(Denied::Failed(_)) => Err(away()),
    }
}

/// `POST /console/sign-out`
pub async fn sign_out(Posted { visit, .. }: Posted) -> Answer {
    visit.service.sign_out(&visit.signed_in).await.map_err(|_| away())?;
    let mut response = page::see_other(PATH);
    response.headers_mut().append(SET_COOKIE, cookie::SESSION.remove(visit.is_https()));
    Ok(response)
}

/// Leads on with the cookie of a new session.
fn enter(parts: &Parts, token: &SessionToken, next: &str) -> Response<Body> {
    let mut response = page::see_other(next);
    let cookie = cookie::SESSION.set(token.reveal(), source(parts).is_https);
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// What the browser calls itself.
fn browser(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A link that signs in once.
#[derive(Debug, Clone)]
pub struct Demo(Arc<Mutex<Option<DemoLink>>>);

/// SHA-256 of its token, and whom it signs in.
type DemoLink = ([u8; 32], &'static str, ApiKey);

impl Demo {
    /// A link to the account with this key, and its path.
    pub fn new(user_name: &'static str, api_key: ApiKey) -> (Self, String) {
        let token = SessionToken::make();
        let link = Some((token.sha256(), user_name, api_key));
        (Self(Arc::new(Mutex::new(link))), format!("{PATH}/demo/{}", token.reveal()))
    }
}

/// `GET /console/demo/{token}`: signs in whoever follows the link first, from this machine.
pub async fn follow_demo_link(
    State(service): State<Arc<Service>>,
    Path(token): Path<String>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let is_here = source(&parts).address.is_loopback();
    let demo = console(&parts).options.demo.filter(|_| is_here);
    let followed = demo.and_then(|Demo(link)| {
        let mut link = link.lock().unwrap_or_else(PoisonError::into_inner);
        link.take_if(|(token_sha256, ..)| *token_sha256 == sha256(&token))
    });
    let Some((_, user_name, api_key)) = followed else {
        let detail = "This link signs in once, on the machine where the server runs.";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    let (key, browser) = (api_key.reveal(), browser(&parts.headers));
    let opened = service.sign_in(Some(user_name), key, None, browser).await;
    Ok(enter(&parts, &opened.map_err(|_| away())?, PATH))
}
