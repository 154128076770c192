//! `HAProxy` in front of two nodes, with the configuration of `docs/operations.md`.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use test_postgres::{Balance, Balancer, until};

use super::nodes::{Cluster, Node};
use test_support::{Client, PATH, TOKEN_PATH, basic};

const ACCOUNTS: usize = 20;

/// Sends a request to each front end for an account. All are answered by a node.
#[track_caller]
fn call(address: SocketAddr, user_name: &str, key: &str) {
    let body = format!(r#"{{"userName":"{user_name}","action":"get","phoneNumber":"911"}}"#);
    let credentials = basic(user_name, key);
    let legacy = [("apiKey", key), ("Content-Type", "application/json")];
    let native = [("Authorization", &*credentials), ("Content-Type", "text/csv")];
    let mut client = Client::connect(address).unwrap();
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
    let balancer = Balancer::start([0, 1].map(|index| nodes[index].address), Balance::ByAccount);
    let call_all = || {
        for (name, key) in names.iter().zip(&keys) {
            call(balancer.address(), name, key);
        }
    };

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
