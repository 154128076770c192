//! The source of a request: the address of the caller, not of a trusted proxy.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv4Net};

/// Each proxy appends the address of its caller.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The length of the prefix of IPv4-mapped IPv6 addresses.
const MAPPED_BITS: u8 = 96;

/// The address of the caller: an extension of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(pub IpAddr);

/// A network or an address of trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// A text that is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a network is ADDRESS/BITS, such as 10.0.0.0/8, or an address")]
pub struct TrustedProxyFault;

impl std::str::FromStr for TrustedProxy {
    type Err = TrustedProxyFault;

    fn from_str(text: &str) -> Result<Self, TrustedProxyFault> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| Self(canonical(network))).map_err(|_| TrustedProxyFault)
    }
}

impl Source {
    /// The peer of the connection or, if that is a trusted proxy, its caller. The header is ignored
    /// if the peer is not trusted: anybody can send it.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> Self {
        let is_trusted = |address| trusted.iter().any(|proxy| proxy.0.contains(&address));
        // A dual-stack socket shows IPv4 callers as IPv6.
        let mut source = peer.to_canonical();
        let fields = headers.get_all(FORWARDED_FOR).iter().rev();
        let callers = fields.flat_map(|field| field.to_str().unwrap_or_default().rsplit(','));
        for address in callers {
            if !is_trusted(source) {
                break;
            }
            // If the proxy sends no valid address, the proxy is the source.
            let Some(address) = parse(address.trim()) else { break };
            source = address;
        }
        Self(source)
    }
}

/// Converts IPv4-mapped networks such as `::ffff:10.0.0.0/104` to IPv4, as sources are.
fn canonical(network: IpNet) -> IpNet {
    let IpAddr::V4(address) = network.addr().to_canonical() else { return network };
    let bits = match network {
        IpNet::V4(network) => Some(network.prefix_len()),
        IpNet::V6(network) => network.prefix_len().checked_sub(MAPPED_BITS),
    };
    // Of a wider network, only the IPv4 addresses can be sources.
    let bits = bits.unwrap_or_default();
    Ipv4Net::new(address, bits).map_or(network, IpNet::V4)
}

/// Some proxies add the port; some put IPv6 in brackets without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    Some(address.ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The source for a peer and its header fields, with some trusted networks.
    fn source(peer: &str, fields: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "::1", "fd00::/8"].map(|text| text.parse().unwrap());
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(FORWARDED_FOR, field.parse().unwrap());
        }
        Source::of(peer.parse().unwrap(), &headers, &trusted).0.to_string()
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
        assert_eq!(Source::of(peer, &headers, &[]), Source(peer), "no proxy is trusted");
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
                let source = Source::of(peer.parse().unwrap(), &header, &trusted);
                assert_eq!(source.0.to_string(), expected, "{text} {peer}");
            }
        }
    }

    #[test]
    fn parses_networks_and_addresses() {
        for text in ["10.0.0.0/8", "10.1.2.3", "10.1.2.3/8", "::1", "2001:db8::/32"] {
            assert!(text.parse::<TrustedProxy>().is_ok(), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0", "proxy", "*", "10.0.0.0/"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(TrustedProxyFault), "{text}");
        }
    }
}
