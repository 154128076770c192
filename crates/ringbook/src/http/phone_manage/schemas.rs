//! Bodies that serde does not read or write, only to describe them in `/openapi.json`. The bytes of
//! all replies are in [`Reply`](super::reply::Reply).

#![expect(dead_code, reason = "they only describe bodies")]

use utoipa::ToSchema;

/// What PhoneManageV2 answers, refusals included
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PhoneManageReply {
    /// `success`, `error` or `false`; absent in the answer to `get`
    status: Option<String>,
    /// What was done or what is wrong; absent in the answer to `get`
    message: Option<String>,
    /// `get`: the number
    phone_number: Option<String>,
    /// `get`: the name
    phone_name: Option<String>,
}

/// A request of Generate Token
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct TokenRequest {
    /// The account
    #[schema(example = "demo")]
    user_name: String,
}

/// What Generate Token answers
#[derive(ToSchema)]
pub struct TokenReply {
    /// The token, valid for an hour
    token: Option<String>,
    /// What is wrong
    message: Option<String>,
    /// Absent where there is a token
    status: Option<String>,
}
