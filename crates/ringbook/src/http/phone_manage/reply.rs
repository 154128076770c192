//! Every reply of the API, as an enum: its status, its bytes, and its name in the log.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// A field whose value can be at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The number of a new phone, or the existing one.
    PhoneNumber,
    /// The name of a new phone, or the existing one.
    PhoneName,
    /// The number that an edit sets.
    PhoneNumberNew,
    /// The name that an edit sets.
    PhoneNameNew,
}

impl Field {
    /// The field's name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PhoneNumber => "phoneNumber",
            Self::PhoneName => "phoneName",
            Self::PhoneNumberNew => "phoneNumberNew",
            Self::PhoneNameNew => "phoneNameNew",
        }
    }
}

/// A reply: an HTTP status and a body. The tables of the contract have a row for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Created, edited or deleted.
    Done,
    /// Created or edited, but the skills were not saved.
    DoneSkillsNot,
    /// The phone of a get.
    Found {
        /// Its number.
        number: String,
        /// Its name.
        name: String,
    },
    /// A new token.
    Token(String),
    /// There is no such account, or the key is wrong.
    CredentialsNotValid,
    /// There is no such action.
    ActionNotValid,
    /// A field is empty or absent.
    Empty(Field),
    /// A number is not numeric.
    NotNumeric(Field),
    /// A number has too few or too many digits.
    NumberLength(Field),
    /// A name is too short or too long, or has a character that is not allowed.
    NameCharacters(Field),
    /// Another phone has the number or name.
    Taken,
    /// The account may have no more phones.
    LimitExceeded,
    /// There is no such phone.
    NoSuchRecord,
    /// The body is not a JSON object, or a field has the wrong type.
    InvalidJson,
    /// The account requires a token.
    TokenMissing,
    /// The account requires the API key.
    ApiKeyMissing,
    /// The token is not a token of the account.
    InvalidToken,
    /// The token has expired.
    TokenExpired,
    /// Too many requests, or too many tokens within an hour.
    MaxLimitExceeded {
        /// The value of `Retry-After`, in seconds.
        retry_after_s: u64,
    },
    /// The body is too large.
    TooLarge,
    /// The content type is not JSON.
    UnsupportedType,
    /// The method is not allowed.
    MethodNotAllowed {
        /// The value of `Allow`.
        allow: &'static str,
    },
    /// The store does not respond. Nothing was changed.
    Unavailable,
    /// The store failed during a commit: the change may have been saved.
    OutcomeUnknown,
    /// The header `Idempotency-Key` is not valid.
    KeyNotValid,
    /// The `Idempotency-Key` was used for another request.
    KeyReused,
    /// The reply to an action with an `Idempotency-Key`, as its record has it.
    Recorded {
        /// The reply in the idempotency record.
        reply: RecordedReply,
        /// Whether an earlier request has recorded it.
        is_replayed: bool,
    },
    /// Generate Token without a `userName`.
    UserNameIsNull,
    /// Generate Token: there is no such account, the key is wrong, or the account is not set to
    /// tokens.
    TokenCredentialsNotValid,
}

/// A reply as it is stored in an idempotency record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedReply {
    status: u16,
    body: String,
    /// The header `Ringbook-Reason`.
    pub reason: Option<String>,
}

impl RecordedReply {
    /// The reply with its reason.
    pub fn new(reply: &Reply, reason: Option<String>) -> Self {
        Self { status: reply.status().as_u16(), body: reply.body(), reason }
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK)
    }
}

