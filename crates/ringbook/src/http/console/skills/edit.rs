//! The forms of a skill's page: who rings, how, its name, and that it is there.

use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{PATH, Skill, native, number_or_null, path, ring, text_or_null};
use crate::http::console::api::{Api, Request};
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Problem};
use crate::http::console::phones::{self, Items, Phone};
use crate::http::console::visit::Posted;

/// Of what is another one by now than the page had.
const CHANGED: &str = "Nothing was changed: somebody else has changed this skill in the meantime. \
                       Look at it again, and repeat what you want.";

/// `POST /console/skills/{skill}`: what its `form` is for, or without one a phone's place in the order.
pub async fn edit(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let skill: Skill = visit.api.read(Request::get(native(&id, ""))).await?;
    let (request, told) = match fields.get("form") {
        "name" => rename(&skill, fields.get("name").trim()),
        "routing" => set_routing(&skill, &fields),
        "delete" => delete(&skill),
        "add" => add(&visit.api, &skill, fields.get("phone").trim()).await?,
        _ => place(&skill, &fields),
    };
    let from = fields.get("from").to_owned();
    match visit.api.send(request).await {
        Ok(_) if fields.get("form") == "delete" => Ok(visit.done(PATH, told).await),
        Ok(_) => {
            let back = Fields::default().link(&path(&skill.id), &[("from", &from)]);
            Ok(visit.done(&back, told).await)
        }
        Err(mut problem) if problem.is_of_input() => {
            if problem.status() == StatusCode::PRECONDITION_FAILED {
                CHANGED.clone_into(&mut problem.detail);
            }
            ring::show(&visit, &skill.id, &from, Some((fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}

/// What is asked of the API, and what the page says once it is done.
type Asked = (Request, String);

fn rename(skill: &Skill, name: &str) -> Asked {
    let request = Request::patch(native(&skill.id, "")).json(&json!({"name": name}));
    (request, format!("{} is called {name} now.", skill.name))
}

/// How its phones ring. What is empty is not set.
fn set_routing(skill: &Skill, fields: &Fields) -> Asked {
    let edit = json!({
        "mode": text_or_null(fields.get("mode")),
        "ring_time_s": number_or_null(fields.get("ring_time_s")),
        "overflow": text_or_null(fields.get("overflow")),
        "hours": text_or_null(fields.get("hours")),
    });
    let request = Request::patch(native(&skill.id, "/routing")).if_match(fields.get("etag"));
    (request.json(&edit), format!("{} was saved. Its next call rings so.", skill.name))
}

fn delete(skill: &Skill) -> Asked {
    let request = Request::delete(native(&skill.id, "")).query("unassign", true);
    (request, format!("{} was deleted.", skill.name))
}

/// The phone with this name, or else this number, rings last.
async fn add(api: &Api, skill: &Skill, typed: &str) -> Result<Asked, Problem> {
    let named = Request::get("/v1/phones").query("name", typed).query("limit", 1);
    // What is no name may still be a number.
    let found = match api.read::<Items<Phone>>(named).await {
        Err(problem) if !problem.is_of_input() => return Err(problem),
        found => found.ok().and_then(|page| page.items.into_iter().next()),
    };
    let phone = found.map_or_else(|| typed.to_owned(), |phone| phone.id);
    let request = edit_phone(&phone, &json!({"assign": [skill.name]}));
    Ok((request, format!("{typed} rings for {}.", skill.name)))
}

/// A phone's `place`, as a button has it, or else its `position`, as it was typed. It may be out.
fn place(skill: &Skill, fields: &Fields) -> Asked {
    let (phone, name) = (fields.get("phone"), fields.get("name"));
    let (place, typed) = (fields.get("place"), fields.get("position"));
    if place == "out" {
        let request = edit_phone(phone, &json!({"unassign": [skill.name]}));
        return (request, format!("{name} does not ring for {} any more.", skill.name));
    }
    // "Enter" in the field presses the first button.
    let place = number_or_null(if typed.is_empty() { place } else { typed });
    let request = Request::post(native(&skill.id, "/ring-order/move")).if_match(fields.get("etag"));
    let told = format!("{name} is at position {place} now.");
    (request.json(&json!({"phone": phone, "place": place})), told)
}

fn edit_phone(phone: &str, edit: &Value) -> Request {
    Request::patch(phones::native(phone, "")).json(edit)
}
