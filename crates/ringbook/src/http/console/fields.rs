//! The fields of a form or of a query.

use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use form_urlencoded::Serializer;
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;

use super::page::Problem;
use crate::http::limits::BODY_TIMEOUT;

/// Largest form: a selection of 100,000 phones has less.
const FORM_BYTES_MAX: usize = 1024 * 1024;

/// Names and values in their order. A name may be there several times.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Those of the query of an address.
    pub fn of_link(link: &str) -> Self {
        Self::parse(link.split_once('?').map_or("", |(_, query)| query).as_bytes())
    }

    /// Reads the body of a form.
    pub async fn of_body(request: Request) -> Result<Self, Problem> {
        let media_type = request.headers().get(CONTENT_TYPE).map(|it| it.as_bytes().to_vec());
        if !media_type.is_some_and(|it| it.starts_with(b"application/x-www-form-urlencoded")) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is not a form."));
        }
        let body = Limited::new(request.into_body(), FORM_BYTES_MAX).collect();
        match tokio::time::timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => Ok(Self::parse(&body.to_bytes())),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The form has more than 1 MiB."))
            }
            _ => Err(Problem::new(StatusCode::BAD_REQUEST, "The form did not arrive.")),
        }
    }

    /// Adds a field.
    pub fn add(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    /// The value of a field; empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The value of a field; this one if it is not there.
    pub fn or(&self, name: &str, otherwise: &(impl ToString + ?Sized)) -> String {
        self.all(name).next().map_or_else(|| otherwise.to_string(), str::to_owned)
    }

    /// A number as JSON has it, or else what was typed, which is refused with words.
    pub fn number(&self, name: &str) -> Value {
        let text = self.get(name).trim();
        text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
    }

    /// Takes a field out, and gives its value.
    pub fn take(&mut self, name: &str) -> String {
        let value = self.get(name).to_owned();
        self.0.retain(|(one, _)| one != name);
        value
    }

    /// All values of a field.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// `path` with these fields as its query, but for `name`, which has this value; without it and
    /// without fields that are empty. The address of another view of the same page.
    pub fn link(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        let is_changed = |name: &str| changes.iter().any(|(one, _)| *one == name);
        let kept = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| !is_changed(name));
        for (name, value) in kept.chain(changes.iter().copied()).filter(|(_, it)| !it.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The first page of a list of which these are the query, unless it is this one; and the next page,
    /// if the list has one.
    pub fn pages(&self, path: &str, next: Option<String>) -> [Option<String>; 2] {
        let link = |cursor: &str| self.link(path, &[("cursor", cursor)]);
        [(!self.get("cursor").is_empty()).then(|| link("")), next.map(|next| link(&next))]
    }
}

impl<'n> FromIterator<(&'n str, String)> for Fields {
    fn from_iter<T: IntoIterator<Item = (&'n str, String)>>(fields: T) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// The fields of the query.
impl<S: Send + Sync> FromRequestParts<S> for Fields {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_changes_fields_and_keeps_the_others() {
        let fields = Fields::parse(b"q=a%26b&skill=Sales&cursor=x&none=");
        let link = fields.link("/p", &[("cursor", ""), ("sort", "-name")]);
        assert_eq!(link, "/p?q=a%26b&skill=Sales&sort=-name");
        assert_eq!(Fields::default().link("/p", &[]), "/p");
    }
}
