//! A client of PhoneManageV2.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::client::{Client, Reply};

pub const PATH: &str = "/ca_apis/PhoneManageV2";
pub const TOKEN_PATH: &str = "/ca_apis/CAToken/generateToken";

pub const DONE: &str = r#"{"status":"success","message":"record inserted successfully"}"#;
pub const TAKEN: &str =
    r#"{"status":"error","message":"phone_name or phone_number already exist"}"#;
pub const NOT_VALID: &str = r#"{"status":"error","message":"userName or apiKey not valid"}"#;
pub const LIMIT_EXCEEDED: &str = r#"{"status":"error","message":" Phone Number Limit Exceeded. Please refer to the 'Phone Number Creation Limit' option under 'Edit Profile' for reference. "}"#;
pub const UNAVAILABLE: &str =
    r#"{"status":"error","message":"temporarily unavailable, nothing was changed"}"#;

/// Calls for one account over one connection.
pub struct Caller {
    client: Client,
    pub user_name: String,
    api_key: String,
}

/// An edit of a phone, of all that it has.
pub struct Edit<'a> {
    /// The number and the name until now.
    pub from: (&'a str, &'a str),
    /// The number and the name from now on.
    pub to: (&'a str, &'a str),
    pub unassign: &'a str,
    pub assign: &'a str,
}

impl Caller {
    pub fn connect(address: SocketAddr, user_name: &str, api_key: &str) -> io::Result<Self> {
        Ok(Self::over(Client::connect(address)?, user_name, api_key))
    }

    /// Calls over a connection that is there.
    pub fn over(client: Client, user_name: &str, api_key: &str) -> Self {
        Self { client, user_name: user_name.to_owned(), api_key: api_key.to_owned() }
    }

    /// Sends the fields of an action.
    pub fn call(&mut self, action: &str, fields: &Value) -> io::Result<Reply> {
        self.call_with(&[], action, fields)
    }

    /// The same with an `Idempotency-Key`.
    pub fn call_once(&mut self, key: &str, action: &str, fields: &Value) -> io::Result<Reply> {
        self.call_with(&[("Idempotency-Key", key)], action, fields)
    }

    fn call_with(
        &mut self,
        headers: &[(&str, &str)],
        action: &str,
        fields: &Value,
    ) -> io::Result<Reply> {
        let mut body = json!({"userName": self.user_name, "action": action});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let mut all = vec![("apiKey", self.api_key.as_str()), ("Content-Type", "application/json")];
        all.extend(headers);
        self.client.request("POST", PATH, &all, &body.to_string())
    }

    pub fn create(&mut self, number: &str, name: &str, skill: &str) -> io::Result<Reply> {
        let mut fields = json!({"phoneNumber": number, "phoneName": name});
        if !skill.is_empty() {
            fields["skill"] = skill.into();
        }
        self.call("create", &fields)
    }

    pub fn edit(&mut self, edit: &Edit<'_>) -> io::Result<Reply> {
        let mut fields = json!({
            "phoneNumber": edit.from.0,
            "phoneName": edit.from.1,
            "phoneNumberNew": edit.to.0,
            "phoneNameNew": edit.to.1,
        });
        for (field, skills) in [("unAssignSkill", edit.unassign), ("assignSkill", edit.assign)] {
            if !skills.is_empty() {
                fields[field] = skills.into();
            }
        }
        self.call("edit", &fields)
    }

    /// Changes the number alone.
    pub fn renumber(&mut self, name: &str, from: &str, to: &str) -> io::Result<Reply> {
        self.edit(&Edit { from: (from, name), to: (to, name), unassign: "", assign: "" })
    }

    /// Changes the skills alone.
    pub fn reassign(
        &mut self,
        phone: (&str, &str),
        unassign: &str,
        assign: &str,
    ) -> io::Result<Reply> {
        self.edit(&Edit { from: phone, to: phone, unassign, assign })
    }

    pub fn delete(&mut self, number: &str, name: &str) -> io::Result<Reply> {
        self.call("delete", &json!({"phoneNumber": number, "phoneName": name}))
    }

    /// The name of a number, or nothing where there is no such phone.
    pub fn name_of(&mut self, number: &str) -> Option<String> {
        let reply = self.call("get", &json!({"phoneNumber": number})).unwrap();
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        let name = body["phoneName"].as_str().map(str::to_owned);
        if name.is_none() {
            assert_eq!(body["message"], "phone_name or phone_number does not exist");
        }
        name
    }

    /// Asks for a token.
    pub fn token(&mut self) -> io::Result<Reply> {
        let body = json!({"userName": self.user_name}).to_string();
        let headers = [("apiKey", self.api_key.as_str())];
        self.client.request("POST", TOKEN_PATH, &headers, &body)
    }

    /// Gets a phone with a token in place of the key.
    pub fn get_with_token(&mut self, token: &str, number: &str) -> io::Result<Reply> {
        let body = json!({"userName": self.user_name, "action": "get", "phoneNumber": number});
        let bearer = format!("Bearer {token}");
        self.client.request("POST", PATH, &[("Authorization", &bearer)], &body.to_string())
    }
}
