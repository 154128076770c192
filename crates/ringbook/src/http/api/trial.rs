//! How a trial is asked for, and what it is answered with: a write with `dry_run`.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::IntoParams;

use super::reply::Reply;

/// How a trial is asked for
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what `Write` reads.
pub struct DryRunParameter {
    /// Only say what would happen
    dry_run: Option<bool>,
}

/// What a trial is answered with
#[derive(Serialize, utoipa::ToSchema)]
#[allow(clippy::struct_field_names, reason = "it is what the parameter is called")]
pub struct DryRun<'r> {
    /// Always `true`: nothing was changed
    dry_run: bool,
    /// How many changes there would be
    changes: usize,
    /// What would be answered, if that has a body
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    result: Option<&'r RawValue>,
}

/// What a write is answered with that may be a trial
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[allow(dead_code)] // It describes what `carry_out` answers.
pub enum OrDryRun<T> {
    /// What was done
    Done(T),
    /// With `dry_run`: what would be done
    Tried(DryRun<'static>),
}

/// What is answered where this many changes would be made, and this would be answered.
pub fn tried(changes: usize, reply: &Reply) -> Reply {
    let result = RawValue::from_string(reply.body().to_owned()).ok();
    Reply::ok(&DryRun { dry_run: true, changes, result: result.as_deref() })
}
