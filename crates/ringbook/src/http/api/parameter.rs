//! Parameters of requests. One constant says what a parameter is called, what it is for and what it
//! takes: the API's description is made from it, and requests are read by it.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::str::FromStr;

use jiff::Timestamp;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter as Description, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};

use super::choice::{self, Choice};
use super::query::Query;
use crate::http::limits::PAGE_ITEMS_MAX;

/// A parameter, in the query unless it is a header.
pub struct Parameter<K> {
    pub name: &'static str,
    location: ParameterIn,
    required: Required,
    description: &'static str,
    kind: PhantomData<K>,
}

/// Declares parameters as constants, and implements `IntoParams` with all of them.
macro_rules! parameters {
    (struct $group:ident $parameters:tt) => {
        /// Parameters of routes.
        pub struct $group;

        $crate::http::api::parameter::parameters!($group $parameters);
    };
    ($group:ident {
        $($(#[doc = $doc:literal])+ $constant:ident: $kind:ty = $location:ident $name:literal;)+
    }) => {
        $($(#[doc = $doc])+
        pub const $constant: $crate::http::api::parameter::Parameter<$kind> =
            $crate::http::api::parameter::Parameter::$location($name, concat!($($doc),+));)+

        impl utoipa::IntoParams for $group {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                vec![$($constant.describe()),+]
            }
        }
    };
}
pub(crate) use parameters;

impl<K: Kind> Parameter<K> {
    /// A parameter of the query.
    pub const fn query(name: &'static str, description: &'static str) -> Self {
        let (location, required) = (ParameterIn::Query, Required::False);
        Self { name, location, required, description, kind: PhantomData }
    }

    /// A parameter of the query that must be given.
    pub const fn required(name: &'static str, description: &'static str) -> Self {
        Self { required: Required::True, ..Self::query(name, description) }
    }

    /// A header.
    pub const fn header(name: &'static str, description: &'static str) -> Self {
        Self { location: ParameterIn::Header, ..Self::query(name, description) }
    }

    /// Its part of the API's description.
    pub fn describe(&self) -> Description {
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(self.location.clone())
            .required(self.required.clone())
            .description(Some(self.description.trim()))
            .schema(Some(K::schema()))
            .build()
    }

    /// Reads it from a query, which notes what is wrong.
    pub fn read(&self, query: &mut Query) -> Option<K::Value> {
        let Some(text) = query.take(self.name) else {
            if matches!(self.required, Required::True) {
                query.add_fault(self.name, "must be given, once");
            }
            return None;
        };
        K::read(text).map_err(|why| query.add_fault(self.name, &why)).ok()
    }
}

impl Parameter<Limit> {
    /// Reads how many items a page has at most.
    pub fn items(&self, query: &mut Query) -> usize {
        let items = self.read(query).unwrap_or(crate::http::limits::PAGE_ITEMS);
        usize::try_from(items).expect("a page is short")
    }
}

/// What a parameter takes.
pub trait Kind {
    type Value;

    /// Its schema: a string, unless it says more.
    fn schema() -> Object {
        of_type(Type::String).build()
    }

    /// Reads it. The fault continues a sentence that begins with the parameter's name.
    fn read(text: String) -> Result<Self::Value, Cow<'static, str>>;
}

fn of_type(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind)
}

/// Any text.
pub struct Text;

impl Kind for Text {
    type Value = String;

    fn read(text: String) -> Result<String, Cow<'static, str>> {
        Ok(text)
    }
}

/// A phone number, or its beginning: a `+` that was not escaped came as a space.
pub struct Number;

impl Kind for Number {
    type Value = String;

    fn read(text: String) -> Result<String, Cow<'static, str>> {
        Ok(match text.strip_prefix(' ') {
            Some(digits) => format!("+{digits}"),
            None => text,
        })
    }
}

/// An id of that type.
pub struct Id<T>(PhantomData<T>);

impl<T: FromStr<Err = &'static str>> Kind for Id<T> {
    type Value = T;

    fn read(text: String) -> Result<T, Cow<'static, str>> {
        Ok(text.parse::<T>()?)
    }
}

/// A time, microseconds UTC: the `+` of an offset that was not escaped came as a space.
pub struct Time;

impl Kind for Time {
    type Value = i64;

    fn schema() -> Object {
        of_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).build()
    }

    fn read(text: String) -> Result<i64, Cow<'static, str>> {
        let time = text.parse::<Timestamp>().or_else(|fault| match text.rsplit_once(' ') {
            Some((time, offset)) => format!("{time}+{offset}").parse(),
            None => Err(fault),
        });
        let time = time.map_err(|_| "must be a time like 2026-11-24T08:30:00Z")?;
        Ok(time.as_microsecond())
    }
}

/// A whole number within a range.
pub struct Whole<const MIN: u64, const MAX: u64>;

/// How many items a page has at most.
pub type Limit = Whole<1, PAGE_ITEMS_MAX>;

impl<const MIN: u64, const MAX: u64> Kind for Whole<MIN, MAX> {
    type Value = u64;

    fn schema() -> Object {
        let format =
            if i32::try_from(MAX).is_ok() { KnownFormat::Int32 } else { KnownFormat::Int64 };
        of_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(format)))
            .minimum(Some(MIN))
            .maximum((MAX < u64::MAX).then_some(MAX))
            .build()
    }

    fn read(text: String) -> Result<u64, Cow<'static, str>> {
        let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
        number.ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}").into())
    }
}

/// One of a few names.
pub struct OneOf<T>(PhantomData<T>);

impl<T: Choice> Kind for OneOf<T> {
    type Value = T;

    fn schema() -> Object {
        choice::schema::<T>()
    }

    fn read(text: String) -> Result<T, Cow<'static, str>> {
        let why = || format!("must be one of {}", choice::names::<T>().join(", ")).into();
        choice::find(&text).ok_or_else(why)
    }
}

/// `true` or `false`.
pub struct Flag;

impl Kind for Flag {
    type Value = bool;

    fn schema() -> Object {
        of_type(Type::Boolean).build()
    }

    fn read(text: String) -> Result<bool, Cow<'static, str>> {
        text.parse().map_err(|_| "must be one of true, false".into())
    }
}
