//! The skills of an account.

use std::collections::BTreeMap;

use strsim::jaro_winkler;

use crate::limits::{ALIKE_MAX, SIMILARITY_MIN};
use crate::value::{SkillId, SkillName, SkillSet};

/// The skills of an account: names, ids, versions, and the last position of each ring order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skills {
    by_name: BTreeMap<SkillName, SkillId>,
    by_id: BTreeMap<SkillId, Skill>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Skill {
    name: SkillName,
    version: u64,
    last_position: u64,
}

impl Skills {
    /// The skill of that name, case included.
    pub fn find(&self, name: &str) -> Option<SkillId> {
        self.by_name.get(name).copied()
    }

    /// The skill that a text names by its id or by its name: none is named as an id is written.
    pub fn lookup(&self, text: &str) -> Option<(SkillId, &SkillName)> {
        let id = text.parse().ok().or_else(|| self.find(text))?;
        Some((id, self.name(id)?))
    }

    /// The skills with similar names, the most similar first.
    pub fn alike(&self, name: &str) -> Vec<SkillName> {
        let folded = name.trim().to_lowercase();
        let similarity = |name: &SkillName| jaro_winkler(&folded, &name.as_str().to_lowercase());
        let measured = self.by_name.keys().map(|name| (similarity(name), name));
        let mut alike: Vec<_> =
            measured.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN).collect();
        alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        alike.into_iter().take(ALIKE_MAX).map(|(_, name)| name.clone()).collect()
    }

    /// The name of a skill.
    pub fn name(&self, id: SkillId) -> Option<&SkillName> {
        self.by_id.get(&id).map(|skill| &skill.name)
    }

    /// The version of the account at which the skill was created or renamed last; 0 if there is no
    /// such skill.
    pub fn version(&self, id: SkillId) -> u64 {
        self.by_id.get(&id).map_or(0, |skill| skill.version)
    }

    /// The version of a phone with these skills, as it is shown: its own one, or that of the skill
    /// that was renamed later.
    pub(crate) fn version_with(&self, own: u64, assignments: &SkillSet) -> u64 {
        assignments.iter().map(|held| self.version(held.skill())).fold(own, u64::max)
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

    /// The highest ring position of the skill that this process has seen. No current assignment
    /// has a higher one, though another process may have seen a higher one in the past.
    pub fn last_position(&self, id: SkillId) -> u64 {
        self.by_id.get(&id).map_or(0, |skill| skill.last_position)
    }

    /// Creates or renames a skill, which has this version from then on.
    pub fn set(&mut self, id: SkillId, name: SkillName, version: u64) {
        let last_position = self.last_position(id);
        self.remove(id);
        self.by_name.insert(name.clone(), id);
        self.by_id.insert(id, Skill { name, version, last_position });
    }

    /// Removes a skill.
    pub fn remove(&mut self, id: SkillId) {
        if let Some(skill) = self.by_id.remove(&id) {
            self.by_name.remove(&skill.name);
        }
    }

    /// Raises the last position of each ring order to these assignments.
    pub(crate) fn raise_last_positions(&mut self, assignments: &SkillSet) {
        for assignment in assignments.iter() {
            if let Some(skill) = self.by_id.get_mut(&assignment.skill()) {
                skill.last_position = skill.last_position.max(assignment.position());
            }
        }
    }

    /// Takes over higher last positions.
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
