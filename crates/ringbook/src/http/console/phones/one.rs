//! `/console/phones/{id}`: a phone, the form that edits it, whether it rings now and why, its pause,
//! and its history. A phone that was deleted has its history alone, where that can be undone.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::Form;
use super::pause;
use super::{Items, PATH, Phone, list, native, path};
use crate::change::Change;
use crate::http::console::api::{Api, Request};
use crate::http::console::cookie::Flash;
use crate::http::console::fields::Fields;
use crate::http::console::history::row::{Row, rows};
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::skills::{Skill, skills};
use crate::http::console::visit::{Posted, Visit};

/// The newest changes that the page has.
const CHANGES_SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "phones/one.html")]
struct PhonePage {
    frame: Frame,
    /// What the history calls it.
    id: String,
    path: String,
    /// None if the phone was deleted.
    form: Option<Form>,
    rings: Vec<Ring>,
    paused: Option<String>,
    /// What was typed for a pause, and why it was refused.
    typed: Fields,
    problem: Problem,
    rows: Vec<Row>,
}

impl PhonePage {
    /// What is wrong with a pause beside its fields.
    fn pause_fault(&self) -> String {
        self.problem.beside(&["reason", "until"])
    }
}

/// Whether the phone rings for a skill now.
struct Ring {
    skill: String,
    /// The id of the skill.
    id: String,
    /// Its place in the ring order, counted from 1; none if it is beyond those that can ring.
    place: Option<usize>,
    detail: String,
}

/// Why phones ring for a skill, as the API explains it.
#[derive(Deserialize)]
struct Explained {
    detail: String,
    phones: Vec<InRing>,
}

#[derive(Deserialize)]
struct InRing {
    id: String,
    skill: String,
    detail: String,
}

async fn rings(api: &Api, phone: &Phone, skills: &[Skill]) -> Result<Vec<Ring>, Problem> {
    let mut rings = Vec::with_capacity(phone.skills.len());
    for skill in &phone.skills {
        let explain = Request::get("/v1/explain/ring").query("skill", skill);
        let explained: Explained = api.read(explain).await?;
        let mut order = explained.phones.iter().filter(|one| one.skill == *skill);
        let place = order.position(|one| one.id == phone.id);
        let found = explained.phones.iter().find(|one| one.skill == *skill && one.id == phone.id);
        let known = skills.iter().find(|one| one.name == *skill);
        rings.push(Ring {
            skill: skill.clone(),
            id: known.map_or(skill, |one| &one.id).clone(),
            place: place.map(|before| before + 1),
            detail: found.map_or(explained.detail, |one| one.detail.clone()),
        });
    }
    Ok(rings)
}

/// A pause that was refused: what was typed, and why.
pub type Refused = (Fields, Problem);

/// The page, with the form as it is now or as it was refused.
pub async fn show(visit: &Visit, id: &str, form: Option<Form>, refused: Option<Refused>) -> Answer {
    let api = &visit.api;
    let changes = Request::get("/v1/changes").query("phone", id).query("limit", CHANGES_SHOWN);
    let changes = changes.query("show_names", true);
    let changes: Items<Change> = api.read(changes).await?;
    let skills = skills(api).await?;
    let phone = form.as_ref().and_then(|form| form.phone.as_ref());
    let (rings, paused) = match phone {
        Some(phone) => {
            let routing: Value = api.read(Request::get(native(id, "/routing"))).await?;
            (rings(api, phone, &skills).await?, pause::told(&routing["pause"]))
        }
        None => (Vec::new(), None),
    };
    let status = form.as_ref().map_or(StatusCode::OK, Form::status);
    let (typed, problem) = refused.unwrap_or_default();
    let status = if problem.status > 0 { StatusCode::UNPROCESSABLE_ENTITY } else { status };
    let mut frame = visit.frame("phones");
    frame.here = path(id);
    let page = PhonePage {
        rows: rows(&frame, changes.items),
        frame,
        id: id.to_owned(),
        path: path(id),
        form,
        rings,
        paused,
        typed,
        problem,
    };
    Ok(visit.show(status, &page))
}

/// `GET /console/phones/{id}`
pub async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    match Form::edit(&visit.api, &id, "").await {
        Ok(form) => show(&visit, &id, Some(form), None).await,
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
            show(&visit, &id, None, None).await.map_err(|_| problem)
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /console/phones/{id}`: edits it, unless it is another one than was shown. Leads to its page,
/// or to the view `back` of the table.
pub async fn save(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let skills: Vec<_> = fields.all("skills").collect();
    let (number, name) = (fields.get("number").trim(), fields.get("name").trim());
    let edit = json!({"number": number, "name": name, "skills": skills});
    let request = Request::patch(native(&id, "")).if_match(fields.get("etag")).json(&edit);
    let problem = match visit.api.read::<Phone>(request).await {
        Ok(phone) => {
            let told = format!("{} {} was saved.", phone.name, phone.number);
            let form =
                Form { phone: Some(phone), back: fields.get("back").into(), ..Form::default() };
            let next = if form.is_row() { form.cancel() } else { form.action() };
            return Ok(visit.done(&next, told).await);
        }
        Err(problem) if problem.is_of_input() => problem,
        Err(problem) => return Err(problem),
    };
    let form = Form::edit(&visit.api, &id, fields.get("back")).await?;
    let form = Form { typed: fields, problem, ..form };
    if form.is_row() {
        let view = Fields::of_link(&form.back);
        list::show(&visit, view, String::new(), Some(form)).await
    } else {
        show(&visit, &id, Some(form), None).await
    }
}

/// `POST /console/phones/{id}/delete`: deletes it, unless it is another one than was shown.
pub async fn delete(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let request = Request::delete(native(&id, "")).if_match(fields.get("etag"));
    match visit.api.send(request).await {
        Ok(_) => Ok(visit.done(PATH, format!("{} was deleted.", fields.get("called"))).await),
        Err(problem) if problem.is_of_input() => {
            let told = format!("It was not deleted: {}", problem.beside(&[]));
            Ok(visit.told(&path(&id), &Flash::of(told)))
        }
        Err(problem) => Err(problem),
    }
}
