//! The skills: how many phones have each, in which order they ring, and how.

pub mod edit;
pub mod list;
pub mod phone;
pub mod ring;

use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, Request, segment};
use super::fields::Fields;
use super::page::Problem;
use super::phones::Items;

/// A skill, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Skill {
    pub id: String,
    pub name: String,
    pub phones: usize,
}

/// Skills that are offered and known by name: an account has no more in practice.
const SKILLS_SHOWN: usize = 1000;

/// The skills of the account, sorted by name.
pub async fn skills(api: &Api) -> Result<Vec<Skill>, Problem> {
    let page: Items<Skill> =
        api.read(Request::get("/v1/skills").query("limit", SKILLS_SHOWN)).await?;
    Ok(page.items)
}

const PATH: &str = "/console/skills";

/// The page of a skill.
fn path(skill: &str) -> String {
    format!("{PATH}/{}", segment(skill))
}

/// What the API has of a skill, whose id or name is the first part.
fn native(skill: &str, part: &str) -> String {
    format!("/v1/skills/{}{part}", segment(skill))
}

/// A text as a member of a merge patch: nothing removes it.
fn text_or_null(typed: &str) -> Value {
    let typed = typed.trim();
    if typed.is_empty() { Value::Null } else { typed.into() }
}

/// The same of a number. What is none is left to the API to refuse.
fn number_or_null(typed: &str) -> Value {
    typed.trim().parse::<i64>().map_or_else(|_| text_or_null(typed), Value::from)
}

/// What was typed, and why it was refused. The field `form` says in which form of the page.
type Refused = (Fields, Problem);

/// The forms of a page: what is set, and the one that was refused, if any.
struct Forms {
    set: Value,
    typed: Fields,
    problem: Problem,
}

impl Forms {
    fn new(set: Value, refused: Option<Refused>) -> Self {
        let (typed, problem) = refused.unwrap_or_default();
        Self { set, typed, problem }
    }

    fn is_refused(&self, form: &str) -> bool {
        self.problem.status != 0 && self.typed.get("form") == form
    }

    /// What a field has.
    fn value(&self, form: &str, field: &str) -> String {
        match &self.set[field] {
            _ if self.is_refused(form) => self.typed.get(field).to_owned(),
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// What is wrong with a field; empty if nothing is.
    fn fault(&self, form: &str, field: &str) -> String {
        if self.is_refused(form) { self.problem.of(field) } else { String::new() }
    }

    /// The same of the only field of a form.
    fn only_fault(&self, form: &str) -> String {
        if self.is_refused(form) { self.problem.beside(&[]) } else { String::new() }
    }
}
