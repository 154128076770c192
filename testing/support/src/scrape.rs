//! What a server tells Prometheus.

use std::collections::{BTreeMap, BTreeSet};

use super::client::Client;
use super::home::Home;
use super::server::Server;

/// A server with metrics, and the way to them.
pub fn serve_with_metrics(home: &Home, arguments: &[&str]) -> (Server, Client) {
    let server = home.serve(&[&["--metrics-listen", "127.0.0.1:0"], arguments].concat());
    let address = server.printed.trim_end().strip_prefix("Metrics on http://");
    let address = address.and_then(|rest| rest.strip_suffix("/metrics")).expect("it is told");
    let client = Client::connect(address.parse().unwrap()).unwrap();
    (server, client)
}

/// What is read at a moment.
pub struct Scrape {
    /// Each metric, as `docs/metrics.md` names it, and its type.
    pub types: BTreeMap<String, String>,
    /// Each series and its value.
    samples: BTreeMap<String, f64>,
    pub text: String,
}

impl Scrape {
    /// Reads what there is now.
    pub fn of(client: &mut Client) -> Self {
        let reply = client.get("/metrics").unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        let (mut types, mut samples) = (BTreeMap::new(), BTreeMap::new());
        for line in reply.body.lines() {
            if let Some(output) = line.strip_prefix("# TYPE ") {
                let (name, kind) = output.split_once(' ').unwrap();
                let is_new = types.insert(name.to_owned(), kind.to_owned()).is_none();
                assert!(is_new, "{name} is there twice");
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                samples.insert(series.to_owned(), value.parse().unwrap());
            }
        }
        Self { types, samples, text: reply.body }
    }

    /// The value of a series, which is there.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        let value = self.samples.get(series);
        *value.unwrap_or_else(|| panic!("no {series} in {}", self.text))
    }

    /// The names of all series, without their labels.
    pub fn series(&self) -> BTreeSet<&str> {
        self.samples.keys().map(|series| series.split('{').next().unwrap()).collect()
    }
}
