//! The metrics of a running server, in the text formats that Prometheus reads.
//!
//! `docs/metrics.md` lists every metric. No label has a value that a caller sent, such as a path or
//! a name, so the number of series is fixed however many accounts there are. Gauges
//! are read when the metrics are scraped.

mod format;
mod process;
mod requests;
mod service;
mod store;

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::service::Service;
pub use format::Format;
use process::Process;
pub use requests::{Connections, Ended, Endpoint, OpenConnection, Requests};
use service::ServiceGauges;
pub use store::StoreMetrics;

/// The metrics of a server. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Requests.
    pub requests: Requests,
    /// Connections.
    pub connections: Connections,
    /// Commits and failures of the store.
    pub store: StoreMetrics,
    /// 1 if API keys travel unencrypted.
    pub is_without_tls: Gauge,
}

/// The page that Prometheus scrapes.
#[derive(Debug)]
pub struct Page {
    registry: Registry,
    is_ready: Gauge,
}

impl Page {
    /// A page with all metrics of a server and its service.
    pub fn new(metrics: &Metrics, service: &Arc<Service>) -> Self {
        let mut registry = Registry::default();
        let is_ready = Gauge::default();
        // Metrics of the process have the standard names, without our prefix.
        registry.register_collector(Box::new(Process::started_now()));
        let ours = registry.sub_registry_with_prefix("ringbook");
        let build = Family::<_, Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        ours.register("build_info", "The version of the program", build);
        ours.register(
            "ready",
            "1 if the store answers and the threads that write run, as /readyz says",
            is_ready.clone(),
        );
        ours.register(
            "without_tls",
            "1 if the server listens beyond its machine without TLS",
            metrics.is_without_tls.clone(),
        );
        metrics.requests.register(ours);
        metrics.connections.register(ours);
        metrics.store.register(ours);
        ours.register_collector(Box::new(ServiceGauges(Arc::clone(service))));
        Self { registry, is_ready }
    }

    /// All metrics as of now.
    pub fn text(&self, is_ready: bool, format: Format) -> String {
        self.is_ready.set(is_ready.into());
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String cannot fail");
        match format {
            Format::OpenMetrics => text,
            Format::Prometheus => format::prometheus(&text),
        }
    }
}
