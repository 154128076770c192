//! The settings and tokens of an account.

use crate::account::View;
use crate::change::Change;
use crate::command::ProfileEdit;
use crate::decision::Decision;
use crate::limits::{TOKEN_WINDOW_US, TOKENS_PER_WINDOW};
use crate::refusal::Refusal;
use crate::value::{IssuedToken, Profile};

pub(super) fn edit(view: &View<'_>, edit: &ProfileEdit) -> Decision {
    let before = view.profile().clone();
    let after = Profile {
        user_name: before.user_name.clone(),
        api_key_sha256: edit.api_key_sha256.unwrap_or(before.api_key_sha256),
        api_authentication: edit.api_authentication.unwrap_or(before.api_authentication),
        phone_number_limit: edit.phone_number_limit.unwrap_or(before.phone_number_limit),
    };
    if after == before {
        return Decision::default();
    }
    vec![Change::Profile { before, after }].into()
}

/// At most ten tokens within any hour (contract, "Generate Token"). Times in the future, of a clock
/// that was set back since, do not count.
pub(super) fn issue_token(view: &View<'_>, issued: &IssuedToken) -> Result<Decision, Refusal> {
    let oldest_us = issued.issued_us - TOKEN_WINDOW_US;
    let window = oldest_us + 1..=issued.issued_us;
    let recent: Vec<_> =
        view.tokens().issued_us.iter().filter(|at_us| window.contains(at_us)).copied().collect();
    if recent.len() >= TOKENS_PER_WINDOW {
        // The next token is allowed when the oldest of the last ten leaves the window.
        let leaves_us = recent[recent.len() - TOKENS_PER_WINDOW] - oldest_us;
        return Err(Refusal::TooManyTokens { count: recent.len(), retry_after_us: leaves_us });
    }
    Ok(vec![Change::Token { issued: issued.clone() }].into())
}
