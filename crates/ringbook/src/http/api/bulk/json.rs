//! Rows in a JSON body: how it is described, and how it is read.

use axum::extract::{FromRequest as _, Request};
use directory::SaveMode;
use serde::{Deserialize, Deserializer};
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
use crate::rows::{Format, Options, ReadRow, read_json_row};

body! {
    /// Many rows, and how they are done
    pub struct BulkRequest {
        /// `all_or_nothing` if absent
        #[schema(value_type = Mode, required = false)]
        mode: optional SaveMode,
        /// For upserts: the `id` of a row counts even if its phone has neither the number nor the name of
        /// the row. Only for rows of this account
        #[schema(value_type = bool)]
        trust_ids: optional bool,
        /// Each is decided after the ones before it
        #[schema(value_type = Vec<BulkRow>, required, max_items = 10_000)]
        rows: required JsonRows,
    }
}

/// Rows as they are written, so that their faults are those of a row in a file.
#[derive(Deserialize)]
pub struct JsonRows(Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Field<JsonRows> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = serde_json::from_str(Box::<RawValue>::deserialize(deserializer)?.get());
        Ok(rows.map_or_else(|_| Self::Invalid("must be a list".into()), Self::Given))
    }
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
    let (mode, trusts_ids, JsonRows(rows)) = body.read::<BulkRequest>()?;
    if rows.len() > BULK_JSON_ROWS_MAX {
        let count = rows.len();
        let why =
            format!("has {count} items and may have {BULK_JSON_ROWS_MAX}: send more as a file");
        return Err(Faults::one("rows", "invalid", &why).into());
    }
    let (trusts_ids, needs_action) = (trusts_ids.unwrap_or(false), true);
    let options = Options { trusts_ids, needs_action, ..Options::new(Format::JsonLines) };
    let row = |(line, json): (u64, Box<RawValue>)| ReadRow {
        line,
        content: read_json_row(json.get(), options),
        may_be_cut: false,
    };
    let rows: Vec<_> = (0..).zip(rows).map(row).collect();
    Ok((mode, Rows::Json { rows: rows.into_iter(), sha256: Sha256::digest(&body.0).into() }))
}
