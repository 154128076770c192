//! An HTTP client for single requests. The load generator has its own connections.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::time::Duration;

use ureq::http::Response;
use ureq::{Agent, Body};

use crate::error::{Context, Outcome};
use crate::fixture::Account;
use crate::wire::{PATH, SUCCESS};

/// How long a reply may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A client of one server, which keeps its connection.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    /// A client that connects with its first request.
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder().timeout_global(Some(TIMEOUT));
        let agent = config.http_status_as_error(false).build().into();
        Self { agent, base: format!("http://{address}") }
    }

    /// Whether `/readyz` answers 200.
    pub fn is_ready(&self) -> bool {
        let reply = self.agent.get(format!("{}/readyz", self.base)).call();
        reply.is_ok_and(|reply| reply.status() == 200)
    }

    /// Sends an edit to PhoneManageV2, which must succeed.
    pub fn edit(&self, account: &Account, body: &[u8]) -> Outcome<()> {
        let request = self.agent.post(format!("{}{PATH}", self.base));
        let request = request.header("apiKey", &account.api_key).content_type("application/json");
        let reply = read(request.send(body)?)?;
        if reply == SUCCESS.as_bytes() {
            return Ok(());
        }
        Err(format!("an edit was answered {}", String::from_utf8_lossy(&reply)).into())
    }

    /// The body of a reply of the native API.
    pub fn get(&self, account: &Account, path: &str) -> Outcome<Vec<u8>> {
        let request = self.agent.get(format!("{}{path}", self.base));
        read(request.header("Authorization", account.authorization()).call()?)
    }

    /// Posts a JSON object to the native API.
    pub fn post_json(&self, account: &Account, path: &str, body: &str) -> Outcome<Vec<u8>> {
        self.post(account, path, "application/json", body.as_bytes())
    }

    /// Edits something of the native API.
    pub fn patch(&self, account: &Account, path: &str, body: &str) -> Outcome<Vec<u8>> {
        let request = self.agent.patch(format!("{}{path}", self.base));
        let request = request.header("Authorization", account.authorization());
        read(request.content_type("application/json").send(body)?)
    }

    /// Posts a body of a type.
    pub fn post(&self, account: &Account, path: &str, kind: &str, body: &[u8]) -> Outcome<Vec<u8>> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("Authorization", account.authorization());
        read(request.content_type(kind).send(body)?)
    }

    /// The lines of a stream of Server-Sent Events, which must end within `timeout`.
    pub fn stream(
        &self,
        account: &Account,
        path: &str,
        timeout: Duration,
    ) -> Outcome<impl Iterator<Item = std::io::Result<String>> + use<>> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = request.config().timeout_global(Some(timeout)).build();
        let request = request.header("Authorization", account.authorization());
        let reply = request.header("Accept", "text/event-stream").call()?;
        if reply.status() != 200 {
            return Err(format!("the stream was answered {}", reply.status()).into());
        }
        Ok(BufReader::new(reply.into_body().into_reader()).lines())
    }
}

fn read(reply: Response<Body>) -> Outcome<Vec<u8>> {
    let status = reply.status();
    let body = reply.into_body().into_with_config().limit(u64::MAX).read_to_vec();
    let body = body.context("reading a reply")?;
    if status.is_success() {
        return Ok(body);
    }
    Err(format!("status {status} instead of success: {}", String::from_utf8_lossy(&body)).into())
}
