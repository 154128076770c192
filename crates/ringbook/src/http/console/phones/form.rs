//! The form of a phone: of a new one, of one on its page, or of one in its row of the table.

use axum::http::StatusCode;

use super::{PATH, Phone, native, path};
use crate::http::console::api::{Api, Request};
use crate::http::console::fields::Fields;
use crate::http::console::page::Problem;
use crate::http::console::skills::skills;

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 3] = ["number", "name", "skills"];

#[derive(Default)]
pub struct Form {
    /// As it is now; none of a new one.
    pub phone: Option<Phone>,
    pub etag: String,
    /// The view of the table that it is in; empty if it is on a page of its own.
    pub back: String,
    /// The skills that can be chosen.
    pub skills: Vec<String>,
    /// What the fields have.
    pub typed: Fields,
    /// Why that was refused.
    pub problem: Problem,
}

impl Form {
    /// For a new phone.
    pub async fn add(api: &Api, typed: Fields, problem: Problem) -> Result<Self, Problem> {
        Ok(Self { skills: names(api).await?, typed, problem, ..Self::default() })
    }

    /// For a phone, as it is now.
    pub async fn edit(api: &Api, id: &str, back: &str) -> Result<Self, Problem> {
        let reply = api.send(Request::get(native(id, ""))).await?;
        let etag = reply.etag().to_owned();
        let phone: Phone = reply.json().await?;
        let mut names = names(api).await?;
        // What the phone has must not be lost because it is not offered.
        let lost = phone.skills.iter().filter(|held| !names.contains(held)).cloned();
        names.extend(lost.collect::<Vec<_>>());
        let texts = [("number", phone.number.clone()), ("name", phone.name.clone())];
        let held = phone.skills.iter().map(|held| ("skills", held.clone()));
        let typed = texts.into_iter().chain(held).collect();
        let (phone, back, problem) = (Some(phone), back.to_owned(), Problem::default());
        Ok(Self { phone, etag, back, skills: names, typed, problem })
    }

    pub fn status(&self) -> StatusCode {
        self.problem.page_status()
    }

    pub fn action(&self) -> String {
        self.phone.as_ref().map_or(PATH.to_owned(), |phone| path(&phone.id))
    }

    /// Where it leads if nothing is done.
    pub fn cancel(&self) -> String {
        let id = self.phone.as_ref().map_or("", |phone| &phone.id);
        Fields::of_link(&self.back).link(PATH, &[("edited", if self.is_row() { id } else { "" })])
    }

    pub fn is_row(&self) -> bool {
        !self.back.is_empty()
    }

    pub fn is_chosen(&self, skill: &str) -> bool {
        self.typed.all("skills").any(|one| one == skill)
    }

    /// Whether somebody else has changed the phone since the form was shown.
    pub fn is_stale(&self) -> bool {
        self.problem.status() == StatusCode::PRECONDITION_FAILED
    }

    /// The field that gets the focus: the first refused one or, where the form is all that is wanted,
    /// the first of all.
    pub fn focus(&self) -> &'static str {
        let refused = FIELDS.into_iter().find(|field| !self.problem.of(field).is_empty());
        let is_wanted = self.is_row() || self.phone.is_none();
        refused.unwrap_or(if is_wanted { FIELDS[0] } else { "" })
    }

    pub fn name_hint(&self) -> String {
        let words: Vec<_> = self.typed.get("name").split_whitespace().collect();
        let rule = "2 to 50 letters, digits and . @ _ -, without spaces";
        if words.len() > 1 { format!("{rule}: such as {}", words.join(".")) } else { rule.into() }
    }

    /// What is wrong beside the fields.
    pub fn others(&self) -> String {
        if self.is_stale() { String::new() } else { self.problem.beside(&FIELDS) }
    }
}

async fn names(api: &Api) -> Result<Vec<String>, Problem> {
    Ok(skills(api).await?.into_iter().map(|skill| skill.name).collect())
}
