//! Requests by outcome, and open connections.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::histogram::Durations;
use crate::http::limits::CONNECTIONS_MAX;

/// A route and a method.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Endpoint {
    method: &'static str,
    route: Route,
}

impl Endpoint {
    /// The endpoint of a route and a method.
    pub fn new(method: &Method, route: Route) -> Self {
        Self { method: method_name(method), route }
    }
}

/// The name of a method; `other` for one that no route has.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The path of a route, such as `/v1/accounts/{account}`; not the path of the request.
#[derive(Debug, Clone)]
pub struct Route(Option<MatchedPath>);

impl Route {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or("other", MatchedPath::as_str)
    }
}

impl From<Option<MatchedPath>> for Route {
    fn from(path: Option<MatchedPath>) -> Self {
        Self(path)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.as_str().encode(encoder)
    }
}

/// The endpoint and the outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ended {
    #[prometheus(flatten)]
    endpoint: Endpoint,
    outcome: &'static str,
    code: u16,
}

impl Ended {
    /// Of a request that was answered. `outcome` is the one in the log.
    pub fn new(endpoint: Endpoint, outcome: &'static str, code: StatusCode) -> Self {
        Self { endpoint, outcome, code: code.as_u16() }
    }
}

/// Counts requests. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<Families>);

#[derive(Debug, Default)]
struct Families {
    ended: Family<Ended, Counter>,
    times: Family<Endpoint, Durations>,
    /// The counters of both, so that each request needs one lookup.
    counters: RwLock<HashMap<Ended, RequestCounters>>,
}

/// The counters for requests with the same endpoint and outcome.
#[derive(Debug, Clone)]
struct RequestCounters {
    ended: Counter,
    times: Durations,
}

impl Requests {
    /// Counts a request. Only the first one with its endpoint and outcome takes the write lock.
    pub fn count(&self, ended: Ended, time: Duration) {
        let counters = self.0.counters.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = counters.get(&ended) {
            return found.count(time);
        }
        drop(counters);
        let new = RequestCounters {
            ended: self.0.ended.get_or_create_owned(&ended),
            times: self.0.times.get_or_create_owned(&ended.endpoint),
        };
        new.count(time);
        self.0.counters.write().unwrap_or_else(PoisonError::into_inner).insert(ended, new);
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Requests that were answered, by method, route, outcome as in the log, and HTTP code",
            self.0.ended.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to its answer, the commit included",
            Unit::Seconds,
            self.0.times.clone(),
        );
    }
}

impl RequestCounters {
    fn count(&self, time: Duration) {
        self.ended.inc();
        self.times.observe(time);
    }
}

/// Counts open connections.
#[derive(Debug, Clone, Default)]
pub struct Connections(Gauge);

impl Connections {
    /// Counts a connection as open until the returned guard is dropped.
    pub fn open(&self) -> OpenConnection {
        self.0.inc();
        OpenConnection(self.0.clone())
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_connections", "Connections that are open", self.0.clone());
        let most = Gauge::<u64, std::sync::atomic::AtomicU64>::default();
        most.set(CONNECTIONS_MAX as u64);
        registry.register("http_connections_max", "Connections that may be open", most);
    }
}

/// An open connection.
#[derive(Debug)]
#[must_use = "it counts as open until this is dropped"]
pub struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}
