//! The skills: how many phones have each, in which order they ring, and how.

pub mod edit;
pub mod list;
pub mod order;
pub mod phone;
pub mod ring;

use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, Request, segment};
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
