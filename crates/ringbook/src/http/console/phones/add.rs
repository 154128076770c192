//! `/console/phones/add`: a form for a new phone.

use askama::Template;
use axum::http::StatusCode;
use serde_json::json;

use super::list::PATH;
use super::{Phone, Skill, skills};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::{Posted, Visit};

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 3] = ["number", "name", "skills"];

#[derive(Template)]
#[template(path = "phones/add.html")]
struct AddPage {
    frame: Frame,
    skills: Vec<Skill>,
    /// What was typed, and why it was refused.
    typed: Fields,
    problem: Problem,
}

impl AddPage {
    fn is_chosen(&self, skill: &str) -> bool {
        self.typed.all("skills").any(|one| one == skill)
    }

    /// The first refused field, which gets the focus. Without one it is the first of all.
    fn focus(&self) -> &'static str {
        let refused = FIELDS.into_iter().find(|field| !self.problem.of(field).is_empty());
        refused.unwrap_or(FIELDS[0])
    }

    fn others(&self) -> String {
        self.problem.beside(&FIELDS)
    }
}

async fn show(visit: &Visit, typed: Fields, refused: Option<Problem>) -> Answer {
    let skills = skills(&visit.api).await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let problem = refused.unwrap_or_default();
    let page = AddPage { frame: visit.frame("phones"), skills, typed, problem };
    Ok(visit.show(status, &page))
}

/// `GET /console/phones/add`
pub async fn page(visit: Visit, typed: Fields) -> Answer {
    show(&visit, typed, None).await
}

/// `POST /console/phones`
pub async fn add(Posted { visit, fields }: Posted) -> Answer {
    let skills: Vec<_> = fields.all("skills").collect();
    let (number, name) = (fields.get("number").trim(), fields.get("name").trim());
    let phone = json!({"number": number, "name": name, "skills": skills});
    match visit.api.read::<Phone>(Request::post("/v1/phones").json(&phone)).await {
        Ok(added) => {
            Ok(visit.done(PATH, format!("{} {} was added.", added.name, added.number)).await)
        }
        Err(problem) if problem.is_of_input() => show(&visit, fields, Some(problem)).await,
        Err(problem) => Err(problem),
    }
}
