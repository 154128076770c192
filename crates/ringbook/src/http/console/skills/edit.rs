//! Forms of a skill's page that change the skill: its name, its settings, and that it is there.

use axum::extract::Path;
use serde_json::json;

use super::{PATH, Skill, native, number_or_null, path, ring, text_or_null};
use crate::http::console::api::Request;
use crate::http::console::page::Answer;
use crate::http::console::visit::Posted;

/// `POST /console/skills/{skill}/name`
pub async fn rename(Path(skill): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let name = json!({"name": fields.get("name").trim()});
    match visit.api.read::<Skill>(Request::patch(native(&skill, "")).json(&name)).await {
        Ok(now) => Ok(visit.done(&path(&now.id), format!("It is {} now.", now.name)).await),
        Err(problem) if problem.is_of_input() => {
            ring::show(&visit, &skill, "", Some(("name", fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /console/skills/{skill}/delete`
pub async fn delete(Path(skill): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let before: Skill = visit.api.read(Request::get(native(&skill, ""))).await?;
    let request = Request::delete(native(&skill, "")).query("unassign", true);
    match visit.api.send(request).await {
        Ok(_) => {
            let lost = match before.phones {
                0 => "No phone had it.".to_owned(),
                1 => "1 phone lost it.".to_owned(),
                count => format!("{count} phones lost it."),
            };
            Ok(visit.done(PATH, format!("{} was deleted. {lost}", before.name)).await)
        }
        Err(problem) if problem.is_of_input() => {
            ring::show(&visit, &skill, "", Some(("delete", fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /console/skills/{skill}/routing`: how its phones ring. What is empty is not set.
pub async fn set_routing(Path(skill): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let edit = json!({
        "mode": text_or_null(fields.get("mode")),
        "ring_time_s": number_or_null(fields.get("ring_time_s")),
        "overflow": text_or_null(fields.get("overflow")),
        "hours": text_or_null(fields.get("hours")),
    });
    let request = Request::patch(native(&skill, "/routing")).json(&edit);
    match visit.api.send(request.if_match(fields.get("etag"))).await {
        Ok(_) => Ok(visit.done(&path(&skill), "Its phones ring so from now on.").await),
        Err(problem) if problem.is_of_input() => {
            ring::show(&visit, &skill, "", Some(("routing", fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}
