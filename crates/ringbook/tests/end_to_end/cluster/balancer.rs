//! HAProxy in front of two nodes, with the configuration of `docs/operations.md`.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};

use test_postgres::until;

use super::nodes::{Cluster, Node};
use test_support::{Client, PATH, TOKEN_PATH, basic};

const ACCOUNTS: usize = 20;

/// HAProxy; ends when dropped.
struct Balancer {
    child: Child,
    address: SocketAddr,
}

impl Balancer {
    /// Starts what the page describes, without TLS and in front of these nodes.
    fn start(cluster: &Cluster, nodes: &[Node]) -> Self {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
        let page = std::fs::read_to_string(page).unwrap();
        let (_, block) = page.split_once("```haproxy\n").unwrap();
        let mut configuration = block.split_once("```").unwrap().0.to_owned();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for (written, here) in [
            (":443 ssl crt /etc/haproxy/phones.example.org.pem", address),
            ("10.0.0.11:8080", nodes[0].address),
            ("10.0.0.12:8080", nodes[1].address),
        ] {
            assert!(configuration.contains(written), "{configuration}");
            configuration = configuration.replace(written, &here.to_string());
        }
        let file = cluster.home.path("haproxy.cfg");
        std::fs::write(&file, configuration).unwrap();
        // Packages install it outside of some users' PATH.
        let program = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"];
        let program = program.into_iter().find(|program| Path::new(program).is_file());
        let mut command = Command::new(program.unwrap_or("haproxy"));
        command.arg("-db").arg("-f").arg(file);
        command.stderr(File::create(cluster.home.path("haproxy.log")).unwrap());
        let child = command.spawn().expect("there is no haproxy: scripts/test installs it");
        until("HAProxy accepts connections", || TcpStream::connect(address).is_ok());
        Self { child, address }
    }

    /// Sends a request to each front end for an account. All are answered by a node.
    #[track_caller]
    fn call(&self, user_name: &str, key: &str) {
        let body = format!(r#"{{"userName":"{user_name}","action":"get","phoneNumber":"911"}}"#);
        let credentials = basic(user_name, key);
        let legacy = [("apiKey", key), ("Content-Type", "application/json")];
        let native = [("Authorization", &*credentials), ("Content-Type", "text/csv")];
        let mut client = Client::connect(self.address).unwrap();
        for (method, path, headers, body, status) in [
            ("POST", PATH, &legacy, &*body, 200),
            ("GET", PATH, &legacy, &body, 200),
            // The account is not set to tokens.
            ("POST", TOKEN_PATH, &legacy, &body, 401),
            ("GET", "/v1/phones?limit=1", &native, "", 200),
            ("POST", "/v1/imports?dry_run=true", &native, "number,name\n911,Ravi\n", 201),
        ] {
            let reply = client.request(method, path, headers, body).unwrap();
            assert_eq!(reply.status, status, "{user_name}, {method} {path}: {reply:?}");
        }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The requests of accounts that a node has logged, each as `account=1`.
fn requests(node: &Node) -> Vec<String> {
    let log = node.log();
    let words = log.split_whitespace().filter(|word| word.starts_with("account="));
    words.map(str::to_owned).collect()
}

fn accounts(node: &Node) -> BTreeSet<String> {
    requests(node).into_iter().collect()
}

#[test]
fn each_account_stays_on_its_node_and_requests_go_on_while_that_is_killed_and_back() {
    let cluster = Cluster::shared();
    let names: Vec<_> = (0..ACCOUNTS).map(|id| format!("account-{id}")).collect();
    let keys: Vec<_> = names.iter().map(|name| cluster.home.account(name, &[])).collect();
    let mut nodes = cluster.nodes(2);
    let balancer = Balancer::start(&cluster, &nodes);
    let call_all = || names.iter().zip(&keys).for_each(|(name, key)| balancer.call(name, key));

    call_all();
    until("all requests are logged", || {
        nodes.iter().map(|node| requests(node).len()).sum::<usize>() == ACCOUNTS * 5
    });
    let [first, second] = [0, 1].map(|index| accounts(&nodes[index]));
    assert!(!first.is_empty() && !second.is_empty(), "{first:?} {second:?}");
    assert!(first.is_disjoint(&second), "{first:?} {second:?}");
    assert_eq!(first.len() + second.len(), ACCOUNTS);

    nodes[0].kill();
    call_all();
    let address = nodes[0].address.to_string();
    nodes[0] = cluster.home.serve(&["--listen", &address]);
    until("the accounts are back on the node", || {
        call_all();
        accounts(&nodes[0]) == first
    });
}
