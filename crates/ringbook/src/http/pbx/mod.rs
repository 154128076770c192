//! What PBXs and desk phones ask: whom to ring for a skill, the name of a caller, and phonebooks.
//! `docs/pbx.md` describes it. How that is written is for `dialects`, and for `phonebook` here. Deleting
//! these folders deletes it.

mod answer;
mod endpoint;
mod pause;
mod phonebook;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use directory::PhoneNumber;
use directory::routing::Outcome;

use crate::dialects::{
    DIAL, Dialect, FREESWITCH, Form, KAMAILIO, List, MEMBERS, NoTemplate, PLAIN, QUEUE, QUEUES,
    Question, REQUIRE, ROWS, Ring, TEXT,
};
use crate::service::{NotRouted, Service, Told};
use answer::Answer;
use endpoint::{ANY, Arrived, endpoint};

static DIALECTS: [(&str, &Dialect); 8] = [
    ("/pbx/kamailio/route", &KAMAILIO),
    ("/pbx/asterisk/dial", &DIAL),
    ("/pbx/asterisk/queue_members/multi", &MEMBERS),
    ("/pbx/asterisk/queue_members/require", &REQUIRE),
    ("/pbx/asterisk/queues/single", &QUEUE),
    ("/pbx/asterisk/queues/multi", &QUEUES),
    ("/pbx/freeswitch", &FREESWITCH),
    ("/pbx/plain", &PLAIN),
];

/// The routes.
pub fn routes() -> Router<Arc<Service>> {
    let router = Router::new()
        .merge(phonebook::routes())
        .route("/pbx/asterisk/queue_members/update", endpoint(&ROWS, "POST", pause::update))
        .route("/pbx/lookup", endpoint(&TEXT, ANY, lookup));
    DIALECTS.iter().enumerate().fold(router, |router, (way, &(path, dialect))| {
        let ring = move |service, arrived| ring(service, (way, dialect), arrived);
        router.route(path, endpoint(&dialect.form, ANY, ring))
    })
}

/// Whether a path is of this front end.
pub fn owns(path: &str) -> bool {
    path == "/pbx" || path.starts_with("/pbx/")
}

/// The answer where nothing is. To Asterisk `-` is nobody, and no number of rows.
pub fn no_such_path(path: &str) -> Response<Body> {
    let failed = if path.starts_with("/pbx/asterisk/") { "-" } else { "" };
    let reason = "path: nothing is here, see docs/pbx.md";
    let refused = Answer::refused(StatusCode::NOT_FOUND, "", reason);
    Answer::response(Err(refused), &Form { failed, ..TEXT }, None)
}

/// Answers whom to ring.
#[allow(clippy::unused_async, reason = "as what other endpoints do")]
async fn ring(
    service: Arc<Service>,
    (way, dialect): (usize, &Dialect),
    arrived: Arrived,
) -> Result<Answer, Answer> {
    let asked = arrived.asked();
    let Question { skill, repeated } = match (dialect.asks)(&asked) {
        Ok(question) => question,
        Err(fixed) => return Ok(Answer::new(StatusCode::OK, fixed, "fixed")),
    };
    let routed = match service.route(&arrived.caller, &skill) {
        Err(NotRouted::UnknownSkill { revision, age }) => {
            let (status, body) = dialect.unknown;
            return Ok(Answer::new(status, body, "unknown skill").known(revision, age));
        }
        routed => routed?,
    };
    let told = routed.tell(way, &repeated, || {
        let ring = Ring::at(&routed.lists, service.now_us());
        let outcome = match ring.decision.outcome {
            Outcome::Ring => "ring",
            Outcome::Nobody(_) => "nobody",
        };
        let List { text, shown, of } = (dialect.encode)(&ring, &repeated)?;
        Ok(Told { text: text.into(), shown: [shown, of], outcome })
    });
    let answered = told.map(|Told { text, shown, outcome }| Answer::listed(text, shown, outcome));
    let known = |answer: Answer| answer.known(routed.revision, routed.age);
    answered.map(known).map_err(|missing: NoTemplate| known(missing.into()))
}

/// `/pbx/lookup`: the name of the phone with a number, or 404 and nothing. Networks add a `+` to numbers
/// and take it away, so the number is looked for with and without.
async fn lookup(service: Arc<Service>, arrived: Arrived) -> Result<Answer, Answer> {
    let tenant = service.tenant_of(&arrived.caller)?;
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
