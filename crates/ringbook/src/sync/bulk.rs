//! A plan as rows of a bulk request.

use directory::{Assignment, Phone, SkillName};
use serde_json::{Value, json};

use super::{Current, Plan, Step};

/// Appends the line of JSON of a step, which says what changes: what is absent stays as it is. To try a
/// step out before the plan's skills are made, they are left out.
pub fn write_row(json: &mut Vec<u8>, plan: &Plan, step: &Step, current: &Current, is_trial: bool) {
    let before = step.id.and_then(|id| current.phones.get(id));
    let mut row =
        step.after.as_ref().map(|after| plan.differing(after, before)).unwrap_or_default();
    if let (Some(held), Some(after)) = (row.get_mut("skills"), &step.after) {
        *held = skills(plan, before, after, is_trial);
    }
    let action = match (step.id, &step.after) {
        (None, _) => "create",
        (Some(_), Some(_)) => "edit",
        (Some(_), None) => "delete",
    };
    row.insert("action".into(), action.into());
    row.extend(step.id.map(|id| ("phone".into(), id.to_string().into())));
    serde_json::to_writer(&mut *json, &row).expect("writing to memory cannot fail");
    json.push(b'\n');
}

/// All skills of a phone, with the positions that it does not have already.
fn skills(plan: &Plan, before: Option<&Phone>, after: &Phone, is_trial: bool) -> Value {
    let skills = plan.skills_of(after).into_iter();
    let made = skills.filter(|(name, _)| !is_trial || plan.skills.binary_search(name).is_err());
    let skill = |(name, held): (&SkillName, Assignment)| {
        let has = before.and_then(|phone| phone.skills.get(held.skill())) == Some(held);
        match held.position() {
            position if position > 0 && !has => {
                json!({"name": name.as_str(), "position": position})
            }
            _ => name.as_str().into(),
        }
    };
    made.map(skill).collect()
}