impl Reply {
    /// The value of `outcome` in the log and in metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::DoneSkillsNot => "done, skills not",
            Self::Found { .. } => "found",
            Self::Token(_) => "token made",
            Self::CredentialsNotValid
            | Self::TokenMissing
            | Self::ApiKeyMissing
            | Self::InvalidToken
            | Self::TokenExpired
            | Self::UserNameIsNull
            | Self::TokenCredentialsNotValid => "denied",
            Self::ActionNotValid => "action not valid",
            Self::Empty(_) => "empty",
            Self::NotNumeric(_) => "not numeric",
            Self::NumberLength(_) => "number length",
            Self::NameCharacters(_) => "name characters",
            Self::Taken => "taken",
            Self::LimitExceeded => "limit exceeded",
            Self::NoSuchRecord => "no such phone",
            Self::InvalidJson => "invalid body",
            Self::MaxLimitExceeded { .. } => "too many",
            Self::TooLarge => "too large",
            Self::UnsupportedType => "other type",
            Self::MethodNotAllowed { .. } => "other method",
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome unknown",
            Self::KeyNotValid | Self::KeyReused => "idempotency key",
            Self::Recorded { is_replayed: false, .. } => "kept",
            Self::Recorded { is_replayed: true, .. } => "replayed",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidJson | Self::KeyNotValid => StatusCode::BAD_REQUEST,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Recorded { reply, .. } => reply.status(),
            Self::MaxLimitExceeded { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable | Self::OutcomeUnknown => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        }
    }

    /// The exact bytes. The texts are CloudAgent's: an edit and a delete are "inserted" as well.
    pub fn body(&self) -> String {
        match self {
            Self::Done => message("success", "record inserted successfully"),
            Self::DoneSkillsNot => message(
                "success",
                "record inserted successfully and failed to insert skills please pass the valid skills",
            ),
            // Numbers, names and tokens have no character that JSON would escape.
            Self::Found { number, name } => {
                format!(r#"{{"phoneNumber":"{number}","phoneName":"{name}"}}"#)
            }
            Self::Token(token) => format!(r#"{{"token":"{token}","message":""}}"#),
            Self::CredentialsNotValid => error("userName or apiKey not valid"),
            Self::ActionNotValid => error("action not valid"),
            Self::Empty(field) => error(&format!("{} cannot be empty", field.as_str())),
            Self::NotNumeric(field) => error(&format!("{} must be numeric", field.as_str())),
            Self::NumberLength(field) => error(&format!(
                "{} should be between 3 to 17 digits long and allows prefix +",
                field.as_str()
            )),
            Self::NameCharacters(field) => error(&format!(
                "{} should be between 2 to 50 alphanumeric characters long allows prefix + and \
                 special characters like .,@,_,- and Name cannot start and end with Special \
                 characters.",
                field.as_str()
            )),
            Self::Taken => error("phone_name or phone_number already exist"),
            Self::LimitExceeded => error(
                " Phone Number Limit Exceeded. Please refer to the 'Phone Number Creation Limit' \
                 option under 'Edit Profile' for reference. ",
            ),
            Self::NoSuchRecord => error("phone_name or phone_number does not exist"),
            Self::InvalidJson => gateway("Invalid Json Pass Valid Json"),
            Self::TokenMissing => gateway("Token Should Not be Null or Empty."),
            Self::ApiKeyMissing => gateway("Api Key Should Not be Null or Empty."),
            Self::InvalidToken => gateway("Invalid Token"),
            Self::TokenExpired => gateway("Token Expired"),
            Self::MaxLimitExceeded { .. } => error("Max limit exceeded"),
            Self::TooLarge => error("request body is larger than 65536 bytes"),
            Self::UnsupportedType => error("Content-Type must be application/json"),
            Self::MethodNotAllowed { .. } => error("method not allowed"),
            Self::Unavailable => error("temporarily unavailable, nothing was changed"),
            Self::OutcomeUnknown => error("temporarily unavailable, the outcome is not known"),
            Self::KeyNotValid => error("Idempotency-Key is not valid"),
            Self::KeyReused => error("Idempotency-Key was used for another request"),
            Self::Recorded { reply, .. } => reply.body.clone(),
            Self::UserNameIsNull => gateway("UserName is null"),
            Self::TokenCredentialsNotValid => gateway("Invalid userName or apiKey"),
        }
    }
}

fn error(text: &str) -> String {
    message("error", text)
}

fn message(status: &str, text: &str) -> String {
    format!(r#"{{"status":"{status}","message":"{text}"}}"#)
}

/// The format with `data` (contract, "Refused by the gateway").
fn gateway(text: &str) -> String {
    format!(r#"{{"status":"false","message":"{text}","data":null}}"#)
}
