//! Gauges of the service, read when the metrics are scraped.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use crate::service::{RoutingUsage, Service, Usage};

pub struct ServiceGauges(pub Arc<Service>);

impl Debug for ServiceGauges {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceGauges")
    }
}

impl Collector for ServiceGauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Usage { accounts, account_bytes, queued, queued_max, view_age, is_tidied } =
            self.0.usage();
        let to = &mut encoder;
        gauge(to, "loaded_accounts", "Accounts in memory", None, accounts)?;
        gauge(
            to,
            "loaded_accounts_size",
            "Memory that the accounts took when they were loaded",
            Some(&Unit::Bytes),
            account_bytes,
        )?;
        gauge(to, "queue_length", "Commands that wait for a thread that writes", None, queued)?;
        gauge(to, "queue_length_max", "Commands that may wait", None, queued_max)?;
        gauge(
            to,
            "view_age",
            "How long ago all that is in memory was last known to be what the store has",
            Some(&Unit::Seconds),
            view_age.as_secs_f64(),
        )?;
        gauge(
            to,
            "housekeeping",
            "1 if the threads run that forget what is too old and note when keys were used",
            None,
            u32::from(is_tidied),
        )?;
        let RoutingUsage { lists, bytes, view_age } = self.0.routing_usage();
        gauge(to, "ring_lists", "Ring lists that are published", None, lists)?;
        gauge(to, "ring_lists_size", "Memory that they take", Some(&Unit::Bytes), bytes)?;
        gauge(
            to,
            "routing_view_age",
            "How old the oldest view is by which calls were routed within five minutes",
            Some(&Unit::Seconds),
            view_age.as_secs_f64(),
        )
    }
}

pub fn gauge(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: impl EncodeGaugeValue,
) -> fmt::Result {
    let gauge = ConstGauge::new(value);
    gauge.encode(to.encode_descriptor(name, help, unit, gauge.metric_type())?)
}
