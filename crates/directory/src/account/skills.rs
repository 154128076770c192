//! The skills of an account.

use std::collections::BTreeMap;

use crate::value::{SkillId, SkillName, SkillSet};

/// The skills of an account: names, ids, and the end of each ring order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skills {
    by_name: BTreeMap<SkillName, SkillId>,
    by_id: BTreeMap<SkillId, Skill>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Skill {
    name: SkillName,
    last_position: u64,
}

impl Skills {
    /// The skill of that name, case included.
    pub fn find(&self, name: &str) -> Option<SkillId> {
        self.by_name.get(name).copied()
    }

    /// The name of a skill.
    pub fn name(&self, id: SkillId) -> Option<&SkillName> {
        self.by_id.get(&id).map(|skill| &skill.name)
    }

    /// The skills, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&SkillName, SkillId)> {
        self.by_name.iter().map(|(name, id)| (name, *id))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The highest position that an assignment to the skill has, or had as far as this process
    /// has seen: another one may know of a higher one, and none that is there is higher.
    pub fn last_position(&self, id: SkillId) -> u64 {
        self.by_id.get(&id).map_or(0, |skill| skill.last_position)
    }

    /// Creates or renames a skill.
    pub fn set(&mut self, id: SkillId, name: SkillName) {
        let last_position = self.last_position(id);
        self.remove(id);
        self.by_name.insert(name.clone(), id);
        self.by_id.insert(id, Skill { name, last_position });
    }

    /// Removes a skill.
    pub fn remove(&mut self, id: SkillId) {
        if let Some(skill) = self.by_id.remove(&id) {
            self.by_name.remove(&skill.name);
        }
    }

    /// Moves the end of each ring order past these assignments.
    pub(crate) fn saw(&mut self, assignments: &SkillSet) {
        for assignment in assignments.iter() {
            if let Some(skill) = self.by_id.get_mut(&assignment.skill()) {
                skill.last_position = skill.last_position.max(assignment.position());
            }
        }
    }

    /// Takes over where the ring orders end.
    pub(crate) fn take_last_positions(&mut self, other: &Self) {
        for (id, skill) in &mut self.by_id {
            skill.last_position = skill.last_position.max(other.last_position(*id));
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        const NODE_SHARE_BYTES: usize = 96;
        self.by_id.values().map(|skill| 2 * skill.name.as_str().len() + NODE_SHARE_BYTES).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Assignment;

    fn name(text: &str) -> SkillName {
        SkillName::parse(text).unwrap()
    }

    fn at(id: u32, position: u64) -> SkillSet {
        [Assignment::new(SkillId(id), position)].into_iter().collect()
    }

    #[test]
    fn a_renamed_skill_keeps_its_id_and_the_end_of_its_ring_order() {
        let mut skills = Skills::default();
        skills.set(SkillId(1), name("QA"));
        skills.saw(&at(1, 7));
        skills.set(SkillId(1), name("Quality"));
        assert_eq!((skills.find("QA"), skills.find("Quality")), (None, Some(SkillId(1))));
        assert_eq!(skills.name(SkillId(1)), Some(&name("Quality")));
        assert_eq!((skills.len(), skills.last_position(SkillId(1))), (1, 7));
        // A name that became free can be that of another skill.
        skills.set(SkillId(2), name("QA"));
        assert_eq!((skills.find("QA"), skills.last_position(SkillId(2))), (Some(SkillId(2)), 0));
    }

    #[test]
    fn the_end_of_a_ring_order_never_moves_back() {
        let mut skills = Skills::default();
        skills.set(SkillId(1), name("QA"));
        for (position, last) in [(5, 5), (3, 5), (6, 6)] {
            skills.saw(&at(1, position));
            assert_eq!(skills.last_position(SkillId(1)), last);
        }
        skills.saw(&at(2, 9));
        assert_eq!(skills.last_position(SkillId(2)), 0, "there is no such skill");
    }

    #[test]
    fn a_removed_skill_is_gone_under_its_name_and_its_id() {
        let mut skills = Skills::default();
        skills.set(SkillId(1), name("QA"));
        skills.set(SkillId(2), name("Idle"));
        skills.remove(SkillId(1));
        skills.remove(SkillId(9));
        assert_eq!((skills.find("QA"), skills.name(SkillId(1))), (None, None));
        let left: Vec<_> = skills.iter().collect();
        assert_eq!(left, [(&name("Idle"), SkillId(2))]);
    }
}
