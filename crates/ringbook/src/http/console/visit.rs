//! Who visits a page: reads the session, and checks that a form was sent from a page of ours.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::KeyScope;

use super::api::Api;
use super::cookie::{self, Flash};
use super::fields::Fields;
use super::page::{self, Frame, Problem};
use super::{Console, PATH};
use crate::http::RequestLog;
use crate::http::cors::is_forged;
use crate::http::source::Source;
use crate::secret::sha256;
use crate::service::{Principal, Service, SignedIn};

/// The field of each form that shows that it is of a page of ours.
pub const CSRF_FIELD: &str = "csrf";

/// Somebody who is signed in and visits a page. Whoever is not gets the way to sign in.
pub struct Visit {
    /// The native API in their name.
    pub api: Api,
    pub service: Arc<Service>,
    pub signed_in: SignedIn,
    /// The path and the query of the page.
    pub here: String,
    csrf: String,
    flash: Option<Flash>,
    source: Source,
}

/// A form that somebody who is signed in has sent from a page of ours.
pub struct Posted {
    pub visit: Visit,
    pub fields: Fields,
}

/// Where a request comes from.
pub fn source(parts: &Parts) -> Source {
    *parts.extensions.get::<Source>().expect("the server gives each request a source")
}

/// What all handlers share.
pub(super) fn console(parts: &Parts) -> Console {
    parts.extensions.get::<Console>().cloned().expect("the routes have it")
}

/// Who has the session of this request, if anybody.
pub async fn signed_in(parts: &Parts, service: &Service) -> Result<Option<SignedIn>, Problem> {
    let Some(token) = cookie::SESSION.read(&parts.headers, source(parts).is_https) else {
        return Ok(None);
    };
    service.session(sha256(token)).await.map_err(|_| away())
}

/// The store does not answer.
pub fn away() -> Problem {
    let detail = "The store does not answer. Nothing was changed: try again in a moment.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

impl FromRequestParts<Arc<Service>> for Visit {
    type Rejection = Response<Body>;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Self::Rejection> {
        let here = parts.uri.path_and_query().map_or(PATH, |it| it.as_str()).to_owned();
        let found = signed_in(parts, service).await.map_err(Problem::into_response)?;
        let Some(signed_in) = found else {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("next", &here).finish();
            let is_get = parts.method == Method::GET;
            let way = if is_get { format!("{PATH}?{query}") } else { PATH.to_owned() };
            return Err(page::see_other(&way));
        };
        let source = source(parts);
        let token = cookie::SESSION.read(&parts.headers, source.is_https).unwrap_or_default();
        let flash = cookie::FLASH.read(&parts.headers, source.is_https).and_then(Flash::read);
        Ok(Self {
            api: Api::new(console(parts).api, signed_in.principal.clone(), parts),
            service: Arc::clone(service),
            signed_in,
            here,
            csrf: csrf(token),
            flash,
            source,
        })
    }
}

impl FromRequest<Arc<Service>> for Posted {
    type Rejection = Response<Body>;

    async fn from_request(
        request: Request,
        service: &Arc<Service>,
    ) -> Result<Self, Self::Rejection> {
        refuse_forged(&request).map_err(Problem::into_response)?;
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, service).await?;
        let fields = Fields::of_body(Request::from_parts(parts, body)).await;
        let fields = fields.map_err(Problem::into_response)?;
        visit.check_csrf(fields.get(CSRF_FIELD)).map_err(Problem::into_response)?;
        Ok(Self { visit, fields })
    }
}

/// Refuses what a page of another site has sent.
pub fn refuse_forged(request: &Request) -> Result<(), Problem> {
    if is_forged(request.method(), request.headers(), &[]) { Err(forged()) } else { Ok(()) }
}

fn forged() -> Problem {
    let detail = "This was not sent from a page of this console, or you have signed in anew since. \
                  Nothing was changed: go back, load the page again and repeat it.";
    Problem::new(StatusCode::FORBIDDEN, detail)
}

/// What shows that a form is of the session with this token, which it does not disclose.
fn csrf(token: &str) -> String {
    let hash = sha256(&format!("csrf {token}"));
    URL_SAFE_NO_PAD.encode(&hash[..16])
}

impl Visit {
    /// Refuses a form that is not of a page of this session.
    pub fn check_csrf(&self, given: &str) -> Result<(), Problem> {
        if given == self.csrf { Ok(()) } else { Err(forged()) }
    }

    /// What is around a page. `current` is the entry of the navigation.
    pub fn frame(&self, current: &'static str) -> Frame {
        let (user, is_operator, can_write) = match &self.signed_in.principal {
            Principal::Account(access) => {
                let user = self.signed_in.session.user_name.clone().unwrap_or_default();
                (user, false, access.scope == KeyScope::Full)
            }
            Principal::Operator(_) => (self.signed_in.session.key_name.clone(), true, true),
        };
        Frame {
            current,
            user,
            is_operator,
            can_write,
            csrf: self.csrf.clone(),
            once: self.api.id().to_string(),
            flash: self.flash.clone(),
            here: self.here.clone(),
            is_exposed: is_exposed(self.source),
        }
    }

    /// Renders a page with such a frame. A message in it is not shown again.
    pub fn show(&self, status: StatusCode, template: &impl Template) -> Response<Body> {
        let mut response = page::render(status, template);
        let account = self.signed_in.session.account;
        if let Some(log) = response.extensions_mut().get_mut::<RequestLog>() {
            log.account = account;
        }
        if self.flash.is_some() {
            response.headers_mut().append(SET_COOKIE, cookie::FLASH.remove(self.source.is_https));
        }
        response
    }

    /// Leads to a page that says what the request has done, and offers to undo it.
    pub async fn done(&self, path: &str, text: impl Into<String>) -> Response<Body> {
        let change = self.api.change_made().await.map(|change| change.id);
        let what = "request".to_owned();
        self.told(path, &Flash { text: text.into(), change, what })
    }

    /// Leads to a page with a message.
    pub fn told(&self, path: &str, flash: &Flash) -> Response<Body> {
        let mut response = page::see_other(path);
        let cookie = cookie::FLASH.set(&flash.write(), self.source.is_https);
        response.headers_mut().append(SET_COOKIE, cookie);
        let log = RequestLog { outcome: "done", account: self.signed_in.session.account };
        response.extensions_mut().insert(log);
        response
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.source.is_https
    }
}

/// Whether others may read what is sent: it is not encrypted and goes beyond this machine.
pub fn is_exposed(source: Source) -> bool {
    !source.is_https && !source.address.is_loopback()
}

/// A path of the console, as a form says where to go on; the start for any other.
pub fn own_path(path: &str) -> &str {
    let rest = path.strip_prefix(PATH);
    let is_own = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own && is_plain { path } else { PATH }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn a_form_leads_on_within_the_console_alone() {
        for path in ["/console", "/console/phones?q=a", "/console?next=b"] {
            assert_eq!(own_path(path), path);
        }
        for path in ["", "/v1", "//evil.example", "/consoles", "/console/\\evil", "/console/a\nb"] {
            assert_eq!(own_path(path), "/console", "{path:?}");
        }
    }
}
