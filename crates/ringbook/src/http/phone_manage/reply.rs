//! Every reply of the API, as an enum: its status, its bytes, and its name in the log.

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

    fn error(self, what: &str) -> String {
        error(&format!("{} {what}", self.as_str()))
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
    MaxLimitExceeded,
    /// The body is too large.
    TooLarge,
    /// The content type is not JSON.
    UnsupportedType,
    /// The body has an encoding, such as gzip.
    UnsupportedEncoding,
    /// There is no such path.
    NoSuchPath,
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
        let Rendered { status, body, .. } = reply.render();
        Self { status, body, reason }
    }
}

/// A reply as it is logged and sent.
pub struct Rendered {
    /// The outcome in the log and in metrics.
    pub outcome: &'static str,
    /// The HTTP code.
    pub status: u16,
    /// The exact bytes.
    pub body: String,
}

impl Reply {
    /// The table of all replies.
    pub fn render(&self) -> Rendered {
        let (outcome, status, body) = match self {
            Self::Done => ("done", 200, message("success", "record inserted successfully")),
            Self::DoneSkillsNot => ("done, skills not", 200, message("success", SKILLS_NOT)),
            // Numbers, names and tokens have no character that JSON would escape.
            Self::Found { number, name } => {
                let body = format!(r#"{{"phoneNumber":"{number}","phoneName":"{name}"}}"#);
                ("found", 200, body)
            }
            Self::Token(token) => {
                ("token made", 200, format!(r#"{{"token":"{token}","message":""}}"#))
            }
            Self::CredentialsNotValid => ("denied", 200, error("userName or apiKey not valid")),
            Self::ActionNotValid => ("action not valid", 200, error("action not valid")),
            Self::Empty(field) => ("empty", 200, field.error("cannot be empty")),
            Self::NotNumeric(field) => ("not numeric", 200, field.error("must be numeric")),
            Self::NumberLength(field) => ("number length", 200, field.error(NUMBER_LENGTH)),
            Self::NameCharacters(field) => ("name characters", 200, field.error(NAME_CHARACTERS)),
            Self::Taken => ("taken", 200, error("phone_name or phone_number already exist")),
            Self::LimitExceeded => ("limit exceeded", 200, error(LIMIT_EXCEEDED)),
            Self::NoSuchRecord => {
                ("no such phone", 200, error("phone_name or phone_number does not exist"))
            }
            Self::InvalidJson => ("invalid body", 400, gateway("Invalid Json Pass Valid Json")),
            Self::TokenMissing => ("denied", 401, gateway("Token Should Not be Null or Empty.")),
            Self::ApiKeyMissing => ("denied", 401, gateway("Api Key Should Not be Null or Empty.")),
            Self::InvalidToken => ("denied", 401, gateway("Invalid Token")),
            Self::TokenExpired => ("denied", 401, gateway("Token Expired")),
            Self::MaxLimitExceeded => ("too many", 429, error("Max limit exceeded")),
            Self::TooLarge => ("too large", 413, error("request body is larger than 65536 bytes")),
            Self::UnsupportedType => {
                ("other type", 415, error("Content-Type must be application/json"))
            }
            Self::UnsupportedEncoding => {
                ("other encoding", 415, error("Content-Encoding is not supported"))
            }
            Self::NoSuchPath => ("no such path", 404, error("no such path")),
            Self::MethodNotAllowed { .. } => ("other method", 405, error("method not allowed")),
            Self::Unavailable => {
                ("unavailable", 503, error("temporarily unavailable, nothing was changed"))
            }
            Self::OutcomeUnknown => {
                ("outcome unknown", 503, error("temporarily unavailable, the outcome is not known"))
            }
            Self::KeyNotValid => ("idempotency key", 400, error("Idempotency-Key is not valid")),
            Self::KeyReused => {
                ("idempotency key", 422, error("Idempotency-Key was used for another request"))
            }
            Self::Recorded { reply, is_replayed } => {
                let outcome = if *is_replayed { "replayed" } else { "kept" };
                (outcome, reply.status, reply.body.clone())
            }
            Self::UserNameIsNull => ("denied", 401, gateway("UserName is null")),
            Self::TokenCredentialsNotValid => {
                ("denied", 401, gateway("Invalid userName or apiKey"))
            }
        };
        Rendered { outcome, status, body }
    }
}

const SKILLS_NOT: &str =
    "record inserted successfully and failed to insert skills please pass the valid skills";

const NUMBER_LENGTH: &str = "should be between 3 to 17 digits long and allows prefix +";

const NAME_CHARACTERS: &str = "should be between 2 to 50 alphanumeric characters long allows prefix + \
     and special characters like .,@,_,- and Name cannot start and end with Special characters.";

const LIMIT_EXCEEDED: &str = " Phone Number Limit Exceeded. Please refer to the 'Phone Number Creation \
     Limit' option under 'Edit Profile' for reference. ";

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
