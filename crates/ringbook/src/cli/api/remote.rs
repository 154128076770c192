//! The API of a server, over HTTP.

use std::io::IsTerminal as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use axum::http::{Method, Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::UserName;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Runtime;

use super::request::Sent;
use super::target::{KEY_VARIABLE, Server, variable};
use crate::cli::context::CliError;
use crate::private;
use crate::secret::ApiKey;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may take after the last bytes of the request: a server has that time for the
/// commit of 200,000 rows.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);

/// An account of a server.
pub struct Remote {
    /// Dropped before the runtime in which its connections live.
    client: Client<HttpsConnector<HttpConnector>, Body>,
    runtime: Runtime,
    address: String,
    user_name: UserName,
    credentials: HeaderValue,
}

impl Remote {
    /// Finds the key. The server is called by the first request.
    pub fn open(server: &Server, user_name: Option<UserName>) -> Result<Self, CliError> {
        let user_name = user_name.ok_or_else(|| {
            CliError::Usage(
                "on a server the account has to be named: --account NAME or RINGBOOK_ACCOUNT"
                    .into(),
            )
        })?;
        let address = server.url.to_string();
        let key = key(server, &user_name)?;
        let basic = STANDARD.encode(format!("{user_name}:{}", key.reveal()));
        let mut credentials = HeaderValue::from_str(&format!("Basic {basic}"))
            .map_err(|_| CliError::Usage("the userName cannot be sent".into()))?;
        // So that no `Debug` output has it.
        credentials.set_sensitive(true);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client: client()?, runtime, address, user_name, credentials })
    }

    pub fn user_name(&self) -> &str {
        self.user_name.as_str()
    }

    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request and waits for the head of its answer. It is sent once: nothing is repeated,
    /// and no redirection is followed.
    pub fn call(
        &self,
        mut request: Request<Body>,
        sent: &Sent,
    ) -> Result<Response<Body>, CliError> {
        let target = format!("{}{}", self.address, request.uri());
        *request.uri_mut() = target.parse().expect("an address and a path");
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.credentials.clone());
        let agent = concat!("ringbook/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let is_write = request.method() != Method::GET;
        let answered = self.runtime.block_on(async {
            let mut answer = pin!(self.client.request(request));
            loop {
                let before = sent.bytes();
                match tokio::time::timeout(ANSWER_TIMEOUT, &mut answer).await {
                    Ok(answered) => return Some(answered),
                    Err(_) if sent.bytes() > before => {}
                    Err(_) => return None,
                }
            }
        });
        match answered {
            Some(Ok(response)) => Ok(response.map(Body::new)),
            Some(Err(error)) if error.is_connect() => {
                let why = format!("cannot reach {}: {}", self.address, cause(&error));
                Err(CliError::Message(why))
            }
            Some(Err(error)) => Err(self.no_answer(is_write, &cause(&error))),
            None => {
                let why = format!("nothing came for {} s", ANSWER_TIMEOUT.as_secs());
                Err(self.no_answer(is_write, &why))
            }
        }
    }

    /// A request may have been carried out or not.
    fn no_answer(&self, is_write: bool, why: &str) -> CliError {
        let why = format!("{} did not answer: {why}", self.address);
        if is_write { CliError::BrokenOff(why) } else { CliError::Message(why) }
    }
}

/// What caused an error of a connection in the first place.
fn cause(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn client() -> Result<Client<HttpsConnector<HttpConnector>, Body>, CliError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| CliError::Message(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut http = HttpConnector::new();
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.set_nodelay(true);
    http.enforce_http(false);
    let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http();
    let connector = connector.enable_http1().wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector))
}

/// The API key: of the file, of the environment, or as typed.
fn key(server: &Server, user_name: &UserName) -> Result<ApiKey, CliError> {
    let of = |text: &str, place: &str| {
        let key = ApiKey::parse(text.trim());
        key.map_err(|fault| CliError::Message(format!("there is no API key {place}: {fault}")))
    };
    if let Some(file) = &server.key_file {
        let bytes = private::read(file).map_err(|error| {
            CliError::Message(format!("cannot read the key in {}: {error}", file.display()))
        })?;
        let place = format!("in {}", file.display());
        return of(&String::from_utf8(bytes).unwrap_or_default(), &place);
    }
    if let Some(key) = variable(KEY_VARIABLE) {
        return of(&key.into_string().unwrap_or_default(), &format!("in {KEY_VARIABLE}"));
    }
    if !std::io::stderr().is_terminal() {
        let how = format!("the server wants a key: give --key-file FILE, or {KEY_VARIABLE}");
        return Err(CliError::Usage(how));
    }
    let typed = rpassword::prompt_password(format!("API key of {user_name} on {}: ", server.url));
    let typed = typed.map_err(|error| {
        CliError::Usage(format!(
            "the key cannot be asked for: {error}; give --key-file FILE, or {KEY_VARIABLE}"
        ))
    })?;
    of(&typed, "in what was typed")
}
