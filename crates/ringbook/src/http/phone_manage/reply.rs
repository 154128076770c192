//! Every reply of the API: its status, its bytes, its name in the log, and the check that it fails.

use std::borrow::Cow;

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
    /// The field's name in a request, and the check of its value.
    fn name_and_check(self) -> (&'static str, u8) {
        match self {
            Self::PhoneNumber => ("phoneNumber", 4),
            Self::PhoneName => ("phoneName", 5),
            Self::PhoneNumberNew => ("phoneNumberNew", 6),
            Self::PhoneNameNew => ("phoneNameNew", 7),
        }
    }

    /// The field's name in a request.
    pub fn as_str(self) -> &'static str {
        self.name_and_check().0
    }
}

/// A reply: an HTTP status and a body. The tables of the contract have a row for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The check that fails with it (contract, "Order of checks"), if one does.
    pub check: Option<u8>,
    /// The outcome in the log and in metrics.
    pub outcome: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The exact bytes.
    pub body: Cow<'static, str>,
}

macro_rules! body {
    (success $text:literal) => {
        concat!(r#"{"status":"success","message":""#, $text, r#""}"#)
    };
    (error $text:literal) => {
        concat!(r#"{"status":"error","message":""#, $text, r#""}"#)
    };
    // The format with `data` (contract, "Refused by the gateway").
    (gateway $text:literal) => {
        concat!(r#"{"status":"false","message":""#, $text, r#"","data":null}"#)
    };
}

macro_rules! replies {
    ($($(#[$about:meta])* $name:ident = $check:expr, $outcome:literal, $status:literal, $format:ident $text:literal;)+) => {
        impl Reply {
            $(
                $(#[$about])*
                #[doc = concat!("`", $text, "`")]
                pub const $name: Self = Self {
                    check: $check,
                    outcome: $outcome,
                    status: $status,
                    body: Cow::Borrowed(body!($format $text)),
                };
            )+

            /// All replies that are always the same.
            pub const FIXED: &[Self] = &[$(Self::$name),+];
        }
    };
}

replies! {
    DONE = None, "done", 200, success "record inserted successfully";
    DONE_SKILLS_NOT = Some(11), "done, skills not", 200, success
        "record inserted successfully and failed to insert skills please pass the valid skills";
    CREDENTIALS_NOT_VALID = Some(2), "denied", 200, error "userName or apiKey not valid";
    ACTION_NOT_VALID = Some(3), "action not valid", 200, error "action not valid";
    TAKEN = Some(9), "taken", 200, error "phone_name or phone_number already exist";
    LIMIT_EXCEEDED = Some(10), "limit exceeded", 200, error
        " Phone Number Limit Exceeded. Please refer to the 'Phone Number Creation Limit' option under \
         'Edit Profile' for reference. ";
    NO_SUCH_RECORD = Some(8), "no such phone", 200, error "phone_name or phone_number does not exist";
    /// The body is not a JSON object, or a field has the wrong type:
    INVALID_JSON = Some(1), "invalid body", 400, gateway "Invalid Json Pass Valid Json";
    TOKEN_MISSING = Some(2), "denied", 401, gateway "Token Should Not be Null or Empty.";
    API_KEY_MISSING = Some(2), "denied", 401, gateway "Api Key Should Not be Null or Empty.";
    INVALID_TOKEN = Some(2), "denied", 401, gateway "Invalid Token";
    TOKEN_EXPIRED = Some(2), "denied", 401, gateway "Token Expired";
    /// Too many requests, or too many tokens within an hour:
    MAX_LIMIT_EXCEEDED = Some(2), "too many", 429, error "Max limit exceeded";
    TOO_LARGE = Some(1), "too large", 413, error "request body is larger than 65536 bytes";
    UNSUPPORTED_TYPE = Some(1), "other type", 415, error "Content-Type must be application/json";
    UNSUPPORTED_ENCODING = Some(1), "other encoding", 415, error "Content-Encoding is not supported";
    NO_SUCH_PATH = None, "no such path", 404, error "no such path";
    METHOD_NOT_ALLOWED = Some(3), "other method", 405, error "method not allowed";
    UNAVAILABLE = None, "unavailable", 503, error "temporarily unavailable, nothing was changed";
    OUTCOME_UNKNOWN = None, "outcome unknown", 503, error
        "temporarily unavailable, the outcome is not known";
    KEY_NOT_VALID = Some(3), "idempotency key", 400, error "Idempotency-Key is not valid";
    KEY_REUSED = Some(8), "idempotency key", 422, error "Idempotency-Key was used for another request";
    USER_NAME_IS_NULL = None, "denied", 401, gateway "UserName is null";
    /// There is no such account, the key is wrong, or the account is not set to tokens:
    TOKEN_CREDENTIALS_NOT_VALID = None, "denied", 401, gateway "Invalid userName or apiKey";
}

impl Reply {
    /// A field is empty or absent.
    pub fn empty(field: Field) -> Self {
        Self::of_field(field, "empty", "cannot be empty")
    }

    /// A number is not numeric.
    pub fn not_numeric(field: Field) -> Self {
        Self::of_field(field, "not numeric", "must be numeric")
    }

    /// A number has too few or too many digits.
    pub fn number_length(field: Field) -> Self {
        let what = "should be between 3 to 17 digits long and allows prefix +";
        Self::of_field(field, "number length", what)
    }

    /// A name is too short or too long, or has a character that is not allowed.
    pub fn name_characters(field: Field) -> Self {
        let what = "should be between 2 to 50 alphanumeric characters long allows prefix + and \
                    special characters like .,@,_,- and Name cannot start and end with Special \
                    characters.";
        Self::of_field(field, "name characters", what)
    }

    fn of_field(field: Field, outcome: &'static str, what: &str) -> Self {
        let (name, check) = field.name_and_check();
        let body = format!(r#"{{"status":"error","message":"{name} {what}"}}"#);
        Self { check: Some(check), ..Self::passed(outcome, body) }
    }

    /// The phone of a get. Numbers, names and tokens have no character that JSON would escape.
    pub fn found(number: &str, name: &str) -> Self {
        Self::passed("found", format!(r#"{{"phoneNumber":"{number}","phoneName":"{name}"}}"#))
    }

    /// A new token.
    pub fn token(token: &str) -> Self {
        Self::passed("token made", format!(r#"{{"token":"{token}","message":""}}"#))
    }

    fn passed(outcome: &'static str, body: String) -> Self {
        Self { check: None, outcome, status: 200, body: body.into() }
    }
}
