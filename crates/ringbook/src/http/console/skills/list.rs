//! `/console/skills`: how many phones have each skill, and a form for a new one.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{PATH, Skill, path};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::{Items, Phone};
use crate::http::console::visit::{Posted, Visit};

const SKILLS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "skills/list.html")]
struct ListPage {
    frame: Frame,
    skills: Vec<Skill>,
    /// How many phones the account has, and whether one of them has no skill.
    phones: usize,
    has_phones_without: bool,
    next: Option<String>,
    first: Option<String>,
    /// What was typed for a new one, and why it was refused.
    typed: Fields,
    problem: Problem,
}

#[derive(Deserialize)]
struct Account {
    phones: usize,
}

impl ListPage {
    /// The upper end of each bar, which must be more than nothing.
    fn most(&self) -> usize {
        self.phones.max(1)
    }

    /// What is wrong beside the field.
    fn other_fault(&self) -> String {
        self.problem.beside(&["name"])
    }
}

async fn show(visit: &Visit, query: &Fields, refused: Option<(Fields, Problem)>) -> Answer {
    let cursor = query.get("cursor");
    let skills = Request::get("/v1/skills").query("limit", SKILLS_SHOWN).given("cursor", cursor);
    let without = Request::get("/v1/phones").query("without_skill", true).query("limit", 1);
    let skills: Items<Skill> = visit.api.read(skills).await?;
    let without: Items<Phone> = visit.api.read(without).await?;
    let account: Account = visit.api.read(Request::get("/v1/account")).await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (typed, problem) = refused.unwrap_or_default();
    let page = ListPage {
        frame: visit.frame("skills"),
        skills: skills.items,
        phones: account.phones,
        has_phones_without: !without.items.is_empty(),
        next: skills.next.map(|next| query.link(PATH, &[("cursor", &next)])),
        first: (!cursor.is_empty()).then(|| PATH.to_owned()),
        typed,
        problem,
    };
    Ok(visit.show(status, &page))
}

/// `GET /console/skills`
pub async fn page(visit: Visit, query: Fields) -> Answer {
    show(&visit, &query, None).await
}

/// `POST /console/skills`
pub async fn add(Posted { visit, fields }: Posted) -> Answer {
    let skill = json!({"name": fields.get("name").trim()});
    match visit.api.read::<Skill>(Request::post("/v1/skills").json(&skill)).await {
        Ok(added) => {
            let text = format!("{} was added. No phone has it yet.", added.name);
            Ok(visit.done(&path(&added.id), text).await)
        }
        Err(problem) if problem.is_of_input() => {
            show(&visit, &Fields::default(), Some((fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}
