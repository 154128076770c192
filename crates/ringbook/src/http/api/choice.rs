//! Values that have one of a few names, in queries and in bodies.

use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// A value with a name.
pub trait Choice: Sized {
    /// Every name with its value.
    fn choices() -> Vec<(&'static str, Self)>;
}

/// The value with that name.
pub fn find<T: Choice>(name: &str) -> Option<T> {
    T::choices().into_iter().find(|(choice, _)| *choice == name).map(|(_, value)| value)
}

pub fn names<T: Choice>() -> Vec<&'static str> {
    T::choices().into_iter().map(|(name, _)| name).collect()
}

/// The schema of the names.
pub fn schema<T: Choice>() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names::<T>())).build()
}

/// A type that stands for a [`Choice`] in the schemas of bodies, under its own name.
macro_rules! choice_schema {
    ($(#[doc = $doc:literal])+ $vis:vis $name:ident for $choice:ty) => {
        $(#[doc = $doc])+
        $vis struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let mut schema = $crate::http::api::choice::schema::<$choice>();
                schema.description = Some(concat!($($doc),+).trim().to_owned());
                utoipa::openapi::Schema::Object(schema).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
    // For a type whose values are all in a list, and know their names.
    ($(#[doc = $doc:literal])+ $vis:vis $name:ident for $choice:ty = $all:expr) => {
        $crate::http::api::choice::choice_schema!($(#[doc = $doc])+ $vis $name for $choice);

        impl $crate::http::api::choice::Choice for $choice {
            fn choices() -> Vec<(&'static str, Self)> {
                $all.map(|choice| (choice.as_str(), choice)).into()
            }
        }
    };
}
pub(crate) use choice_schema;
