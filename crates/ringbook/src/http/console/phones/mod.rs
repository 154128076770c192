//! The phones.

pub mod add;
mod history;
pub mod list;
pub mod one;

use serde::Deserialize;

use super::api::{Api, Request};
use super::page::Problem;

/// A phone, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Phone {
    pub id: String,
    pub number: String,
    pub name: String,
    pub skills: Vec<String>,
}

/// A skill, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Skill {
    pub name: String,
    pub phones: usize,
}

/// A page of a list of the API.
#[derive(Debug, Deserialize)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// Skills that a form offers: an account has no more in practice.
const SKILLS_SHOWN: usize = 1000;

/// The skills of the account, sorted by name.
pub async fn skills(api: &Api) -> Result<Vec<Skill>, Problem> {
    let page: Items<Skill> =
        api.read(Request::get("/v1/skills").query("limit", SKILLS_SHOWN)).await?;
    Ok(page.items)
}
