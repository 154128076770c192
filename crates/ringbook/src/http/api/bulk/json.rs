//! Rows in a JSON body: how it is described, and how it is read.

use std::collections::BTreeMap;

use axum::extract::{FromRequest as _, Request};
use directory::SaveMode;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Mode;
use super::body::Rows;
use crate::http::api::code::Code;
use crate::http::api::phones::item::PhoneEdit;
use crate::http::api::phones::list::CreatePhone;
use crate::http::api::prelude::*;
use crate::http::limits::BULK_JSON_ROWS_MAX;
use crate::rows::{Fault, Format, Options, ReadRow, read_json_row};

/// Many rows, and how they are done
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it only describes the body")]
pub struct BulkRequest {
    /// `all_or_nothing` if absent
    #[schema(required = false)]
    mode: Mode,
    /// For upserts: the `id` of a row counts even if its phone has neither the number nor the name of
    /// the row. Only for rows of this account
    #[schema(required = false)]
    trust_ids: bool,
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
    ("upsert" = "#/components/schemas/UpsertRow"),
    ("delete" = "#/components/schemas/DeleteRow"),
)))]
#[expect(dead_code, reason = "it only describes the body")]
enum BulkRow {
    Create(CreateRow),
    Edit(EditRow),
    Upsert(UpsertRow),
    Delete(DeleteRow),
}

/// Declares the kinds of rows, each with its `action`.
macro_rules! rows {
    ($($(#[doc = $doc:literal])+ $name:ident $action:ident = $value:literal {
        $($(#[$of_member:meta])* $member:ident: $kind:ty,)*
    })+) => {$(
        $(#[doc = $doc])+
        #[derive(ToSchema)]
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
        #[serde(flatten)]
        phone: CreatePhone,
    }

    /// Edits a phone; what is absent stays
    EditRow EditAction = "edit" {
        /// The id or the number of the phone
        #[schema(example = "p17")]
        phone: String,
        #[serde(flatten)]
        edit: PhoneEdit,
    }

    /// Edits the phone with the id, or else the one with the number; creates it if there is none with
    /// the number, for which it needs a name. What is absent stays
    UpsertRow UpsertAction = "upsert" {
        /// The id of the phone. It counts only if the phone has the number or the name of the row, or
        /// with `trust_ids`
        #[schema(required = false, example = "p17")]
        id: String,
        #[serde(flatten)]
        edit: PhoneEdit,
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
    let body = Json::from_request(request, &()).await?;
    // So many rows take some hundredths of a second.
    let read = tokio::task::spawn_blocking(move || parse(&body)).await;
    read.unwrap_or_else(|_| Err(Problem::new(Code::Unavailable, "the rows could not be read")))
}

fn parse(body: &Json) -> Result<(Option<SaveMode>, Rows<'static>), Problem> {
    // Rows are read as text, so that their faults are those of a row in a file.
    let mut members: BTreeMap<String, Box<RawValue>> = body.parse()?;
    let mut faults = Faults::default();
    let [mode, trust, rows] = ["mode", "trust_ids", "rows"].map(|name| members.remove(name));
    for name in members.keys() {
        faults.unknown(name);
    }
    let mode = mode.map(|json| serde_json::from_str(json.get())).transpose();
    let mode = mode.map_err(|error| Problem::new(Code::InvalidJson, error.to_string()))?;
    let mode = faults.optional("mode", mode.unwrap_or_default());
    let trusts_ids = faults.optional("trust_ids", member(trust, "must be true or false"));
    let rows: Option<Vec<Box<RawValue>>> = faults.required("rows", member(rows, "must be a list"));
    let count = rows.as_ref().map_or(0, Vec::len);
    if count > BULK_JSON_ROWS_MAX {
        let why =
            format!("has {count} items and may have {BULK_JSON_ROWS_MAX}: send more as a file");
        faults.add("rows", "invalid", &why);
    }
    let rows = faults.checked(rows)?;
    let options = Options::new(Format::JsonLines);
    let options = Options { trusts_ids: trusts_ids.unwrap_or(false), ..options };
    let row = |(line, json): (u64, Box<RawValue>)| ReadRow {
        line,
        command: check_action(json.get()).and_then(|()| read_json_row(json.get(), options)),
        may_be_cut: false,
    };
    let rows: Vec<_> = (0..).zip(rows).map(row).collect();
    Ok((mode, Rows::Json { rows: rows.into_iter(), sha256: Sha256::digest(&body.0).into() }))
}

fn member<T: DeserializeOwned>(json: Option<Box<RawValue>>, why: &str) -> Field<T> {
    let read = json.map(|json| serde_json::from_str(json.get()));
    read.map_or(Field::Absent, |read| read.map_or(Field::Invalid(why.into()), Field::Given))
}

/// Each row says what it does, as clients tell kinds of rows apart by it.
fn check_action(json: &str) -> Result<(), Vec<Fault>> {
    #[derive(Deserialize)]
    struct Row {
        action: Option<IgnoredAny>,
    }
    // What is no row is refused later.
    if !matches!(serde_json::from_str(json), Ok(Row { action: None })) {
        return Ok(());
    }
    let (field, detail) = (Some("action".into()), "action: must be given".into());
    Err(vec![Fault { field, code: "missing", detail }])
}
