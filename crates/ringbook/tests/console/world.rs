//! A server with an account.

use test_support::test_store::{self, TestStore};
use test_support::{Home, Server};

use crate::browser::{Browser, Scripts};
use crate::visitor::Visitor;

pub const USER_NAME: &str = "acme";

/// A server of the real program, over a store of its own.
pub struct World {
    pub server: Server,
    pub home: Home,
    pub key: String,
    _store: Option<TestStore>,
}

impl World {
    pub fn sqlite() -> Self {
        Self::serving(&[])
    }

    /// The same with these options of `serve`.
    pub fn serving(options: &[&str]) -> Self {
        Self::new(Home::new(), None, options)
    }

    pub fn postgres() -> Self {
        let store = test_store::postgres();
        let home = Home::with_store(tempfile::tempdir().unwrap(), store.url().to_owned());
        Self::new(home, Some(store), &[])
    }

    fn new(home: Home, store: Option<TestStore>, options: &[&str]) -> Self {
        let key = home.account(USER_NAME, &[]);
        home.skills(USER_NAME, &["Sales", "Support"]);
        let rows = ["919876543210,Ravi,Sales;Support", "4930111,Anna,Sales", "4930222,Bob,"];
        home.write_csv("phones.csv", rows.into_iter().map(str::to_owned));
        home.ok(&["phone", "import", "--account", USER_NAME, "phones.csv"]);
        let server = home.serve(options);
        Self { server, home, key, _store: store }
    }

    /// A browser that is signed in.
    pub fn browser(&self, scripts: Scripts) -> Browser {
        let browser = Browser::open(self.server.address, scripts);
        browser.go("/console");
        browser.sign_in(USER_NAME, &self.key);
        browser.wait_for(".top");
        browser
    }

    /// A browser in which an operator is signed in.
    pub fn operator(&self) -> Browser {
        let key = self.home.ok(&["operator", "create-key", "setup"]);
        let browser = Browser::open(self.server.address, Scripts::On);
        browser.go("/console?as=operator");
        browser.fill("Operator key", &self.home.keep_secret(key.trim()));
        browser.press("Sign in");
        browser.wait_for(".top");
        browser
    }

    /// Somebody who sends forms by hand, not signed in.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.server.address)
    }
}
