//! `/console/phones/{id}`: a phone, the form that edits it, whether it rings now and why, and its
//! history. A phone that was deleted has its history alone, where that can be undone.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::history::Change;
use super::{Items, Phone, list, skills};
use crate::http::console::api::{Api, Request, segment};
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::{Posted, Visit};

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 3] = ["number", "name", "skills"];

/// The newest changes that the page has.
const CHANGES_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "phones/one.html")]
struct PhonePage {
    frame: Frame,
    path: String,
    /// None if the phone was deleted.
    form: Option<Form>,
    rings: Vec<Ring>,
    changes: Vec<Change>,
    has_more_changes: bool,
    /// What the history calls it.
    id: String,
}

/// The form that edits a phone.
struct Form {
    /// As it is now.
    phone: Phone,
    etag: String,
    skills: Vec<String>,
    /// What was typed, if it was refused, and why.
    typed: Option<Fields>,
    problem: Problem,
}

/// Whether the phone rings for a skill now.
struct Ring {
    skill: String,
    /// Its place in the ring order, counted from 1; none if it is beyond those that can ring.
    place: Option<usize>,
    rings: bool,
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
    code: String,
    detail: String,
}

impl Form {
    async fn read(api: &Api, id: &str) -> Result<Self, Problem> {
        let reply = api.send(Request::get(phone_path(id))).await?;
        let etag = reply.etag().to_owned();
        let phone: Phone = reply.json().await?;
        let mut names: Vec<_> = skills(api).await?.into_iter().map(|skill| skill.name).collect();
        // What the phone has must not be lost because it is not offered.
        names.extend(
            phone.skills.iter().filter(|held| !names.contains(held)).cloned().collect::<Vec<_>>(),
        );
        Ok(Self { phone, etag, skills: names, typed: None, problem: Problem::default() })
    }

    fn number(&self) -> &str {
        self.typed.as_ref().map_or(&self.phone.number, |typed| typed.get("number"))
    }

    fn name(&self) -> &str {
        self.typed.as_ref().map_or(&self.phone.name, |typed| typed.get("name"))
    }

    fn is_chosen(&self, skill: &str) -> bool {
        match &self.typed {
            Some(typed) => typed.all("skills").any(|one| one == skill),
            None => self.phone.skills.iter().any(|one| one == skill),
        }
    }

    /// Whether somebody else has changed it since the form was shown.
    fn is_stale(&self) -> bool {
        self.problem.status() == StatusCode::PRECONDITION_FAILED
    }

    /// The first refused field, which gets the focus.
    fn focus(&self) -> &'static str {
        FIELDS.into_iter().find(|field| !self.problem.of(field).is_empty()).unwrap_or_default()
    }

    fn others(&self) -> String {
        if self.is_stale() { String::new() } else { self.problem.beside(&FIELDS) }
    }
}

/// The path of a phone in the API.
fn phone_path(id: &str) -> String {
    format!("/v1/phones/{}", segment(id))
}

/// The path of its page.
pub fn page_path(id: &str) -> String {
    format!("{}/{}", list::PATH, segment(id))
}

async fn rings(api: &Api, phone: &Phone) -> Result<Vec<Ring>, Problem> {
    let mut rings = Vec::with_capacity(phone.skills.len());
    for skill in &phone.skills {
        let explain = Request::get("/v1/explain/ring").query("skill", skill);
        let explained: Explained = api.read(explain).await?;
        let mut order = explained.phones.iter().filter(|one| one.skill == *skill);
        let place = order.position(|one| one.id == phone.id);
        let found = explained.phones.iter().find(|one| one.skill == *skill && one.id == phone.id);
        rings.push(Ring {
            skill: skill.clone(),
            place: place.map(|before| before + 1),
            rings: found.is_some_and(|one| one.code == "rings"),
            detail: found.map_or(explained.detail, |one| one.detail.clone()),
        });
    }
    Ok(rings)
}

/// The page, with the form as it is now or as it was refused.
async fn show(visit: &Visit, id: &str, form: Option<Form>) -> Answer {
    let changes = Request::get("/v1/changes").query("phone", id).query("limit", CHANGES_SHOWN);
    let changes: Items<Change> = visit.api.read(changes).await?;
    let rings = match &form {
        Some(form) => rings(&visit.api, &form.phone).await?,
        None => Vec::new(),
    };
    let status = form.as_ref().map_or(StatusCode::OK, |form| match form.problem.status {
        0 => StatusCode::OK,
        _ if form.is_stale() => StatusCode::PRECONDITION_FAILED,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    });
    let page = PhonePage {
        frame: visit.frame("phones"),
        path: page_path(id),
        form,
        rings,
        changes: changes.items,
        has_more_changes: changes.next.is_some(),
        id: id.to_owned(),
    };
    Ok(visit.show(status, &page))
}

/// `GET /console/phones/{id}`
pub async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    match Form::read(&visit.api, &id).await {
        Ok(form) => {
            let id = form.phone.id.clone();
            show(&visit, &id, Some(form)).await
        }
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
            show(&visit, &id, None).await.map_err(|_| problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Shows the page with what was refused, and what the phone is by now.
async fn refuse(visit: &Visit, id: &str, typed: Option<Fields>, problem: Problem) -> Answer {
    let form = Form::read(&visit.api, id).await?;
    show(visit, id, Some(Form { typed, problem, ..form })).await
}

/// `POST /console/phones/{id}`: edits it, unless it is another one than was shown.
pub async fn save(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let skills: Vec<_> = fields.all("skills").collect();
    let (number, name) = (fields.get("number").trim(), fields.get("name").trim());
    let edit = json!({"number": number, "name": name, "skills": skills});
    let request = Request::patch(phone_path(&id)).if_match(fields.get("etag")).json(&edit);
    match visit.api.read::<Phone>(request).await {
        Ok(phone) => {
            let told = format!("{} {} was saved.", phone.name, phone.number);
            Ok(visit.done(&page_path(&phone.id), told).await)
        }
        Err(problem) if problem.is_of_input() => refuse(&visit, &id, Some(fields), problem).await,
        Err(problem) => Err(problem),
    }
}

/// `POST /console/phones/{id}/delete`: deletes it, unless it is another one than was shown.
pub async fn delete(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let request = Request::delete(phone_path(&id)).if_match(fields.get("etag"));
    match visit.api.send(request).await {
        Ok(_) => {
            let told = format!("{} was deleted.", fields.get("called"));
            Ok(visit.done(list::PATH, told).await)
        }
        Err(problem) if problem.is_of_input() => refuse(&visit, &id, None, problem).await,
        Err(problem) => Err(problem),
    }
}
