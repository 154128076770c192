//! The skills of the model: a list of numbers each.

use std::collections::BTreeSet;

use super::{Kind, Model, Outcome};
use directory::SkillFault;
use directory::command::{IfAssigned, PhoneLookup, RingOrder, SkillEdit};
use directory::value::SkillName;

impl Model {
    /// The faults in an edit of skills.
    pub(super) fn skill_faults(&self, edit: &SkillEdit) -> Vec<Kind> {
        let seen = edit.fault.as_ref().map(|fault| match fault {
            SkillFault::NoSuchSkill { .. } => "NoSuchSkill",
            SkillFault::NamesNone { .. } => "NamesNone",
            SkillFault::UnknownKey { .. } => "UnknownKey",
        });
        let names = edit.unassign.iter().chain(&edit.assign).chain(edit.set.iter().flatten());
        let unknown = names.filter(|name| !self.rings.contains_key(*name)).map(|_| "NoSuchSkill");
        seen.into_iter().chain(unknown).collect()
    }

    pub(super) fn edit_skills(&mut self, number: &str, edit: &SkillEdit) -> Option<Kind> {
        if let Some(fault) = self.skill_faults(edit).first() {
            return Some(fault);
        }
        for (name, ring) in &mut self.rings {
            let held = ring.iter().any(|held| held == number);
            let in_set = edit.set.as_ref().map(|set| set.contains(name));
            let wanted = edit.assign.contains(name) || in_set == Some(true);
            let unwanted = edit.unassign.contains(name) || in_set == Some(false);
            if held && unwanted && !wanted {
                ring.retain(|held| held != number);
            } else if !held && wanted {
                ring.push(number.to_owned());
            }
        }
        None
    }

    pub(super) fn create_skills(&mut self, names: &[SkillName]) -> Outcome {
        let unique: BTreeSet<_> = names.iter().map(SkillName::as_str).collect();
        if unique.len() < names.len() || unique.iter().any(|name| self.rings.contains_key(*name)) {
            return Err(vec!["SkillExists"]);
        }
        self.rings.extend(unique.into_iter().map(|name| (name.to_owned(), Vec::new())));
        Ok(None)
    }

    pub(super) fn rename_skill(&mut self, name: &str, name_new: &str) -> Outcome {
        let Some(ring) = self.rings.get(name).cloned() else { return Err(vec!["NoSuchSkill"]) };
        if name != name_new && self.rings.contains_key(name_new) {
            return Err(vec!["SkillExists"]);
        }
        self.rings.remove(name);
        self.rings.insert(name_new.to_owned(), ring);
        Ok(None)
    }

    pub(super) fn delete_skills(&mut self, names: &[String], if_assigned: IfAssigned) -> Outcome {
        if names.iter().any(|name| !self.rings.contains_key(name)) {
            return Err(vec!["NoSuchSkill"]);
        }
        if if_assigned == IfAssigned::Refuse
            && names.iter().any(|name| !self.rings[name].is_empty())
        {
            return Err(vec!["SkillAssigned"]);
        }
        self.rings.retain(|name, _| !names.contains(name));
        Ok(None)
    }

    pub(super) fn order(&mut self, skill: &str, order: &RingOrder) -> Outcome {
        let mut ring = self.rings.get(skill).ok_or(vec!["NoSuchSkill"])?.clone();
        match order {
            RingOrder::First(first) => {
                let (first, kinds) = self.ring_phones(&ring, first);
                if !kinds.is_empty() {
                    return Err(kinds);
                }
                ring.retain(|number| !first.contains(number));
                ring.splice(..0, first);
            }
            RingOrder::Whole(phones) => {
                let (listed, mut kinds) = self.ring_phones(&ring, phones);
                if listed.len() < ring.len() {
                    kinds.push("NotWhole");
                }
                if !kinds.is_empty() {
                    return Err(kinds);
                }
                ring = listed;
            }
            RingOrder::Move { phone, position } => {
                let number = self.ring_phone(&ring, phone)?;
                ring.retain(|other| *other != number);
                // Positions 0 and 1 are the first, all beyond the end are the last.
                let before = (*position).max(1) - 1;
                if before < ring.len() { ring.insert(before, number) } else { ring.push(number) }
            }
        }
        self.rings.insert(skill.to_owned(), ring);
        Ok(None)
    }

    /// The listed numbers, and the faults in the list.
    fn ring_phones(&self, ring: &[String], phones: &[PhoneLookup]) -> (Vec<String>, Vec<Kind>) {
        let (mut listed, mut wrong) = (Vec::new(), Vec::new());
        for phone in phones {
            match self.ring_phone(ring, phone) {
                Ok(number) if listed.contains(&number) => wrong.push("ListedTwice"),
                Ok(number) => listed.push(number),
                Err(kinds) => wrong.extend(kinds),
            }
        }
        (listed, wrong)
    }

    fn ring_phone(&self, ring: &[String], phone: &PhoneLookup) -> Result<String, Vec<Kind>> {
        let number = self.find(phone)?;
        if ring.contains(&number) { Ok(number) } else { Err(vec!["NotAssigned"]) }
    }
}
