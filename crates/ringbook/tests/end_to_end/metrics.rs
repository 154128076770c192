//! What a server tells Prometheus, and that dashboard, alerts and page speak of nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use test_support::{Home, PATH, Scrape, Server, serve_with_metrics, until};

#[track_caller]
fn assert_values(scrape: &Scrape, expected: &[(&str, f64)]) {
    for (series, value) in expected {
        let message = scrape.value(series);
        assert!((message - value).abs() < f64::EPSILON, "{series} is {message}, not {value}");
    }
}

#[test]
fn counts_requests_by_route_and_outcome() {
    // So long that no figure has it in it.
    const NUMBER: &str = "919876543210";
    let home = Home::new();
    let key = home.account("acme", &[]);
    let (server, mut metrics) = serve_with_metrics(&home, &[]);
    let mut caller = server.caller("acme", &key);
    caller.create(NUMBER, "Ravi", "").unwrap();
    caller.create("919876543211", "Mira", "").unwrap();
    caller.create("919876543211", "Asha", "").unwrap();
    caller.name_of(NUMBER).unwrap();
    let mut client = server.client();
    client.get("/secret/path?apiKey=secret").unwrap();
    client.request("BREW", PATH, &[], "").unwrap();
    let scrape = Scrape::of(&mut metrics);
    for (method, route, outcome, code, expected) in [
        ("POST", PATH, "done", 200, 2.0),
        ("POST", PATH, "taken", 200, 1.0),
        ("POST", PATH, "found", 200, 1.0),
        ("other", PATH, "other method", 405, 1.0),
        ("GET", "other", "", 404, 1.0),
    ] {
        let labels =
            format!(r#"method="{method}",route="{route}",outcome="{outcome}",code="{code}""#);
        let series = format!("ringbook_http_requests_total{{{labels}}}");
        assert_values(&scrape, &[(&series, expected)]);
    }
    let times = "ringbook_http_request_duration_seconds";
    let of_posts = format!(r#"method="POST",route="{PATH}""#);
    assert_values(&scrape, &[(&format!("{times}_count{{{of_posts}}}"), 4.0)]);
    assert!(scrape.value(&format!("{times}_sum{{{of_posts}}}")) > 0.0);
    // Nothing that a caller sent.
    for sent in ["acme", NUMBER, "Ravi", "secret", "BREW", key.as_str()] {
        assert!(!scrape.text.contains(sent), "{sent} is told");
    }
}

#[test]
fn reports_the_work_of_the_service() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let (server, mut metrics) = serve_with_metrics(&home, &[]);
    let scrape = Scrape::of(&mut metrics);
    let nothing = [
        ("ringbook_loaded_accounts", 0.0),
        ("ringbook_commit_changes_count", 0.0),
        ("ringbook_http_connections", 0.0),
    ];
    assert_values(&scrape, &nothing);
    let mut caller = server.caller("acme", &key);
    caller.create("911", "Ravi", "").unwrap();
    caller.create("912", "Mira", "").unwrap();
    let scrape = Scrape::of(&mut metrics);
    let expected = [
        ("ringbook_ready", 1.0),
        ("ringbook_without_tls", 0.0),
        ("ringbook_housekeeping", 1.0),
        ("ringbook_loaded_accounts", 1.0),
        ("ringbook_http_connections", 1.0),
        ("ringbook_commit_duration_seconds_count", 2.0),
        ("ringbook_commit_changes_count", 2.0),
        ("ringbook_commit_changes_sum", 2.0),
        (r#"ringbook_commit_changes_bucket{le="1.0"}"#, 2.0),
        ("ringbook_queue_length", 0.0),
        (r#"ringbook_store_errors_total{kind="full"}"#, 0.0),
        (concat!(r#"ringbook_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#), 1.0),
    ];
    assert_values(&scrape, &expected);
    assert!(scrape.value("ringbook_loaded_accounts_size_bytes") > 0.0);
    assert!(scrape.value("ringbook_view_age_seconds") < 30.0);
    drop(caller);
    until("the connection is gone", || {
        Scrape::of(&mut metrics).value("ringbook_http_connections") < 1.0
    });
}

#[test]
fn serves_metrics_on_their_own_listener() {
    let home = Home::new();
    let (server, mut metrics) = serve_with_metrics(&home, &[]);
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        assert_eq!(metrics.get(path).unwrap().body, body);
    }
    assert_eq!(metrics.get(PATH).unwrap().status, 404);
    assert_eq!(server.client().get("/metrics").unwrap().status, 404);
    let (_server, mut open) = serve_with_metrics(&home, &["--listen", "0.0.0.0:0"]);
    assert_values(&Scrape::of(&mut open), &[("ringbook_without_tls", 1.0)]);
    // Without the option there is none.
    assert_eq!(home.serve(&[]).printed, "");
    let taken = home.refused(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--metrics-listen",
        &server.address.to_string(),
    ]);
    assert!(taken.contains("choose another one with --metrics-listen"), "{taken}");
    // From the environment as well.
    let mut command = home.command();
    command.env("RINGBOOK_METRICS_LISTEN", "127.0.0.1:0").arg("serve");
    let server = Server::start(&mut command, home.log_file());
    assert!(server.printed.starts_with("Metrics on http://127.0.0.1:"), "{}", server.printed);
}

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All words in a text that are the name of a metric.
fn metric_names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("ringbook_") || word.starts_with("process_")).collect()
}

/// Every value of a key, however deep.
fn values_of<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str() {
                    Some(text) if name == key => found.push(text),
                    _ => values_of(value, key, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| values_of(value, key, found)),
        _ => {}
    }
}

