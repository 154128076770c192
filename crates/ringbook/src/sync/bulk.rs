//! A plan as rows of a bulk request.

use directory::Phone;
use serde::Serialize;

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
    skills: Option<Vec<Skill<'p>>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Skill<'p> {
    Name(&'p str),
    Placed { name: &'p str, position: u64 },
}

/// Appends the line of JSON of a step, which says what changes. To try a step out before the plan's
/// skills are made, they are left out.
pub fn write_row(json: &mut Vec<u8>, plan: &Plan, step: &Step, current: &Current, is_trial: bool) {
    let before = step.id.and_then(|id| current.phones.get(id));
    let phone = step.id.map(|id| id.to_string());
    let row = match &step.after {
        None => BulkRow { action: "delete", phone, ..BulkRow::default() },
        Some(after) => BulkRow {
            action: if step.id.is_some() { "edit" } else { "create" },
            phone,
            number: before
                .is_none_or(|phone| phone.number != after.number)
                .then(|| after.number.to_string()),
            name: before.is_none_or(|phone| phone.name != after.name).then(|| after.name.as_str()),
            skills: before
                .is_none_or(|phone| phone.skills != after.skills)
                .then(|| skills(plan, before, after, is_trial)),
        },
    };
    serde_json::to_writer(&mut *json, &row).expect("writing to memory cannot fail");
    json.push(b'\n');
}

/// All skills of a phone, with the positions that it does not have already.
fn skills<'p>(
    plan: &'p Plan,
    before: Option<&Phone>,
    after: &Phone,
    is_trial: bool,
) -> Vec<Skill<'p>> {
    let skills = plan.skills_of(after).into_iter();
    let made = skills.filter(|(name, _)| !is_trial || plan.skills.binary_search(name).is_err());
    let skill = |(name, held): (&'p directory::SkillName, directory::Assignment)| {
        let name = name.as_str();
        let has = before.and_then(|phone| phone.skills.get(held.skill())) == Some(held);
        match held.position() {
            position if position > 0 && !has => Skill::Placed { name, position },
            _ => Skill::Name(name),
        }
    };
    made.map(skill).collect()
}
