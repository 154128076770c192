//! The codes of problems: stable, for programs, each with its status and a sentence for people.

use axum::http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $name:literal, $status:ident, $title:literal;)*) => {
        /// What kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What kind of problem, in words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    InvalidJson = "invalid_json", BAD_REQUEST, "The body is not valid JSON";
    InvalidFile = "invalid_file", BAD_REQUEST, "The file cannot be read";
    DigestMismatch = "digest_mismatch", BAD_REQUEST, "The body is not the one of its Content-Digest";
    InvalidQuery = "invalid_query", UNPROCESSABLE_ENTITY, "The query has parameters that are wrong";
    InvalidHeader = "invalid_header", BAD_REQUEST, "A header is wrong";
    InvalidCursor = "invalid_cursor", UNPROCESSABLE_ENTITY, "The cursor is not one of this list";
    Unauthorized = "unauthorized", UNAUTHORIZED, "Credentials are missing or wrong";
    WrongScope = "wrong_scope", FORBIDDEN, "The API key's scope does not allow this";
    CrossOrigin = "cross_origin", FORBIDDEN, "A page of another origin sent the request";
    NoSuchPath = "no_such_path", NOT_FOUND, "There is nothing at this path";
    NoSuchPhone = "no_such_phone", NOT_FOUND, "There is no such phone";
    NoSuchSkill = "no_such_skill", NOT_FOUND, "There is no such skill";
    NoSuchChange = "no_such_change", NOT_FOUND, "There is no such change";
    NoSuchImport = "no_such_import", NOT_FOUND, "There is no such import";
    NoSuchKey = "no_such_key", NOT_FOUND, "There is no such API key";
    NoSuchAccount = "no_such_account", NOT_FOUND, "There is no such account";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    TooSlow = "too_slow", REQUEST_TIMEOUT, "The body came too slowly";
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, "No acceptable media type is offered";
    NumberTaken = "number_taken", CONFLICT, "Another phone has the number";
    NameTaken = "name_taken", CONFLICT, "Another phone has the name";
    IdOfOther = "id_of_other", CONFLICT, "The id is that of another phone";
    LimitExceeded = "limit_exceeded", CONFLICT, "The account may have no more phone numbers";
    SkillExists = "skill_exists", CONFLICT, "A skill of that name exists";
    SkillAssigned = "skill_assigned", CONFLICT, "The skill is assigned to phones";
    TooManySkills = "too_many_skills", CONFLICT, "The account may have no more skills";
    NotAssigned = "not_assigned", CONFLICT, "The phone does not have the skill";
    NotWhole = "not_whole", CONFLICT, "The ring order lacks phones of the skill";
    IdsUsedUp = "ids_used_up", CONFLICT, "The account can have no more of these";
    TooManyKeys = "too_many_keys", CONFLICT, "The account may have no more API keys";
    MainKey = "main_key", CONFLICT, "The account's own API key can only be rotated";
    TooManyTokens = "too_many_tokens", TOO_MANY_REQUESTS, "Too many tokens within the hour";
    Blocked = "blocked", CONFLICT, "Something newer stands in the way";
    NotRevertible = "not_revertible", CONFLICT, "Changes of this kind cannot be taken back";
    TooFarBack = "too_far_back", CONFLICT, "Too many changes would have to be gone through";
    AccountExists = "account_exists", CONFLICT, "An account of that name exists";
    CursorAhead = "cursor_ahead", CONFLICT, "The cursor is ahead of the newest change";
    HistoryPruned = "history_pruned", GONE, "The history is no longer kept so far back";
    AnswerErased = "answer_erased", GONE, "The request was carried out, and its answer erased";
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "It was changed in the meantime";
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    UnsupportedType = "unsupported_type", UNSUPPORTED_MEDIA_TYPE, "The body is of another type";
    InvalidFields = "invalid_fields", UNPROCESSABLE_ENTITY, "Fields of the body are wrong";
    RowsRefused = "rows_refused", UNPROCESSABLE_ENTITY, "Rows are refused, and so nothing was done";
    KeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request";
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable, nothing was changed";
    OutcomeUnknown = "outcome_unknown", SERVICE_UNAVAILABLE, "Temporarily unavailable, the outcome is not known";
}
