//! The server that a case runs on, over a store that can fail and a clock that does not move.

use std::collections::HashMap;
use std::sync::Arc;

use ringbook::service::clock::{Clock, ManualClock};
use ringbook::service::{Service, ServiceOptions};
use test_support::InProcess;
use test_support::test_store::TestStore;

use crate::case::{Request, Server};
use crate::faulty::{Fault, FaultyStore};
use crate::fixture::{self, Account};
use crate::wire::{self, RawResponse};

/// When cases begin: not at the start of a second, as hardly anything does.
const BEGIN_US: i64 = 1_750_000_000_400_000;

/// A running server.
pub struct World {
    store: Arc<FaultyStore>,
    clock: Arc<ManualClock>,
    server: InProcess,
    /// The tokens that were captured, by name.
    tokens: HashMap<String, String>,
    /// Dropped last, as the store is in it.
    test_store: TestStore,
}

impl World {
    /// Makes the accounts, then starts the server, which finds them as after a restart.
    pub fn start(test_store: TestStore, accounts: &[Account], server: &Server) -> Self {
        let store = Arc::new(FaultyStore::new(test_store.open()));
        let clock = Arc::new(ManualClock::new(BEGIN_US));
        let made = service(&store, &clock, &ServiceOptions::default());
        for account in accounts {
            fixture::create(&made, account);
        }
        drop(made);
        let server = InProcess::start(service(&store, &clock, &options(server)));
        Self { store, clock, server, tokens: HashMap::new(), test_store }
    }

    /// The time, in microseconds.
    pub fn now_us(&self) -> i64 {
        self.clock.now_us()
    }

    /// Gives the store a fault, or repairs it.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.store.set_fault(fault);
    }

    /// Sends a request as often as it says, and returns the last reply.
    pub fn send(&mut self, request: &Request) -> RawResponse {
        self.clock.advance_us(request.advance_s * 1_000_000);
        let headers = request.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), self.with_tokens(value)));
        let target = (request.method.as_str(), request.path.as_str());
        let bytes = wire::request(target, headers, request.body(), request.chunk_bytes);
        let mut last = None;
        for _ in 0..request.times {
            last = Some(wire::exchange(self.server.address, &bytes));
        }
        let response = last.expect("a request is sent at least once");
        if let Some(name) = &request.capture_token {
            let body = String::from_utf8_lossy(&response.body);
            let token = body.strip_prefix(r#"{"token":""#).and_then(|rest| rest.split_once('"'));
            let (token, _) = token.unwrap_or_else(|| panic!("no token: {response}"));
            self.tokens.insert(name.clone(), token.to_owned());
        }
        response
    }

    fn with_tokens(&self, value: &str) -> String {
        let tokens = self.tokens.iter();
        let value = tokens.fold(value.to_owned(), |value, (name, token)| {
            value.replace(&format!("{{{{token:{name}}}}}"), token)
        });
        assert!(!value.contains("{{"), "no such token was kept: {value}");
        value
    }

    /// Stops the server. Returns its service, and a new one over the same store, which is gone with
    /// its place.
    pub fn stop(self) -> (Arc<Service>, Service, TestStore) {
        let stored = service(&self.store, &self.clock, &ServiceOptions::default());
        (self.server.stop(), stored, self.test_store)
    }
}

fn service(
    store: &Arc<FaultyStore>,
    clock: &Arc<ManualClock>,
    options: &ServiceOptions,
) -> Service {
    Service::with_options(store.clone(), clock.clone(), options)
}

/// The options that a case sets.
fn options(server: &Server) -> ServiceOptions {
    let rate = |text: &Option<String>| text.as_ref().map(|text| text.parse().expect("a rate"));
    let default = ServiceOptions::default();
    ServiceOptions {
        account_rate: rate(&server.rate_limit_account),
        key_rate: rate(&server.rate_limit_key),
        failed_credentials_limit: server
            .failed_credentials_limit
            .unwrap_or(default.failed_credentials_limit),
        ..default
    }
}
