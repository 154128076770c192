//! Every reply that the program knows.

use ringbook::http::phone_manage::reply::{Field, Reply};

/// One of each, and of those about a field one for each field that it can be about.
pub fn all() -> Vec<Reply> {
    std::iter::successors(Some(Reply::Done), after).collect()
}

/// The reply that comes after another in the list. A new variant does not compile until it has a
/// place in this chain.
fn after(reply: &Reply) -> Option<Reply> {
    use Field::{PhoneName, PhoneNameNew, PhoneNumber, PhoneNumberNew};
    Some(match reply {
        Reply::Done => Reply::DoneSkillsNot,
        Reply::DoneSkillsNot => {
            Reply::Found { number: "919876543210".to_owned(), name: "Ravi".to_owned() }
        }
        Reply::Found { .. } => Reply::Token("<token>".to_owned()),
        Reply::Token(_) => Reply::CredentialsNotValid,
        Reply::CredentialsNotValid => Reply::ActionNotValid,
        Reply::ActionNotValid => Reply::Empty(PhoneNumber),
        Reply::Empty(PhoneNumber) => Reply::Empty(PhoneName),
        Reply::Empty(PhoneName) => Reply::Empty(PhoneNumberNew),
        Reply::Empty(PhoneNumberNew) => Reply::Empty(PhoneNameNew),
        Reply::Empty(PhoneNameNew) => Reply::NotNumeric(PhoneNumber),
        Reply::NotNumeric(PhoneNumber) => Reply::NotNumeric(PhoneNumberNew),
        Reply::NotNumeric(_) => Reply::NumberLength(PhoneNumber),
        Reply::NumberLength(PhoneNumber) => Reply::NumberLength(PhoneNumberNew),
        Reply::NumberLength(_) => Reply::NameCharacters(PhoneName),
        Reply::NameCharacters(PhoneName) => Reply::NameCharacters(PhoneNameNew),
        Reply::NameCharacters(_) => Reply::Taken,
        Reply::Taken => Reply::LimitExceeded,
        Reply::LimitExceeded => Reply::NoSuchRecord,
        Reply::NoSuchRecord => Reply::InvalidJson,
        Reply::InvalidJson => Reply::TokenMissing,
        Reply::TokenMissing => Reply::ApiKeyMissing,
        Reply::ApiKeyMissing => Reply::InvalidToken,
        Reply::InvalidToken => Reply::TokenExpired,
        Reply::TokenExpired => Reply::MaxLimitExceeded,
        Reply::MaxLimitExceeded => Reply::TooLarge,
        Reply::TooLarge => Reply::UnsupportedType,
        Reply::UnsupportedType => Reply::UnsupportedEncoding,
        Reply::UnsupportedEncoding => Reply::NoSuchPath,
        Reply::NoSuchPath => Reply::MethodNotAllowed { allow: "POST" },
        Reply::MethodNotAllowed { .. } => Reply::Unavailable,
        Reply::Unavailable => Reply::OutcomeUnknown,
        Reply::OutcomeUnknown => Reply::KeyNotValid,
        Reply::KeyNotValid => Reply::KeyReused,
        Reply::KeyReused => Reply::UserNameIsNull,
        Reply::UserNameIsNull => Reply::TokenCredentialsNotValid,
        // A recorded reply is one of the above.
        Reply::TokenCredentialsNotValid | Reply::Recorded { .. } => return None,
    })
}
