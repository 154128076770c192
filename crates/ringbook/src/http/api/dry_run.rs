//! The answer to a dry run: a write with the parameter `dry_run`.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::reply::Reply;

/// The answer to a dry run
#[derive(Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "it is what the parameter is called")]
pub struct DryRun<'r> {
    /// Always `true`: nothing was changed
    dry_run: bool,
    /// How many changes there would be
    changes: usize,
    /// The body that the write would be answered with, if any
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    result: Option<&'r RawValue>,
}

/// The answer to a write, or to a dry run of it
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the schema is used: `Reply` holds either as JSON")]
pub enum OrDryRun<T> {
    /// What was done
    Done(T),
    /// With `dry_run`: what would be done
    DryRun(DryRun<'static>),
}

/// The reply to a dry run of a write with that many changes and that reply.
pub fn reply(changes: usize, reply: &Reply) -> Reply {
    let result = RawValue::from_string(reply.body().to_owned()).ok();
    Reply::ok(&DryRun { dry_run: true, changes, result: result.as_deref() })
}
