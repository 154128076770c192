//! The phones.

pub mod add;
pub mod bulk;
mod form;
pub mod list;
pub mod one;
pub mod pause;

use serde::Deserialize;

use super::api::{Request, segment};
use super::fields::Fields;

/// Where the table is.
const PATH: &str = "/console/phones";

/// A phone, as the API shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Phone {
    pub id: String,
    pub number: String,
    pub name: String,
    pub skills: Vec<String>,
}

/// A page of a list of the API.
#[derive(Debug, Deserialize)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The page of a phone.
pub fn path(id: &str) -> String {
    format!("{PATH}/{}", segment(id))
}

/// What the API has of a phone.
pub fn native(id: &str, part: &str) -> String {
    format!("/v1/phones/{}{part}", segment(id))
}

/// The request for the phones of a view, of which `view` is the query.
pub fn filtered(request: Request, view: &Fields) -> Request {
    request
        .given("contains", view.get("q").trim())
        .given("skill", view.get("skill"))
        .given("without_skill", view.get("without_skill"))
}
