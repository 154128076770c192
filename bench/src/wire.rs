//! What goes over the wire to every server of the benchmark: the path, the body, the reply.

use std::borrow::Cow;

use serde::Deserialize;

/// The path of the API under test.
pub const PATH: &str = "/ca_apis/PhoneManageV2";

/// The path of the phones of an account in the native API.
pub const PHONES_PATH: &str = "/v1/phones";

/// The reply to every successful change, byte for byte.
pub const SUCCESS: &str = r#"{"status":"success","message":"record inserted successfully"}"#;

/// The fields of a request; text without escapes is borrowed from the body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request<'a> {
    /// Whose phones.
    #[serde(borrow)]
    pub user_name: Cow<'a, str>,
    /// What to do.
    #[serde(borrow)]
    pub action: Cow<'a, str>,
    /// The number of the phone.
    #[serde(borrow)]
    pub phone_number: Cow<'a, str>,
    /// Its name.
    #[serde(borrow)]
    pub phone_name: Cow<'a, str>,
    /// The number that it gets.
    #[serde(borrow)]
    pub phone_number_new: Cow<'a, str>,
    /// The name that it gets.
    #[serde(borrow)]
    pub phone_name_new: Cow<'a, str>,
    /// Skills that it gets, with commas between them.
    #[serde(borrow)]
    pub assign_skill: Cow<'a, str>,
    /// Skills that it loses.
    #[serde(borrow)]
    pub un_assign_skill: Cow<'a, str>,
}

impl Request<'_> {
    /// All of them.
    pub fn fields(&self) -> [&str; 8] {
        [
            &self.user_name,
            &self.action,
            &self.phone_number,
            &self.phone_name,
            &self.phone_number_new,
            &self.phone_name_new,
            &self.assign_skill,
            &self.un_assign_skill,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_an_edit_is_read_and_borrowed() {
        let body = br#"{"userName":"acme","action":"edit","unAssignSkill":"Sales","x":1}"#;
        let request: Request = serde_json::from_slice(body).unwrap();
        assert_eq!(request.fields(), ["acme", "edit", "", "", "", "", "", "Sales"]);
        assert!(matches!(request.user_name, Cow::Borrowed(_)));
    }
}