/// A server that has done something, so that all is there.
fn scrape_of_everything() -> Scrape {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let (server, mut metrics) = serve_with_metrics(&home, &[]);
    let mut caller = server.caller("acme", &key);
    caller.create("911", "Ravi", "").unwrap();
    Scrape::of(&mut metrics)
}

#[test]
fn dashboard_and_alerts_use_existing_metrics() {
    let scrape = scrape_of_everything();
    let message = scrape.series();
    let dashboard: Value = serde_json::from_str(&read("packaging/grafana/ringbook.json")).unwrap();
    let mut asked = Vec::new();
    values_of(&dashboard, "expr", &mut asked);
    values_of(&dashboard, "query", &mut asked);
    assert!(asked.len() > 20, "{asked:?}");
    let (asked, alerts) = (asked.join("\n"), read("packaging/prometheus/alerts.yml"));
    for (test_store, text) in [("the dashboard", &asked), ("alerts.yml", &alerts)] {
        let names = metric_names(text);
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            assert!(message.contains(name), "{test_store} asks for {name}, which nobody tells");
        }
    }
    // Whatever is told is shown.
    let shown = metric_names(&asked);
    for name in scrape.types.keys() {
        let is_shown = shown.iter().any(|shown| shown.starts_with(name.as_str()));
        assert!(is_shown, "the dashboard does not show {name}");
    }
}

#[test]
fn the_page_lists_every_metric() {
    let rows = read("docs/metrics.md");
    let rows = rows.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`');
        Some((name.to_owned(), cells.next()?.to_owned()))
    });
    let listed: BTreeMap<_, _> = rows.filter(|(name, _)| !metric_names(name).is_empty()).collect();
    assert_eq!(listed, scrape_of_everything().types);
}

#[test]
fn the_page_explains_every_alert() {
    let page = read("docs/metrics.md");
    let alerts = read("packaging/prometheus/alerts.yml");
    let alerts = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let mut count = 0;
    for alert in alerts {
        assert!(page.contains(&format!("| `{alert}` |")), "the page does not explain {alert}");
        count += 1;
    }
    assert!(count > 5, "the alerts are not found");
}

#[track_caller]
fn assert_promtool(arguments: &[&str], directory: &Path) {
    assert_promtool_finds_nothing(Command::new("promtool").args(arguments).current_dir(directory));
}

#[track_caller]
fn assert_promtool_finds_nothing(command: &mut Command) {
    let tool = command.output().expect("there is no promtool: scripts/test installs it");
    let printed = String::from_utf8_lossy(&tool.stdout) + String::from_utf8_lossy(&tool.stderr);
    assert!(tool.status.success(), "{printed}");
}

#[test]
fn promtool_finds_nothing_in_the_metrics() {
    let text = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&text, scrape_of_everything().text).unwrap();
    let input = text.reopen().unwrap();
    assert_promtool_finds_nothing(Command::new("promtool").args(["check", "metrics"]).stdin(input));
}

/// What Prometheus 2 and 3 send, a browser, and a program that knows neither format.
#[test]
fn writes_open_metrics_if_asked_and_else_the_older_format() {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
    let home = Home::new();
    let (_server, mut metrics) = serve_with_metrics(&home, &[]);
    for (accept, kind, comment) in [
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OPEN_METRICS,
            "# TYPE ringbook_store_errors counter\n",
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
             text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            OPEN_METRICS,
            "# EOF\n",
        ),
        ("text/html,*/*;q=0.8", PROMETHEUS, "# TYPE ringbook_store_errors_total counter\n"),
        ("application/json", PROMETHEUS, "# TYPE process_cpu_seconds_total counter\n"),
    ] {
        let reply = metrics.request("GET", "/metrics", &[("Accept", accept)], "").unwrap();
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{accept}");
        assert!(reply.body.contains(comment), "{accept}: {}", reply.body);
        assert_eq!(reply.body.contains("# EOF"), kind == OPEN_METRICS);
    }
}

#[test]
fn alerts_fire_when_they_should() {
    assert_promtool(&["test", "rules", "alerts.test.yml"], &file("packaging/prometheus"));
}

/// The queries of the dashboard are sound, with something in place of Grafana's variables.
#[test]
fn dashboard_queries_are_valid_promql() {
    let dashboard: Value = serde_json::from_str(&read("packaging/grafana/ringbook.json")).unwrap();
    let mut queries = Vec::new();
    values_of(&dashboard, "expr", &mut queries);
    let rules = queries.iter().enumerate().map(|(index, query)| {
        let query = query.replace("$__rate_interval", "5m");
        json!({"record": format!("panel:{index}"), "expr": query})
    });
    let rules: Value = rules.collect();
    let folder = tempfile::tempdir().unwrap();
    // JSON is YAML as well.
    let groups = json!({"groups": [{"name": "dashboard", "rules": rules}]});
    std::fs::write(folder.path().join("dashboard.yml"), groups.to_string()).unwrap();
    assert_promtool(&["check", "rules", "dashboard.yml"], folder.path());
}
