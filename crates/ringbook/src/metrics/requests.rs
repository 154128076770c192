//! Requests by how they ended, and the connections on which they come.

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

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Endpoint {
    method: &'static str,
    route: Route,
}

impl Endpoint {
    /// The endpoint of a route and a method.
    pub fn new(method: &Method, route: Route) -> Self {
        Self { method: known(method), route }
    }
}

/// A method by its name; those that a caller made up are one.
fn known(method: &Method) -> &'static str {
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

/// The path with which the router was told of an endpoint, such as `/v1/accounts/{account}`; not
/// the one of the request.
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

/// What was asked for, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ended {
    #[prometheus(flatten)]
    endpoint: Endpoint,
    outcome: &'static str,
    code: u16,
}

impl Ended {
    /// A request that was answered; `outcome` is what the log says too.
    pub fn new(endpoint: Endpoint, outcome: &'static str, code: StatusCode) -> Self {
        Self { endpoint, outcome, code: code.as_u16() }
    }
}

/// Requests, counted. A clone counts into the same numbers.
#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<Families>);

#[derive(Debug, Default)]
struct Families {
    ended: Family<Ended, Counter>,
    times: Family<Endpoint, Durations>,
    /// What is in both, so that each request takes one look.
    known: RwLock<HashMap<Ended, Kind>>,
}

/// Where requests of one kind are counted.
#[derive(Debug, Clone)]
struct Kind {
    ended: Counter,
    times: Durations,
}

impl Requests {
    /// Counts a request. Only the first of its kind makes others wait: the lock is shared by
    /// those that read.
    pub fn count(&self, ended: Ended, time: Duration) {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind) = known.get(&ended) {
            return kind.count(time);
        }
        drop(known);
        let kind = Kind {
            ended: self.0.ended.get_or_create_owned(&ended),
            times: self.0.times.get_or_create_owned(&ended.endpoint),
        };
        kind.count(time);
        self.0.known.write().unwrap_or_else(PoisonError::into_inner).insert(ended, kind);
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

impl Kind {
    fn count(&self, time: Duration) {
        self.ended.inc();
        self.times.observe(time);
    }
}

/// Connections, counted.
#[derive(Debug, Clone, Default)]
pub struct Connections(Gauge);

impl Connections {
    /// Counts a connection until what is returned is dropped.
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

/// A connection that is open.
#[derive(Debug)]
#[must_use = "it counts as open until this is dropped"]
pub struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}
