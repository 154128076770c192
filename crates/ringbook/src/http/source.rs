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
