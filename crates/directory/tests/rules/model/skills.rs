//! The skills of the model: a list of phones each.

use std::collections::BTreeSet;

use super::{Kind, Model, Outcome};
use directory::SkillFault;
use directory::command::{IfAssigned, PhoneLookup, RingOrder, SkillEdit};
use directory::value::{PhoneId, SkillName};

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

    pub(super) fn edit_skills(&mut self, id: PhoneId, edit: &SkillEdit) -> Option<Kind> {
        if let Some(fault) = self.skill_faults(edit).first() {
            return Some(fault);
        }
        for (name, ring) in &mut self.rings {
            let held = ring.contains(&id);
            let in_set = edit.set.as_ref().map(|set| set.contains(name));
            let wanted = edit.assign.contains(name) || in_set == Some(true);
            let unwanted = edit.unassign.contains(name) || in_set == Some(false);
            if held && unwanted && !wanted {
                ring.retain(|held| *held != id);
            } else if !held && wanted {
                ring.push(id);
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
                ring.retain(|id| !first.contains(id));
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
                let id = self.ring_phone(&ring, phone)?;
                ring.retain(|other| *other != id);
                // Positions 0 and 1 are the first, all beyond the end are the last.
                let before = (*position).max(1) - 1;
                if before < ring.len() { ring.insert(before, id) } else { ring.push(id) }
            }
        }
        self.rings.insert(skill.to_owned(), ring);
        Ok(None)
    }

    /// The listed phones, and the faults in the list.
    fn ring_phones(&self, ring: &[PhoneId], phones: &[PhoneLookup]) -> (Vec<PhoneId>, Vec<Kind>) {
        let (mut listed, mut wrong) = (Vec::new(), Vec::new());
        for phone in phones {
            match self.ring_phone(ring, phone) {
                Ok(id) if listed.contains(&id) => wrong.push("ListedTwice"),
                Ok(id) => listed.push(id),
                Err(kinds) => wrong.extend(kinds),
            }
        }
        (listed, wrong)
    }

    fn ring_phone(&self, ring: &[PhoneId], phone: &PhoneLookup) -> Result<PhoneId, Vec<Kind>> {
        let id = self.find(phone)?;
        if ring.contains(&id) { Ok(id) } else { Err(vec!["NotAssigned"]) }
    }
}
