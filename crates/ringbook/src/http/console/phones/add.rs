//! `/console/phones/add`: a form for a new phone.

use askama::Template;
use serde_json::json;

use super::form::Form;
use super::{PATH, Phone};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "phones/add.html")]
struct AddPage {
    frame: Frame,
    form: Form,
}

async fn show(visit: &Visit, typed: Fields, problem: Problem) -> Answer {
    let form = Form::add(&visit.api, typed, problem).await?;
    Ok(visit.show(form.status(), &AddPage { frame: visit.frame("phones"), form }))
}

/// `GET /console/phones/add`
pub async fn page(visit: Visit, typed: Fields) -> Answer {
    show(&visit, typed, Problem::default()).await
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
        Err(problem) if problem.is_of_input() => show(&visit, fields, problem).await,
        Err(problem) => Err(problem),
    }
}
