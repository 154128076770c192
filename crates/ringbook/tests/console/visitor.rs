//! Forms without a browser: what it would send, and what it would not.

use std::net::SocketAddr;

use test_support::{Client, Reply};

/// Keeps the session's cookie as a browser does.
pub struct Visitor {
    client: Client,
    pub cookie: String,
}

impl Visitor {
    pub fn new(address: SocketAddr) -> Self {
        Self { client: Client::connect(address).unwrap(), cookie: String::new() }
    }

    pub fn get(&mut self, path: &str) -> Reply {
        let cookie = self.cookie.clone();
        self.client.request("GET", path, &[("Cookie", &cookie)], "").unwrap()
    }

    /// Sends a form with the fields and headers.
    pub fn post(&mut self, path: &str, form: &str, headers: &[(&str, &str)]) -> Reply {
        let cookie = self.cookie.clone();
        let usual = [("Cookie", &*cookie), ("Content-Type", "application/x-www-form-urlencoded")];
        let reply = self.client.request("POST", path, &[&usual, headers].concat(), form).unwrap();
        if let Some(set) = reply.header("set-cookie").filter(|it| it.starts_with("ringbook=")) {
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        reply
    }

    pub fn sign_in(&mut self, user_name: &str, key: &str) -> Reply {
        self.post("/console/sign-in", &format!("user_name={user_name}&api_key={key}"), &[])
    }

    /// The token of the forms on a page.
    pub fn csrf(&mut self) -> String {
        let page = self.get("/console/phones").body;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}
