//! A server with two accounts, and what is called there.

use serde_json::Value;
use test_postgres::Server as Database;

use crate::support::{Client, Home, Server};

/// A server over a store of its own, with the accounts `acme` and `globex`. `acme` has the
/// skills Sales and Support, and the phones p1 to p3.
pub struct World {
    pub server: Server,
    pub home: Home,
    /// Where it is in the database, if it is in one.
    schema: Option<String>,
    client: Client,
    /// The API keys of the two.
    pub acme: String,
    pub globex: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub reply: crate::support::Reply,
    /// The body, `null` if it is empty.
    pub json: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.reply.header(name)
    }

    /// The code of a problem, after a look at what every problem must have.
    #[track_caller]
    pub fn code(&self) -> &str {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.json["status"], self.status, "{self:?}");
        assert_eq!(self.json["request_id"].as_str(), self.header("ringbook-request-id"));
        let code = self.json["code"].as_str().expect("a problem has a code");
        assert_eq!(self.json["type"], format!("/docs#{code}"), "{self:?}");
        assert!(self.json["title"].is_string() && self.json["detail"].is_string(), "{self:?}");
        code
    }

    /// The fields and codes of all that is wrong.
    pub fn errors(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
    }
}

impl World {
    pub fn sqlite() -> Self {
        Self::on(Home::new(), None)
    }

    pub fn postgres() -> Self {
        let url = Database::shared().new_schema();
        let (_, schema) = url.split_once("search_path%3D").expect("the URL names a schema");
        let schema = schema.to_owned();
        Self::on(Home::with_store(tempfile::tempdir().unwrap(), url), Some(schema))
    }

    fn on(home: Home, schema: Option<String>) -> Self {
        let acme = home.account("acme", &[]);
        let globex = home.account("globex", &[]);
        home.ok(&["skill", "create", "--account", "acme", "Sales", "Support"]);
        for (number, name, skills) in [
            ("919876543210", "Ravi", "Sales,Support"),
            ("+14155550123", "Mira", "Sales"),
            ("1001", "Desk-1", "Support"),
        ] {
            home.ok(&["phone", "create", "--account", "acme", number, name, "--assign", skills]);
        }
        let server = home.serve(&[]);
        let client = server.client();
        Self { server, home, schema, client, acme, globex }
    }

    /// Another server in place of the one until now, with these options.
    pub fn serve(&mut self, options: &[&str]) {
        self.server = self.home.serve(options);
        self.client = self.server.client();
    }

    /// Changes the tables by hand.
    pub fn store_sql(&self, sql: &str) {
        if let Some(schema) = &self.schema {
            Database::shared().query(&format!("SET search_path = {schema}; {sql}"));
        } else {
            let connection = rusqlite::Connection::open(self.home.store()).unwrap();
            let changes_as_rows = include_str!("../changes_as_rows.sqlite.sql");
            connection.execute_batch(changes_as_rows).unwrap();
            connection.execute_batch(sql).unwrap();
        }
    }

    /// Calls as `acme` with its own key.
    #[track_caller]
    pub fn call(&mut self, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(method, path, &[], body)
    }

    /// The same with other headers.
    #[track_caller]
    pub fn call_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let credentials = basic("acme", &self.acme);
        let mut all = vec![("Authorization", credentials.as_str())];
        all.extend(headers);
        self.request(method, path, &all, body)
    }

    /// Calls as somebody.
    #[track_caller]
    pub fn call_as(
        &mut self,
        (user_name, api_key): (&str, &str),
        method: &str,
        path: &str,
        body: Value,
    ) -> Answer {
        let credentials = basic(user_name, api_key);
        self.request(method, path, &[("Authorization", &credentials)], body)
    }

    /// Calls with these headers and no others.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // Callers write it where it is passed.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let (mut headers, mut text) = (headers.to_vec(), String::new());
        if !body.is_null() {
            headers.push(("Content-Type", "application/json"));
            text = body.to_string();
        }
        let reply = self.client.request(method, path, &headers, &text).unwrap();
        let json = match reply.body.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or(Value::Null),
        };
        Answer { status: reply.status, reply, json }
    }

    /// Sends a file as `acme`.
    #[track_caller]
    pub fn send(
        &mut self,
        path: &str,
        content_type: &str,
        headers: &[(&str, &str)],
        text: &str,
    ) -> Answer {
        let credentials = basic("acme", &self.acme);
        let mut all = vec![("Authorization", credentials.as_str()), ("Content-Type", content_type)];
        all.extend(headers);
        let reply = self.client.request("POST", path, &all, text).unwrap();
        let json = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
        Answer { status: reply.status, reply, json }
    }

    /// Kills the server, and starts another one over the same store.
    pub fn restart(&mut self) {
        self.server.kill();
        self.server = self.home.serve(&[]);
        self.client = self.server.client();
    }

    /// Nobody without credentials, and no key that is not good for it, gets at a route. A scope
    /// of `full`, `read` or `routing` is what it needs.
    #[track_caller]
    pub fn keeps_out(&mut self, method: &str, path: &str, needs: &str) {
        let without = self.request(method, path, &[], Value::Null);
        assert_eq!((without.status, without.code()), (401, "unauthorized"), "{method} {path}");
        let challenge = without.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Basic "), "{challenge}");
        let wrong = self.call_as(("acme", "no such key"), method, path, Value::Null);
        assert_eq!((wrong.status, wrong.code()), (401, "unauthorized"), "{method} {path}");
        let other = self.globex.clone();
        let other = self.call_as(("acme", &other), method, path, Value::Null);
        assert_eq!((other.status, other.code()), (401, "unauthorized"), "{method} {path}");
        let narrower: &[&str] = match needs {
            "full" => &["read", "routing"],
            "read" => &["routing"],
            _ => &[],
        };
        for scope in narrower {
            let key = self.key(scope);
            let refused = self.call_as(("acme", &key), method, path, Value::Null);
            assert_eq!((refused.status, refused.code()), (403, "wrong_scope"), "{method} {path}");
        }
    }

    /// A new key of `acme` with that scope.
    #[track_caller]
    pub fn key(&mut self, scope: &str) -> String {
        let body = serde_json::json!({"name": format!("test {scope}"), "scope": scope});
        let made = self.call("POST", "/v1/account/keys", body);
        assert_eq!(made.status, 201, "{made:?}");
        self.home.keep_secret(made.json["key"].as_str().unwrap())
    }
}

/// HTTP Basic credentials.
pub fn basic(user_name: &str, api_key: &str) -> String {
    use base64::Engine as _;
    let text = format!("{user_name}:{api_key}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
}
