//! `/console/skills`: how many phones have each skill, and a form for a new one.

use askama::Template;
use serde_json::{Value, json};

use super::{Forms, PATH, Refused, SKILLS_SHOWN, Skill, path};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::phones::Items;
use crate::http::console::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "skills/list.html")]
struct ListPage {
    frame: Frame,
    /// Those that no phone has, and then the others; each sorted by name.
    skills: Vec<Skill>,
    /// How many no phone has.
    bare: usize,
    has_phones_without: bool,
    next: Option<String>,
    forms: Forms,
}

impl ListPage {
    /// The upper end of each bar, which must be more than nothing.
    fn most(&self) -> usize {
        self.skills.iter().map(|skill| skill.phones).max().unwrap_or_default().max(1)
    }
}

async fn show(visit: &Visit, query: &Fields, refused: Option<Refused>) -> Answer {
    let skills = Request::get("/v1/skills").query("limit", SKILLS_SHOWN);
    let mut skills: Items<Skill> =
        visit.api.read(skills.given("cursor", query.get("cursor"))).await?;
    skills.items.sort_by_key(|skill| skill.phones > 0);
    let without = Request::get("/v1/phones").query("without_skill", true).query("limit", 1);
    let without: Items<Value> = visit.api.read(without).await?;
    let page = ListPage {
        frame: visit.frame("skills"),
        bare: skills.items.partition_point(|skill| skill.phones == 0),
        skills: skills.items,
        has_phones_without: !without.items.is_empty(),
        next: skills.next.map(|next| query.link(PATH, &[("cursor", &next)])),
        forms: Forms::new(Value::Null, refused),
    };
    Ok(visit.show(page.forms.problem.page_status(), &page))
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
