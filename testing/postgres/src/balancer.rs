//! `HAProxy`, a load balancer, as `docs/operations.md` configures it.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Child;

use crate::home::Home;
use crate::server::free_port;
use crate::wait::until;

/// Where packages put it, outside of some users' `PATH`.
const PLACES: [&str; 4] = [
    "/usr/sbin/haproxy",
    "/usr/bin/haproxy",
    "/usr/local/sbin/haproxy",
    "/opt/homebrew/bin/haproxy",
];

const PAGE: &str = include_str!("../../../docs/operations.md");

/// To which node a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// To that of its account, as on the page.
    ByAccount,
    /// To the one with fewer connections.
    LeastConnections,
}

/// `HAProxy` in front of two nodes. It ends when this is dropped, or the process ends.
pub struct Balancer {
    address: SocketAddr,
    process: Child,
    home: Home,
}

impl Balancer {
    /// Starts it with the configuration of the page, but without TLS and in front of these nodes.
    pub fn start(nodes: [SocketAddr; 2], balance: Balance) -> Self {
        let program = PLACES.into_iter().find(|place| Path::new(place).is_file());
        let program = program.expect("HAProxy is not found: apt-get install haproxy");
        let (home, address) = (Home::new(), SocketAddr::from(([127, 0, 0, 1], free_port())));
        let (_, block) = PAGE.split_once("```haproxy\n").expect("the page has the configuration");
        let (block, _) = block.split_once("```").expect("it has an end");
        let by_account = "balance hash var(txn.account)";
        let replaced = [
            (":443 ssl crt /etc/haproxy/phones.example.org.pem", address.to_string()),
            ("10.0.0.11:8080", nodes[0].to_string()),
            ("10.0.0.12:8080", nodes[1].to_string()),
            match balance {
                Balance::ByAccount => (by_account, by_account.to_owned()),
                Balance::LeastConnections => (by_account, "balance leastconn".to_owned()),
            },
        ];
        let text = replaced.iter().fold(block.to_owned(), |text, (on_page, here)| {
            assert!(text.contains(on_page), "the page does not have {on_page}");
            text.replace(on_page, here)
        });
        let configuration = home.path().join("haproxy.cfg");
        fs::write(&configuration, text).unwrap();
        let process = home.start(program, &[Path::new("-db"), Path::new("-f"), &configuration]);
        until("HAProxy accepts connections", || TcpStream::connect(address).is_ok());
        Self { address, process, home }
    }

    /// Where it takes requests.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.home.forget();
    }
}
