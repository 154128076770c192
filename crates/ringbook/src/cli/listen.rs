//! Where to listen: the value of `--listen`.

use std::net::{Ipv4Addr, SocketAddr};

/// Parses `ADDRESS:PORT`. `8080` and `localhost:8080` are on this machine alone, as is the default;
/// `:8080` is on all its addresses, as everywhere else where it is written so.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("localhost", text));
    let address = match host {
        "localhost" => Some(Ipv4Addr::LOCALHOST),
        "" | "*" => Some(Ipv4Addr::UNSPECIFIED),
        _ => None,
    };
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let address = match (address, port.parse()) {
        (Some(address), Ok(port)) if is_port => Some(SocketAddr::from((address, port))),
        _ => text.parse().ok(),
    };
    address.ok_or_else(|| {
        "where to listen is a port of this machine, such as 8080, or an address of it with a port: \
         127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for all of them"
            .to_owned()
    })
}
