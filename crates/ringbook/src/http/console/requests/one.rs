//! `/console/requests/{id}`: a call as it was sent and answered, and trying it again.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use serde_json::Value;

use super::{Call, PATH};
use crate::http::asked_address;
use crate::http::console::api::{Reply, Request};
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::Items;
use crate::http::console::visit::{Posted, Visit};

/// Where calls are sent, and where they are explained.
const ENDPOINT: &str = "/ca_apis/PhoneManageV2";
const EXPLAIN: &str = "/ca_apis/PhoneManageV2/explain";

/// What would come of a call: the answer, its reason, and what would change.
struct Tried {
    reply: String,
    reason: String,
    changes: Vec<String>,
}

impl Tried {
    /// Reads what the endpoint explains, or what it answers instead: too many requests, perhaps.
    fn read(text: String) -> Self {
        let explained: Value = serde_json::from_str(&text).unwrap_or_default();
        let would = &explained["reply"];
        let changes = explained["changes"].as_array().into_iter().flatten();
        let change = |it: &Value| format!("{} → {}", phone(&it["before"]), phone(&it["after"]));
        Self {
            changes: changes.map(change).collect(),
            reason: would["reason"].as_str().unwrap_or_default().to_owned(),
            reply: would["body"].as_str().map_or(text, str::to_owned),
        }
    }
}

/// A phone of a change, in words.
fn phone(phone: &Value) -> String {
    let Some(skills) = phone["skills"].as_array() else { return "no phone".to_owned() };
    let [number, name] = ["phoneNumber", "phoneName"].map(|field| phone[field].as_str());
    let words = [number, name].into_iter().chain(skills.iter().map(Value::as_str));
    words.flatten().collect::<Vec<_>>().join(" ")
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
    let text = send(&visit, EXPLAIN, body.clone()).await.text().await?;
    Ok(show(&visit, &asked, call(&visit, &id).await?, body, Some(Tried::read(text))))
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
