//! A phone and the skills it is assigned to.

use smallvec::SmallVec;

use crate::value::{PhoneName, PhoneNumber, SkillId};

/// An offline phone: a number and a name, assigned to skills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// Unique within the account, as written.
    pub number: PhoneNumber,
    /// Unique within the account, without regard to case.
    pub name: PhoneName,
    /// The skills whose calls are offered to it.
    pub skills: SkillSet,
}

/// An assignment: a skill and the phone's position in its ring order, packed into eight bytes.
///
/// The skill's id takes the upper 20 bits, the position the lower 44: a skill that gets
/// 30,000 new assignments a second for ten years still has positions left.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Assignment(u64);

impl Assignment {
    const POSITION_BITS: u32 = 44;
    /// The ids that skills can have: from 0 up to this.
    pub const SKILL_IDS: usize = 1 << (u64::BITS - Self::POSITION_BITS);
    /// The highest position. Phones that share a position ring in the order of their ids.
    pub const POSITION_MAX: u64 = (1 << Self::POSITION_BITS) - 1;

    /// An assignment to `skill` at `position`, which saturates at [`Self::POSITION_MAX`].
    pub fn new(skill: SkillId, position: u64) -> Self {
        let skill = u64::from(skill.0);
        assert!(skill < Self::SKILL_IDS as u64, "a skill's id has at most 20 bits");
        Self(skill << Self::POSITION_BITS | position.min(Self::POSITION_MAX))
    }

    /// The skill.
    pub fn skill(self) -> SkillId {
        SkillId(u32::try_from(self.0 >> Self::POSITION_BITS).expect("20 bits"))
    }

    /// Sorts assignments by skill and then by position, as they are.
    pub(crate) fn sort_key(self) -> u64 {
        self.0
    }

    /// The position in the ring order of the skill: lower ones ring earlier.
    pub fn position(self) -> u64 {
        self.0 & Self::POSITION_MAX
    }
}

impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.skill().0, self.position())
    }
}

/// The assignments of a phone: at most one a skill, sorted by the skill's id. Up to three lie within
/// the 32 bytes of the value, more on the heap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SkillSet(SmallVec<[Assignment; 3]>);

impl SkillSet {
    /// The assignments, sorted by the skill's id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Assignment> + '_ {
        self.0.iter().copied()
    }

    /// The assignment to `skill`, if there is one.
    pub fn get(&self, skill: SkillId) -> Option<Assignment> {
        let found = self.0.binary_search_by_key(&skill, |assignment| assignment.skill());
        found.ok().map(|index| self.0[index])
    }

    /// Whether the phone has the skill.
    pub fn contains(&self, skill: SkillId) -> bool {
        self.get(skill).is_some()
    }

    /// The assignments that `other` lacks, or has at another position.
    pub fn not_in<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = Assignment> + 's {
        self.iter().filter(|held| other.0.binary_search(held).is_err())
    }

    /// How many skills there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.0.spilled() { size_of_val(&*self.0) } else { 0 }
    }
}

/// Keeps the first assignment of a skill that is given twice.
impl FromIterator<Assignment> for SkillSet {
    fn from_iter<I: IntoIterator<Item = Assignment>>(assignments: I) -> Self {
        let mut set = Self(assignments.into_iter().collect());
        set.0.sort_by_key(|assignment| assignment.skill());
        set.0.dedup_by_key(|assignment| assignment.skill());
        set.0.shrink_to_fit();
        set
    }
}
