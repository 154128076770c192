//! `/console/requests/{id}`: a call as it was sent and answered, and trying it again.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use serde::Deserialize;

use super::{Call, PATH};
use crate::http::asked_address;
use crate::http::console::api::{Reply, Request};
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::Items;
use crate::http::console::visit::{Posted, Visit};

/// Where calls are sent, and where they are explained.
const ENDPOINT: &str = "/ca_apis/PhoneManageV2";
const EXPLAIN: &str = "/ca_apis/PhoneManageV2/explain";

/// What would come of a call, as the endpoint explains it.
#[derive(Deserialize)]
struct Tried {
    reply: WouldReply,
    #[serde(default)]
    changes: Vec<WouldChange>,
}

#[derive(Deserialize)]
struct WouldReply {
    body: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct WouldChange {
    before: Option<Phone>,
    after: Option<Phone>,
}

#[derive(Deserialize)]
struct Phone {
    #[serde(rename = "phoneNumber")]
    number: String,
    #[serde(rename = "phoneName")]
    name: String,
    skills: Vec<String>,
}

impl Phone {
    fn text(&self) -> String {
        format!("{} {} ({})", self.number, self.name, self.skills.join(", "))
    }
}

#[derive(Template)]
#[template(path = "requests/one.html")]
struct OnePage {
    frame: Frame,
    call: Call,
    curl: String,
    /// The body to send again.
    body: String,
    /// What a dry run of it said.
    tried: Option<Tried>,
}

/// `GET /console/requests/{id}`
pub async fn page(visit: Visit, Path(id): Path<String>, asked: Parts) -> Answer {
    let call = call(&visit, &id).await?;
    let body = call.request.clone();
    Ok(show(&visit, &asked, call, body, None))
}

/// `POST /console/requests/{id}/try`: what would come of the body and then, if it is still the same one,
/// in earnest.
pub async fn try_again(
    Path(id): Path<String>,
    asked: Parts,
    Posted { visit, fields }: Posted,
) -> Answer {
    // Browsers send lines as forms have them.
    let body = fields.get("body").replace("\r\n", "\n");
    if fields.get("tried").replace("\r\n", "\n") == body {
        send(&visit, ENDPOINT, body).await;
        let sent = visit.api.id().to_string();
        // With another userName it is not a request of this account.
        let is_kept = call(&visit, &sent).await.is_ok();
        let path = if is_kept { format!("{PATH}/{sent}") } else { PATH.to_owned() };
        return Ok(visit.done(&path, "It was sent.").await);
    }
    let explained = send(&visit, EXPLAIN, body.clone()).await;
    let reason = Some(explained.header("ringbook-reason").to_owned());
    let text = explained.text().await?;
    let tried = serde_json::from_str(&text).unwrap_or_else(|_| {
        // Too many requests, or the store is away.
        let reply = WouldReply { body: text, reason };
        Tried { reply, changes: Vec::new() }
    });
    Ok(show(&visit, &asked, call(&visit, &id).await?, body, Some(tried)))
}

async fn send(visit: &Visit, path: &str, body: String) -> Reply {
    visit.api.call(Request::post(path).body(body.into(), "application/json")).await
}

async fn call(visit: &Visit, id: &str) -> Result<Call, Problem> {
    let found: Items<Call> =
        visit.api.read(Request::get("/v1/requests").query("request", id)).await?;
    let gone = "This request is not kept any more, or another server has answered it.";
    found.items.into_iter().next().ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, gone))
}

fn show(
    visit: &Visit,
    asked: &Parts,
    call: Call,
    body: String,
    tried: Option<Tried>,
) -> Response<Body> {
    let address = asked_address(&asked.extensions, &asked.headers);
    let quoted = call.request.replace('\'', r"'\''");
    let curl = format!(
        "curl '{address}{ENDPOINT}' \\\n  -H 'Content-Type: application/json' \\\n  \
         -H 'apiKey: YOUR_API_KEY' \\\n  --data-raw '{quoted}'"
    );
    let page = OnePage { frame: visit.frame("requests"), call, curl, body, tried };
    visit.show(StatusCode::OK, &page)
}
