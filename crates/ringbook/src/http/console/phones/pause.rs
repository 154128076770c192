//! Pauses of a phone: for all its skills, or for one of them.

use axum::extract::Path;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::form::Form;
use super::one::show;
use super::{native, path};
use crate::http::console::api::{Api, Request};
use crate::http::console::page::{Answer, Problem};
use crate::http::console::visit::Posted;
use crate::time;

/// A pause that is set.
#[derive(Deserialize)]
pub struct Pause {
    pub reason: String,
    until: Option<String>,
    /// The skill that it is for; empty if it is for all.
    #[serde(default)]
    pub skill: String,
}

impl Pause {
    /// When it ends, such as ` until 2026-01-02 03:04:00 UTC`.
    pub fn end(&self) -> String {
        let until = self.until.as_deref().map(time::for_people);
        until.map(|until| format!(" until {until}")).unwrap_or_default()
    }
}

/// The pauses that a phone has.
pub async fn pauses(api: &Api, id: &str) -> Result<Vec<Pause>, Problem> {
    let routing: Value = api.read(Request::get(native(id, "/routing"))).await?;
    let none = Map::new();
    let in_skills = routing["skills"].as_object().unwrap_or(&none);
    let of_skills = in_skills.iter().map(|(name, set)| (name.as_str(), &set["pause"]));
    let pause = |(skill, pause): (&str, &Value)| {
        let pause: Pause = serde_json::from_value(pause.clone()).ok()?;
        Some(Pause { skill: skill.to_owned(), ..pause })
    };
    Ok([("", &routing["pause"])].into_iter().chain(of_skills).filter_map(pause).collect())
}

/// `POST /console/phones/{id}/pause`: for `skill`, or for all its skills; until a time in UTC, or until
/// it is resumed.
pub async fn pause(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let given = |text: String| if text.is_empty() { Value::Null } else { text.into() };
    let pause = json!({
        "reason": fields.get("reason").trim(),
        "until": given(time::of_field(fields.get("until"))),
        "skill": given(fields.get("skill").to_owned()),
    });
    match visit.api.send(Request::put(native(&id, "/pause")).json(&pause)).await {
        Ok(_) => Ok(visit.done(&path(&id), "It is paused, and keeps its places.").await),
        Err(problem) if problem.is_of_input() => {
            let form = Form::edit(&visit.api, &id, "").await?;
            show(&visit, &id, Some(form), Some((fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /console/phones/{id}/resume`
pub async fn resume(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let request = Request::delete(native(&id, "/pause")).given("skill", fields.get("skill"));
    visit.api.send(request).await?;
    Ok(visit.done(&path(&id), "It is not paused any more.").await)
}
