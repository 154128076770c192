//! `GET /console/phones`: the table.

use askama::Template;
use axum::http::StatusCode;

use super::form::Form;
use super::{Items, PATH, Phone, filtered};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::skills::{Skill, skills};
use crate::http::console::visit::Visit;
use crate::words::counted;

/// Phones on a page: it has less than 100 KB.
const PHONES_SHOWN: usize = 100;

/// What the table can be sorted by: the parameter of the API, and the head of the column.
const COLUMNS: [(&str, &str); 2] = [("number", "Number"), ("name", "Name")];

#[derive(Template)]
#[template(path = "phones/list.html")]
struct ListPage {
    frame: Frame,
    /// The query without what is said of a row.
    view: Fields,
    columns: Vec<Column>,
    skills: Vec<Skill>,
    phones: Vec<Phone>,
    /// How many phones all pages have.
    found: usize,
    /// Why there are none, if the API says so.
    fault: String,
    /// The phone whose row is a form.
    form: Option<Form>,
    /// The phone whose row had the form before, and has the focus now.
    edited: String,
    /// The pages after and before this one.
    next: Option<String>,
    first: Option<String>,
}

/// The head of a column, which is a link that sorts by it.
struct Column {
    head: &'static str,
    link: String,
    /// `aria-sort`
    sorted: &'static str,
}

impl Column {
    fn new(key: &str, head: &'static str, view: &Fields) -> Self {
        let (descending, sort) = (format!("-{key}"), view.get("sort"));
        let (sorted, turned) = match sort {
            _ if sort == key => ("ascending", descending.as_str()),
            _ if sort == descending => ("descending", ""),
            _ => ("none", key),
        };
        Self { head, link: view.link(PATH, &[("cursor", ""), ("sort", turned)]), sorted }
    }
}

impl ListPage {
    /// What a reader hears once the list has changed.
    fn summary(&self) -> String {
        match (self.found, self.phones.len()) {
            _ if !self.fault.is_empty() => self.fault.clone(),
            (0, _) => "No phones found".to_owned(),
            (found, shown) if found > shown => format!("{}, {shown} on this page", self.all()),
            _ => self.all(),
        }
    }

    /// All that were found, in words.
    fn all(&self) -> String {
        counted(self.found, "phone")
    }

    fn is_filtered(&self) -> bool {
        ["q", "skill", "without_skill"].iter().any(|field| !self.view.get(field).is_empty())
    }

    fn is_of_skill(&self, skill: &str) -> bool {
        self.view.get("skill") == skill
    }

    fn export_link(&self) -> String {
        self.view.link("/console/export", &[("cursor", ""), ("sort", "")])
    }

    fn link_of_skill(&self, skill: &str) -> String {
        self.view.link(PATH, &[("cursor", ""), ("without_skill", ""), ("skill", skill)])
    }

    /// This view of the table.
    fn here(&self) -> String {
        self.view.link(PATH, &[])
    }

    fn edit_link(&self, id: &str) -> String {
        self.view.link(PATH, &[("edit", id)])
    }

    /// The form that is in the row of a phone.
    fn form_of(&self, phone: &Phone) -> Option<&Form> {
        self.form.as_ref().filter(|form| form.phone.as_ref().is_some_and(|it| it.id == phone.id))
    }
}

/// The phones of the view, sorted by `sort`, from `cursor` on. The row of the phone `edit` is a form.
pub async fn page(visit: Visit, mut view: Fields) -> Answer {
    let [edit, edited] = ["edit", "edited"].map(|name| view.take(name));
    let form = match &*edit {
        "" => None,
        id => Some(Form::edit(&visit.api, id, &view.link(PATH, &[])).await?),
    };
    show(&visit, view, edited, form).await
}

pub async fn show(visit: &Visit, view: Fields, edited: String, form: Option<Form>) -> Answer {
    let asked = filtered(Request::get("/v1/phones"), &view)
        .query("limit", PHONES_SHOWN)
        .query("count", true)
        .given("sort", view.get("sort"))
        .given("cursor", view.get("cursor"));
    let (mut phones, next, found, fault) = match visit.api.send(asked).await {
        Ok(reply) => {
            let found = reply.header("ringbook-count").parse().unwrap_or_default();
            let page: Items<Phone> = reply.json().await?;
            (page.items, page.next, found, String::new())
        }
        // What is looked for may be no text that a phone can have.
        Err(problem) if problem.is_of_input() => (Vec::new(), None, 0, problem.detail),
        Err(problem) => return Err(problem),
    };
    // What was typed stays, even if others have made it a phone that is not found here any more.
    let edited_phone = form.as_ref().and_then(|form| form.phone.clone());
    phones.splice(0..0, edited_phone.filter(|it| phones.iter().all(|phone| phone.id != it.id)));
    let status = form.as_ref().map_or(StatusCode::OK, Form::status);
    let [first, next] = view.pages(PATH, next);
    let page = ListPage {
        frame: visit.frame("phones"),
        columns: COLUMNS.map(|(key, head)| Column::new(key, head, &view)).into(),
        skills: skills(&visit.api).await?,
        phones,
        found,
        fault,
        form,
        edited,
        next,
        first,
        view,
    };
    Ok(visit.show(status, &page))
}
