//! For any PBX: the name of a caller.

use std::sync::Arc;

use axum::http::StatusCode;
use directory::PhoneNumber;

use super::answer::Answer;
use super::endpoint::Arrived;
use crate::service::Service;

/// `/pbx/lookup`: the name of the phone with a number, or 404 and nothing. Networks add a `+` to numbers
/// and take it away, so the number is looked for with and without.
pub async fn lookup(service: Arc<Service>, arrived: Arrived) -> Result<Answer, Answer> {
    let tenant = service.tenant_of(&arrived.caller).await?;
    let number = arrived.asked().get("number").unwrap_or_default();
    let other = number.strip_prefix('+').map_or_else(|| format!("+{number}"), str::to_owned);
    let numbers = [&*number, &other].into_iter().flat_map(PhoneNumber::parse);
    let (name, revision, age) = service.cached_phone_name(&tenant, numbers);
    let answer = match name {
        Some(name) => Answer::new(StatusCode::OK, name.as_str().to_owned(), "found"),
        None => Answer::new(StatusCode::NOT_FOUND, "", "no such phone"),
    };
    Ok(answer.known(revision, age))
}
