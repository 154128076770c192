//! An answer of the native API, and what every answer of a kind has.

use serde_json::Value;
use test_support::Reply;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub reply: Reply,
    /// The body, `null` if it is empty or not JSON.
    pub json: Value,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        let json = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
        Self { status: reply.status, reply, json }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.reply.header(name)
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self:?}")).to_owned()
    }

    /// The code of a problem, after a look at what every problem must have.
    #[track_caller]
    pub fn code(&self) -> &str {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.json["status"], self.status, "{self:?}");
        assert_eq!(self.json["request"].as_str(), self.header("ringbook-request-id"));
        let code = self.json["code"].as_str().expect("a problem has a code");
        assert_eq!(self.json["type"], format!("urn:ringbook:problem:{code}"), "{self:?}");
        assert!(self.json["title"].is_string() && self.json["detail"].is_string(), "{self:?}");
        code
    }

    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{self:?}");
    }

    /// The answer is that of an earlier request with the same `Idempotency-Key`. A secret key is
    /// returned only the first time.
    #[track_caller]
    pub fn assert_replays(&self, first: &Self) {
        assert_eq!(first.header("idempotent-replayed"), None, "{first:?}");
        assert_eq!(self.header("idempotent-replayed"), Some("true"), "{self:?}");
        let mut expected = first.json.clone();
        if expected["key"].is_string() {
            expected["key"] = Value::Null;
        }
        assert_eq!((self.status, &self.json), (first.status, &expected));
        for name in ["content-type", "etag", "location"] {
            assert_eq!(self.header(name), first.header(name), "{name}");
        }
    }

    /// The items of a list.
    #[track_caller]
    pub fn list(&self, name: &str) -> &[Value] {
        self.json[name].as_array().unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    /// One field of each item of a list.
    #[track_caller]
    pub fn column(&self, list: &str, field: &str) -> Vec<&Value> {
        self.list(list).iter().map(|item| &item[field]).collect()
    }

    /// The same as text.
    #[track_caller]
    pub fn texts(&self, list: &str, field: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        self.column(list, field).into_iter().map(text).collect()
    }

    /// The errors of a problem, the place, the code and the id, if any, of each; of refused rows with
    /// the line before them.
    pub fn errors(&self) -> Vec<String> {
        let rows = self.json["rows"].as_array().into_iter().flatten();
        let rows = rows
            .map(|row| (format!("{}: ", row.get("line").unwrap_or(&row["row"])), &row["errors"]));
        let lists = std::iter::once((String::new(), &self.json["errors"])).chain(rows);
        lists
            .flat_map(|(line, errors)| {
                errors.as_array().into_iter().flatten().map(move |error| {
                    let text = |name: &str| error[name].as_str();
                    let place = text("pointer").or(text("parameter")).unwrap_or_default();
                    let id = text("id").map(|id| format!(" {id}")).unwrap_or_default();
                    format!("{line}{place} {}{id}", text("code").unwrap_or_default())
                })
            })
            .collect()
    }
}
