//! For any other PBX: the numbers that ring, one a line, and the name of a caller.

use std::sync::Arc;

use axum::extract::{Request, State};
use directory::PhoneNumber;

use super::prelude::*;
use crate::service::Service;

/// Whatever is answered.
const FORM: Form = Form { content_type: "text/plain", failed: "" };

/// `/pbx/plain`.
pub static PLAIN: Dialect = Dialect {
    form: FORM,
    unknown: (StatusCode::NOT_FOUND, ""),
    asks: |asked| Asks::Skill(asked.get("skill").unwrap_or_default()),
    encode: |ring, _| Ok(encode(ring)),
};

fn encode(ring: &Ring<'_>) -> List {
    let mut list = List::new("", ring.count(), Limits::NONE, 20);
    list.fill("", &ring.decision.phones, |text, phone| {
        text.push_str(phone.number.text().as_str());
        text.push('\n');
    });
    list
}

/// `/pbx/lookup`: the name of the phone with a number, or 404 and nothing. Networks add a `+` to numbers
/// and take it away, so the number is looked for with and without.
pub async fn lookup(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let (caller, asked) = match ask(&service, &FORM, ANY, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let tenant = match service.tenant_of(&caller) {
        Ok(tenant) => tenant,
        Err(why) => return Answer::cannot_know(&FORM, &why),
    };
    let number = asked.get("number").unwrap_or_default();
    let other = number.strip_prefix('+').map_or_else(|| format!("+{number}"), str::to_owned);
    let numbers = [&*number, &other].into_iter().flat_map(PhoneNumber::parse);
    let (name, revision, age) = service.cached_phone_name(&tenant, numbers);
    let answer = match name {
        Some(name) => Answer::new(&FORM, StatusCode::OK, name.as_str().to_owned(), "found"),
        None => Answer::new(&FORM, StatusCode::NOT_FOUND, "", "no such phone"),
    };
    answer.known(revision, age).of(tenant.id())
}
