//! A plan as rows of a bulk request.

use directory::{Phone, SkillName};
use serde::Serialize;

use super::plan::has_same_skills;
use super::{Current, Plan, Step};

/// A row: what is absent stays as it is.
#[derive(Default, Serialize)]
struct BulkRow<'p> {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skills: Option<Vec<&'p str>>,
}

/// Appends the line of JSON of a step, which says what changes. To try a step out before the plan's
/// skills are made, they are left out.
pub fn write_row(json: &mut Vec<u8>, plan: &Plan, step: &Step, current: &Current, is_trial: bool) {
    let before = step.id.and_then(|id| current.phones.get(id));
    let phone = step.id.map(|id| id.to_string());
    let row = match &step.after {
        None => BulkRow { action: "delete", phone, ..BulkRow::default() },
        Some(after) => {
            let is_new =
                |same: fn(&Phone, &Phone) -> bool| !before.is_some_and(|it| same(it, after));
            let is_made = |name: &&SkillName| is_trial && plan.skills.binary_search(name).is_ok();
            let skills = || plan.names(&after.skills).into_iter().filter(|name| !is_made(name));
            BulkRow {
                action: if step.id.is_some() { "edit" } else { "create" },
                phone,
                number: is_new(|it, after| it.number == after.number)
                    .then(|| after.number.to_string()),
                name: is_new(|it, after| it.name == after.name).then(|| after.name.as_str()),
                skills: is_new(has_same_skills).then(|| skills().map(SkillName::as_str).collect()),
            }
        }
    };
    serde_json::to_writer(&mut *json, &row).expect("writing to memory cannot fail");
    json.push(b'\n');
}
