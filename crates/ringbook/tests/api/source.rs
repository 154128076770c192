//! Where a request comes from and was sent to, and its id.

use axum::http::header::HOST;
use axum::http::{Extensions, HeaderMap, HeaderName};
use ringbook::http::{RequestIds, Source, TrustedProxy, asked_address};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The source for a peer and its header fields, with some trusted networks.
fn source(peer: &str, fields: &[&str]) -> String {
    let trusted = ["10.0.0.0/8", "::1", "fd00::/8"].map(|text| text.parse().unwrap());
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append(FORWARDED_FOR, field.parse().unwrap());
    }
    Source::of(peer.parse().unwrap(), false, &headers, &trusted).address.to_string()
}

#[test]
fn uses_the_peer_or_the_caller_that_a_trusted_proxy_reports() {
    for (peer, fields, expected) in [
        ("192.0.2.1", &[][..], "192.0.2.1"),
        ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
        ("192.0.2.1", &["198.51.100.7, 10.0.0.1"], "192.0.2.1"),
        ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
        ("::1", &["198.51.100.7"], "198.51.100.7"),
        ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
        // Everything before the caller of the outermost proxy was sent by the caller.
        ("10.0.0.1", &["10.9.9.9, 203.0.113.5, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["203.0.113.5", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["203.0.113.5", "198.51.100.7, 10.0.0.2", "10.0.0.3"], "198.51.100.7"),
        ("10.0.0.1", &["10.0.0.3,10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
        ("10.0.0.1", &["[198.51.100.7"], "10.0.0.1"),
        // Without a valid address, the proxy is the source.
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &[""], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", &["198.51.100.7, é"], "10.0.0.1"),
    ] {
        assert_eq!(source(peer, fields), expected, "{peer} {fields:?}");
    }
    let headers = HeaderMap::from_iter([(FORWARDED_FOR, "198.51.100.7".parse().unwrap())]);
    let peer = "10.0.0.1".parse().unwrap();
    assert_eq!(Source::of(peer, false, &headers, &[]).address, peer, "no proxy is trusted");
}

#[test]
fn converts_ipv4_mapped_networks() {
    let header = HeaderMap::from_iter([(FORWARDED_FOR, "198.51.100.7".parse().unwrap())]);
    for text in ["::ffff:127.0.0.1", "::ffff:127.0.0.0/104", "::ffff:127.0.0.1/128"] {
        let trusted = [text.parse().unwrap()];
        for (peer, expected) in [
            ("127.0.0.1", "198.51.100.7"),
            ("::ffff:127.0.0.1", "198.51.100.7"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            let source = Source::of(peer.parse().unwrap(), false, &header, &trusted);
            assert_eq!(source.address.to_string(), expected, "{text} {peer}");
        }
    }
}

#[test]
fn parses_networks_and_addresses() {
    for text in ["10.0.0.0/8", "10.1.2.3", "10.1.2.3/8", "::1", "2001:db8::/32"] {
        assert!(text.parse::<TrustedProxy>().is_ok(), "{text}");
    }
    for text in ["", "10.0.0.0/33", "10.0.0", "proxy", "*", "10.0.0.0/"] {
        assert!(text.parse::<TrustedProxy>().is_err(), "{text}");
    }
}

#[test]
fn the_asked_address_is_of_a_valid_host_and_https_if_encrypted() {
    let trusted = ["10.0.0.0/8".parse().unwrap()];
    let default = "http://127.0.0.1:8080";
    for (host, is_tls, peer, proto, expected) in [
        ("phones.example.org:8080", false, "10.0.0.1", "", "http://phones.example.org:8080"),
        ("phones.example.org", true, "192.0.2.1", "", "https://phones.example.org"),
        ("[::1]", false, "::ffff:10.0.0.1", "https", "https://[::1]"),
        ("[::1]", false, "10.0.0.1", "http", "http://[::1]"),
        ("[::1]", false, "192.0.2.1", "https", "http://[::1]"),
        ("a'b", false, "192.0.2.1", "", default),
        ("", true, "192.0.2.1", "", default),
    ] {
        let proto = (HeaderName::from_static("x-forwarded-proto"), proto.parse().unwrap());
        let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap()), proto]);
        let mut extensions = Extensions::new();
        extensions.insert(Source::of(peer.parse().unwrap(), is_tls, &headers, &trusted));
        assert_eq!(asked_address(&extensions, &headers), expected, "{host} {peer}");
    }
}

#[test]
fn generates_distinct_ids_of_one_length() {
    let ids = RequestIds::default();
    let made: std::collections::HashSet<_> = (0..10_000).map(|_| ids.next()).collect();
    assert_eq!(made.len(), 10_000);
    assert_eq!(ids.next().to_string().len(), 17);
}
