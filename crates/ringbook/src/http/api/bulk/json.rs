//! Rows in a JSON body: how it is described, and how it is read.

use std::collections::BTreeMap;

use axum::extract::{FromRequest as _, Request};
use directory::SaveMode;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Mode;
use super::body::Rows;
use crate::http::api::code::Code;
use crate::http::api::prelude::*;
use crate::http::limits::BULK_JSON_ROWS_MAX;
use crate::rows::{Format, Options, ReadRow, read_json_row};

/// Many rows, and how they are done
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it only describes the body")]
pub struct BulkRequest {
    /// `all_or_nothing` if absent
    #[schema(required = false)]
    mode: Mode,
    /// Each is decided after the ones before it
    #[schema(max_items = 10_000)]
    rows: Vec<BulkRow>,
}

/// What is done to one phone
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(discriminator(property_name = "action", mapping(
    ("create" = "#/components/schemas/CreateRow"),
    ("edit" = "#/components/schemas/EditRow"),
    ("delete" = "#/components/schemas/DeleteRow"),
)))]
#[expect(dead_code, reason = "it only describes the body")]
enum BulkRow {
    Create(CreateRow),
    Edit(EditRow),
    Delete(DeleteRow),
}

/// Declares the kinds of rows, each with its `action`.
macro_rules! rows {
    ($($(#[doc = $doc:literal])+ $name:ident $action:ident = $value:literal {
        $($(#[$of_member:meta])* $member:ident: $kind:ty,)*
    })+) => {$(
        $(#[doc = $doc])+
        #[derive(ToSchema)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "it only describes the body")]
        struct $name {
            #[schema(inline)]
            action: $action,
            $($(#[$of_member])* $member: $kind,)*
        }

        struct $action;

        impl PartialSchema for $action {
            fn schema() -> RefOr<Schema> {
                let one = ObjectBuilder::new().schema_type(Type::String);
                one.enum_values(Some([$value])).into()
            }
        }

        impl ToSchema for $action {}
    )+};
}

rows! {
    /// Creates a phone
    CreateRow CreateAction = "create" {
        /// 3 to 16 digits with an optional `+`
        #[schema(example = "919876543210")]
        number: String,
        /// 2 to 50 characters, unique within the account
        #[schema(example = "Ravi")]
        name: String,
        /// Names of its skills, which exist
        #[schema(required = false)]
        skills: Vec<String>,
    }

    /// Edits a phone; what is absent stays
    EditRow EditAction = "edit" {
        /// The id or the number of the phone
        #[schema(example = "p17")]
        phone: String,
        /// Its number from now on
        #[schema(required = false)]
        number: String,
        /// Its name from now on
        #[schema(required = false)]
        name: String,
        /// Names of all skills that it has from now on; not together with the two others
        #[schema(required = false)]
        skills: Vec<String>,
        /// Names of skills that it gets
        #[schema(required = false)]
        assign: Vec<String>,
        /// Names of skills that it loses, which happens first
        #[schema(required = false)]
        unassign: Vec<String>,
    }

    /// Deletes a phone
    DeleteRow DeleteAction = "delete" {
        /// The id or the number of the phone
        #[schema(example = "p17")]
        phone: String,
    }
}

/// Reads a body: the mode, and the rows. Their lines are their places in the list, from 0.
pub async fn read(request: Request) -> Result<(Option<SaveMode>, Rows<'static>), Problem> {
    let body = JsonBytes::from_request(request, &()).await?;
    // So many rows take some hundredths of a second.
    let read = tokio::task::spawn_blocking(move || parse(&body)).await;
    read.unwrap_or_else(|_| Err(Problem::new(Code::Unavailable, "the rows could not be read")))
}

fn parse(body: &JsonBytes) -> Result<(Option<SaveMode>, Rows<'static>), Problem> {
    // Rows are read as text, so that their faults are those of a row in a file.
    let mut members: BTreeMap<String, Box<RawValue>> = body.parse()?;
    let (mode, rows) = (members.remove("mode"), members.remove("rows"));
    let mut faults = Faults::default();
    for name in members.keys() {
        faults.unknown(name);
    }
    let mode = mode.map(|json| serde_json::from_str(json.get())).transpose();
    let mode = mode.map_err(|error| Problem::new(Code::InvalidJson, error.to_string()))?;
    let mode = faults.optional("mode", mode.unwrap_or_default());
    let rows: Option<Vec<Box<RawValue>>> = match rows.map(|json| serde_json::from_str(json.get())) {
        None => faults.required("rows", Field::Absent),
        Some(Err(_)) => faults.required("rows", Field::Invalid("must be a list".into())),
        Some(Ok(rows)) => Some(rows),
    };
    let count = rows.as_ref().map_or(0, Vec::len);
    if count > BULK_JSON_ROWS_MAX {
        let detail = format!(
            "rows: has {count} items and may have {BULK_JSON_ROWS_MAX}: send more as a file"
        );
        faults.add("rows", "invalid", detail);
    }
    let rows = faults.checked(rows)?;
    let row = |(line, json): (u64, Box<RawValue>)| ReadRow {
        line,
        command: read_json_row(json.get(), Options::new(Format::JsonLines)),
    };
    let rows: Vec<_> = (0..).zip(rows).map(row).collect();
    Ok((mode, Rows::Json { rows: rows.into_iter(), sha256: Sha256::digest(&body.0).into() }))
}
