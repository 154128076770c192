//! The source of a request: the address of the caller, not of a trusted proxy. And the address that
//! it was sent to.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::HOST;
use axum::http::{Extensions, HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv4Net};

/// Each proxy appends the address of its caller.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A proxy says by which scheme it was called.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address of a server that does not know how it was called: where it listens by default.
pub const DEFAULT_ADDRESS: &str = "http://127.0.0.1:8080";

/// The length of the prefix of IPv4-mapped IPv6 addresses.
const MAPPED_BITS: u8 = 96;

/// Where a request comes from: an extension of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The address of the caller.
    pub address: IpAddr,
    /// Whether it was encrypted on its way here, or to a trusted proxy.
    pub is_https: bool,
}

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
    /// The peer of the connection, which may be encrypted, or what that says of its caller if it is a
    /// trusted proxy. The headers are ignored if the peer is not trusted: anybody can send them.
    pub fn of(peer: IpAddr, is_tls: bool, headers: &HeaderMap, trusted: &[TrustedProxy]) -> Self {
        let is_trusted = |address| trusted.iter().any(|proxy| proxy.0.contains(&address));
        // A dual-stack socket shows IPv4 callers as IPv6.
        let mut source = peer.to_canonical();
        if !is_trusted(source) {
            return Self { address: source, is_https: is_tls };
        }
        let is_https = is_tls || headers.get(FORWARDED_PROTO).is_some_and(|it| it == "https");
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
        Self { address: source, is_https }
    }
}

/// The address that a request was sent to, by its `Host`, such as `https://phones.example.org`.
pub fn asked_address(extensions: &Extensions, headers: &HeaderMap) -> String {
    let is_host = |host: &&str| {
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(is_of_name)
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(is_host);
    let is_https = extensions.get::<Source>().is_some_and(|source| source.is_https);
    let scheme = if is_https { "https" } else { "http" };
    host.map_or_else(|| DEFAULT_ADDRESS.to_owned(), |host| format!("{scheme}://{host}"))
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
