//! Routing settings.

use crate::account::View;
use crate::command::{RoutingOf, SettingEdit};
use crate::decision::Decision;
use crate::refusal::Refusal;

pub(super) fn edit(
    _view: &View<'_>,
    _of: &RoutingOf,
    _edits: &[SettingEdit],
    _expected_version: Option<u64>,
) -> Result<Decision, Refusal> {
    unimplemented!()
}
