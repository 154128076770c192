//! Which store a text names.

use ringbook::store::Location;
use ringbook::store::postgres::PostgresUrl;
use tokio_postgres::config::{Host, TargetSessionAttrs};

#[test]
fn parses_stores() {
    for (text, location) in [
        ("sqlite:ringbook.db", Some(Location::Sqlite("ringbook.db".into()))),
        ("sqlite:/var/lib/r.db", Some(Location::Sqlite("/var/lib/r.db".into()))),
        ("sqlite:///var/lib/r.db", Some(Location::Sqlite("/var/lib/r.db".into()))),
        ("memory:", Some(Location::Memory)),
        ("memory:x", None),
        ("postgres://", None),
        ("sqlite:", None),
        ("ringbook.db", Some(Location::Sqlite("ringbook.db".into()))),
        ("ring&book=db", None),
        ("mysql://host/x", None),
    ] {
        assert_eq!(text.parse().ok(), location, "{text}");
    }
}

#[test]
fn displays_the_place_and_never_the_password() {
    let url = "postgres://ring:s3cret@a,b:5433/book?sslmode=verify-full&options=-cx%3Dy";
    let url: PostgresUrl = url.parse().unwrap();
    assert_eq!(url.to_string(), "postgres://ring@a:5432,b:5433/book");
    assert_eq!(format!("{url:?}"), url.to_string());
    assert_eq!(format!("{:?}", url.tls.verifies), "IssuerAndName");
    assert_eq!(url.pool_connections, 8);
}

#[test]
fn requires_a_writable_server_of_each_host() {
    let url = "postgresql://ring:pw@a:1,b:2/book?target_session_attrs=read-write";
    let hosts = url.parse::<PostgresUrl>().unwrap().hosts(TargetSessionAttrs::ReadWrite);
    let seen: Vec<_> = hosts.iter().map(|one| (one.get_hosts(), one.get_ports())).collect();
    let host = |name: &str| [Host::Tcp(name.into())];
    assert_eq!(seen, [(&host("a")[..], &[1][..]), (&host("b")[..], &[2][..])]);
    for one in hosts {
        assert_eq!(one.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!((one.get_password(), one.get_dbname()), (Some(&b"pw"[..]), Some("book")));
    }
}

#[test]
fn reports_url_faults_without_the_password() {
    for (url, fault) in [
        ("postgres://u:s3cret@h/d?sslmode=maybe", "sslmode is disable"),
        ("postgres://u:s3cret@h/d?pool_max_conns=1", "pool_max_conns is at least 3"),
        ("postgres://u:s3cret@h/d?colour=red", "colour"),
        ("postgres://u:s3cret@h/d?target_session_attrs=read-only", "is written to"),
        ("postgres:///d", "names no host"),
        ("postgres://u:s3cret@h:port/d", "port"),
    ] {
        let error = url.parse::<PostgresUrl>().unwrap_err();
        assert!(error.contains(fault) && !error.contains("s3cret"), "{url}: {error}");
    }
}
