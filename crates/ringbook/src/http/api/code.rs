//! The codes of problems: stable, for programs, each with its status and a sentence for people.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $status:ident, $title:literal;)*) => {
        /// What kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The HTTP status.
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
    /// The body is no JSON, or no object.
    InvalidJson = "invalid_json", BAD_REQUEST, "The body is not valid JSON";
    /// A file of rows cannot be read.
    InvalidFile = "invalid_file", BAD_REQUEST, "The file cannot be read";
    /// Parameters of the query are wrong.
    InvalidQuery = "invalid_query", BAD_REQUEST, "The query has parameters that are wrong";
    /// A header is wrong.
    InvalidHeader = "invalid_header", BAD_REQUEST, "A header is wrong";
    /// The cursor is none of ours.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not one that was given here";
    /// No credentials, or wrong ones.
    Unauthorized = "unauthorized", UNAUTHORIZED, "Credentials are missing or wrong";
    /// The key is right and not good for this.
    WrongScope = "wrong_scope", FORBIDDEN, "The API key's scope does not allow this";
    /// There is no such route.
    NoSuchPath = "no_such_path", NOT_FOUND, "There is nothing at this path";
    /// The account has no such phone.
    NoSuchPhone = "no_such_phone", NOT_FOUND, "There is no such phone";
    /// The account has no such skill.
    NoSuchSkill = "no_such_skill", NOT_FOUND, "There is no such skill";
    /// The history has no such change.
    NoSuchChange = "no_such_change", NOT_FOUND, "There is no such change";
    /// The account has no such key.
    NoSuchKey = "no_such_key", NOT_FOUND, "There is no such API key";
    /// There is no such account.
    NoSuchAccount = "no_such_account", NOT_FOUND, "There is no such account";
    /// The path is right and the method is not.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// None of the types that the client takes is offered.
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, "No acceptable media type is offered";
    /// Another phone has the number.
    NumberTaken = "number_taken", CONFLICT, "Another phone has the number";
    /// Another phone has the name.
    NameTaken = "name_taken", CONFLICT, "Another phone has the name";
    /// The account would have too many phones.
    LimitExceeded = "limit_exceeded", CONFLICT, "The account may have no more phone numbers";
    /// Another skill has the name.
    SkillExists = "skill_exists", CONFLICT, "A skill of that name exists";
    /// Phones have the skill.
    SkillAssigned = "skill_assigned", CONFLICT, "The skill is assigned to phones";
    /// The account would have too many skills.
    TooManySkills = "too_many_skills", CONFLICT, "The account may have no more skills";
    /// The phone has not the skill in whose ring order it shall stand.
    NotAssigned = "not_assigned", CONFLICT, "The phone does not have the skill";
    /// The ring order lacks phones.
    NotWhole = "not_whole", CONFLICT, "The ring order lacks phones of the skill";
    /// All ids were given.
    IdsUsedUp = "ids_used_up", CONFLICT, "The account can have no more of these";
    /// The account would have too many keys.
    TooManyKeys = "too_many_keys", CONFLICT, "The account may have no more API keys";
    /// The account's own key is no key like the others.
    MainKey = "main_key", CONFLICT, "The account's own API key can only be rotated";
    /// Too many tokens within the hour.
    TooManyTokens = "too_many_tokens", TOO_MANY_REQUESTS, "Too many tokens within the hour";
    /// Several refusals at once.
    SeveralFaults = "several_faults", CONFLICT, "Several things are wrong at once";
    /// Something newer stands in the way.
    Blocked = "blocked", CONFLICT, "Something newer stands in the way";
    /// The history keeps too little of it.
    NotRevertible = "not_revertible", CONFLICT, "Changes of this kind cannot be taken back";
    /// Too much at once.
    TooFarBack = "too_far_back", CONFLICT, "Too many changes would have to be gone through";
    /// Another account has the name.
    AccountExists = "account_exists", CONFLICT, "An account of that name exists";
    /// The feed's reader is ahead of it.
    CursorAhead = "cursor_ahead", CONFLICT, "The cursor is ahead of the newest change";
    /// It is no longer kept.
    HistoryPruned = "history_pruned", GONE, "The history is no longer kept so far back";
    /// It was changed meanwhile.
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "It was changed in the meantime";
    /// The body is too large.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is of another type.
    UnsupportedType = "unsupported_type", UNSUPPORTED_MEDIA_TYPE, "The body is of another type";
    /// Fields of the body are wrong.
    InvalidFields = "invalid_fields", UNPROCESSABLE_ENTITY, "Fields of the body are wrong";
    /// Rows of a bulk request are refused.
    RowsRefused = "rows_refused", UNPROCESSABLE_ENTITY, "Rows are refused, and so nothing was done";
    /// The idempotency key was used for another request.
    KeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request";
    /// Too many requests.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    /// The store cannot answer.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable, nothing was changed";
    /// The store failed in the middle of a commit.
    OutcomeUnknown = "outcome_unknown", SERVICE_UNAVAILABLE, "Temporarily unavailable, the outcome is not known";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_snake_case_and_errors() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let name = code.as_str();
            assert!(seen.insert(name), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            let status = code.status();
            assert!(status.is_client_error() || status.is_server_error(), "{name}");
        }
    }
}
