//! Requests by outcome, and open connections.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::http::limits::CONNECTIONS_MAX;

/// The upper bounds of the buckets in seconds, in steps of 1, 2.5 and 5: from a read from memory to
/// the longest wait for an answer.
const BOUNDS_S: [f64; 14] =
    [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// A histogram of durations in seconds.
pub fn durations() -> Histogram {
    Histogram::new(BOUNDS_S)
}

/// A route and a method.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Endpoint {
    method: &'static str,
    route: Arc<str>,
}

impl Endpoint {
    /// The endpoint of a method and a route, such as `/v1/accounts/{account}`. The path that the
    /// caller sent is no part of it.
    pub fn new(method: &Method, route: Option<&MatchedPath>) -> Self {
        let route = route.map_or("other", MatchedPath::as_str).into();
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
#[derive(Debug, Clone)]
pub struct Requests {
    ended: Family<Ended, Counter>,
    times: Family<Endpoint, Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        Self { ended: Family::default(), times: Family::new_with_constructor(durations) }
    }
}

impl Requests {
    /// Counts a request.
    pub fn count(&self, ended: &Ended, time: Duration) {
        self.ended.get_or_create(ended).inc();
        self.times.get_or_create(&ended.endpoint).observe(time.as_secs_f64());
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Requests that were answered, by method, route, outcome as in the log, and HTTP code",
            self.ended.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to its answer, the commit included",
            Unit::Seconds,
            self.times.clone(),
        );
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
        let most = ConstGauge::new(i64::from(CONNECTIONS_MAX));
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
