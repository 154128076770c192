//! Pages: the form of every list, and which page of it a request asks for.

use std::borrow::Cow;
use std::fmt::Display;

use serde::Serialize;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::cursor::{self, Scope};
use super::parameter::{Limit, Text, parameters};
use super::query::Query;

parameters!(struct PageParameters {
    /// Items at most, 1 to 1000; 50 if absent
    LIMIT: Limit = query "limit";
    /// Where the page begins: `next` of the page before, with all other parameters as they were
    CURSOR: Text = query "cursor";
});

/// The page that a request asks for.
#[derive(Debug)]
pub struct PageRequest<P> {
    pub scope: Scope,
    pub items_max: usize,
    /// The position that is followed by the page; none for the first page.
    pub after: Option<P>,
}

impl<P: Ord + Display> PageRequest<P> {
    /// The page of a list that is sorted by position.
    pub fn of<T>(&self, mut sorted: Vec<T>, position: impl Fn(&T) -> P) -> Page<T> {
        sorted.retain(|item| self.after.as_ref().is_none_or(|after| position(item) > *after));
        self.begin_of(sorted, position)
    }
}

impl<P: Display> PageRequest<P> {
    /// The page of the items that follow its position: all, or one more than it has at least.
    pub fn begin_of<T>(&self, mut items: Vec<T>, position: impl Fn(&T) -> P) -> Page<T> {
        let is_last = items.len() <= self.items_max;
        items.truncate(self.items_max);
        let last = items.last().filter(|_| !is_last);
        let next = last.map(|last| self.cursor(&position(last).to_string()));
        Page { items, next }
    }
}

impl<P> PageRequest<P> {
    /// Reads it from a query. `position` reads what [`cursor`](Self::cursor) was given.
    pub fn read(query: &mut Query, position: impl FnOnce(&str) -> Option<P>) -> Self {
        let (scope, items_max) = (query.scope(), LIMIT.items(query));
        let after = query.take(CURSOR.name).and_then(|text| {
            let read = cursor::read(scope, &text);
            let read = read.and_then(|text| position(&text).ok_or("cannot be read"));
            read.map_err(|why| query.add_cursor_fault(CURSOR.name, why)).ok()
        });
        Self { scope, items_max, after }
    }

    /// The cursor of the page that follows a position.
    pub fn cursor(&self, position: &str) -> String {
        cursor::write(self.scope, position)
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; none on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same with something else for each item.
    pub fn map<U>(self, item: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(item).collect(), next: self.next }
    }
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The cursor of the next page; `null` on the last one"));
        ObjectBuilder::new()
            .description(Some("A page of a list"))
            .property("items", items)
            .property("next", next)
            .required("items")
            .required("next")
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
