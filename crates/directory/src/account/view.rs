//! An account as it will be once what was decided so far is committed.

use std::borrow::Cow;

use hashbrown::HashMap;
use smol_str::{SmolStr, StrExt as _};

use super::{Account, ApiKeys, Counters, Profile, Skills, Tokens};
use crate::change::Change;
use crate::value::{Phone, PhoneId, PhoneNumber, SkillId};

/// A committed account plus the changes that a batch has decided already.
///
/// The account itself stays as it is, so readers see only what is committed, and a commit that
/// fails leaves nothing to undo.
#[derive(Clone)]
pub struct View<'a> {
    account: &'a Account,
    /// The view that this one goes on from, if it is one on trial.
    base: Option<&'a View<'a>>,
    phones: HashMap<PhoneId, Option<Phone>>,
    numbers: HashMap<PhoneNumber, Option<PhoneId>>,
    names: HashMap<SmolStr, Option<PhoneId>>,
    phone_count: usize,
    /// The ends of the ring orders that the changes moved.
    last_positions: HashMap<SkillId, u64>,
    profile: Cow<'a, Profile>,
    tokens: Cow<'a, Tokens>,
    keys: Cow<'a, ApiKeys>,
    skills: Cow<'a, Skills>,
    deleted: bool,
    counters: Counters,
}

impl<'a> View<'a> {
    /// The account as it is committed.
    pub fn new(account: &'a Account) -> Self {
        Self {
            account,
            base: None,
            phones: HashMap::new(),
            numbers: HashMap::new(),
            names: HashMap::new(),
            phone_count: account.phones.len(),
            last_positions: HashMap::new(),
            profile: Cow::Borrowed(&account.profile),
            tokens: Cow::Borrowed(&account.tokens),
            keys: Cow::Borrowed(&account.keys),
            skills: Cow::Borrowed(&account.skills),
            deleted: false,
            counters: account.counters,
        }
    }

    /// A view that goes on from this one and leaves it as it is: for deciding things that may all
    /// be dropped again. Unlike a clone it costs nothing for what is staged already.
    pub fn on_trial(&self) -> View<'_> {
        View {
            base: Some(self),
            phone_count: self.phone_count,
            profile: Cow::Borrowed(&self.profile),
            tokens: Cow::Borrowed(&self.tokens),
            keys: Cow::Borrowed(&self.keys),
            skills: Cow::Borrowed(&self.skills),
            deleted: self.deleted,
            counters: self.counters,
            ..View::new(self.account)
        }
    }

    /// The phone with that id.
    pub fn phone(&self, id: PhoneId) -> Option<&Phone> {
        match self.phones.get(&id) {
            Some(staged) => staged.as_ref(),
            None => match self.base {
                Some(base) => base.phone(id),
                None => self.account.phones.get(id),
            },
        }
    }

    /// The phone with that number, as written.
    pub fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        match self.numbers.get(&number) {
            Some(staged) => staged.and_then(|id| Some((id, self.phone(id)?))),
            None => match self.base {
                Some(base) => base.by_number(number),
                None => self.account.phones.by_number(number),
            },
        }
    }

    /// The phone with that name, in any case.
    pub fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        if !self.names.is_empty()
            && let Some(staged) = self.names.get(&name.to_ascii_lowercase_smolstr())
        {
            return staged.and_then(|id| Some((id, self.phone(id)?)));
        }
        match self.base {
            Some(base) => base.by_name(name),
            None => self.account.phones.by_name(name),
        }
    }

    /// The phones, those that the batch touched last.
    pub fn phones(&self) -> impl Iterator<Item = (PhoneId, &Phone)> {
        let is_staged = |id, layers| self.layers().take(layers).any(|one| one.stages_phone(id));
        let untouched = self.account.phones.iter();
        let untouched = untouched.filter(move |(id, _)| !is_staged(*id, usize::MAX));
        let touched = self.layers().enumerate().flat_map(move |(newer, layer)| {
            let phones = layer.phones.iter().filter(move |(id, _)| !is_staged(**id, newer));
            phones.filter_map(|(id, phone)| Some((*id, phone.as_ref()?)))
        });
        untouched.chain(touched)
    }

    /// This view and those that it goes on from, the newest first.
    fn layers(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |view| view.base)
    }

    fn stages_phone(&self, id: PhoneId) -> bool {
        self.phones.contains_key(&id)
    }

    /// How many phones there are.
    pub fn phone_count(&self) -> usize {
        self.phone_count
    }

    /// The settings.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The API keys beside the one among the settings.
    pub fn keys(&self) -> &ApiKeys {
        &self.keys
    }

    /// The skills.
    pub fn skills(&self) -> &Skills {
        &self.skills
    }

    /// Whether the account was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// The counters.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The position that a new assignment to the skill gets: the end of its ring order.
    pub fn next_position(&self, skill: SkillId) -> u64 {
        self.last_position(skill) + 1
    }

    fn last_position(&self, skill: SkillId) -> u64 {
        match (self.last_positions.get(&skill), self.base) {
            (Some(staged), _) => *staged,
            (None, Some(base)) => base.last_position(skill),
            (None, None) => self.account.skills.last_position(skill),
        }
    }

    /// Takes a decided change into account.
    pub fn stage(&mut self, change: &Change) {
        self.counters.count(change);
        match change {
            Change::Phone { id, before, after } => {
                self.stage_phone(*id, before.as_ref(), after.as_ref());
            }
            Change::Skill { id, after: Some(name), .. } => {
                self.skills.to_mut().set(*id, name.clone());
            }
            Change::Skill { id, after: None, .. } => {
                self.skills.to_mut().remove(*id);
                // A deletion that is taken back finds the end of the ring order anew, by the
                // assignments that come back, as the account will.
                self.last_positions.insert(*id, 0);
            }
            Change::Profile { after, .. } => self.profile = Cow::Owned(after.clone()),
            Change::Key { id, after, .. } => self.keys.to_mut().set(*id, after.clone()),
            Change::Token { issued } => self.tokens.to_mut().issue(issued.clone()),
            Change::AccountDeleted => self.deleted = true,
        }
    }

    fn stage_phone(&mut self, id: PhoneId, before: Option<&Phone>, after: Option<&Phone>) {
        if let Some(before) = before {
            self.phone_count -= 1;
            self.numbers.insert(before.number, None);
            self.names.insert(before.name.folded(), None);
        }
        if let Some(after) = after {
            self.phone_count += 1;
            self.numbers.insert(after.number, Some(id));
            self.names.insert(after.name.folded(), Some(id));
            for assignment in after.skills.iter() {
                let skill = assignment.skill();
                let last = self.last_position(skill).max(assignment.position());
                self.last_positions.insert(skill, last);
            }
        }
        self.phones.insert(id, after.cloned());
    }

    /// Makes room for `count` new phones at once.
    pub fn reserve(&mut self, count: usize) {
        self.phones.reserve(count);
        self.numbers.reserve(count);
        self.names.reserve(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountId;
    use crate::value::{Assignment, PhoneName, SkillName, SkillSet, UserName};

    fn phone(number: &str, name: &str, position: u64) -> Phone {
        let skills: SkillSet = [Assignment::new(SkillId(1), position)].into_iter().collect();
        let (number, name) = (PhoneNumber::parse(number), PhoneName::parse(name));
        Phone { number: number.unwrap(), name: name.unwrap(), skills }
    }

    fn account() -> Account {
        let profile = Profile::new(UserName::parse("demo").unwrap(), [1; 32]);
        let mut account = Account::new(AccountId(1), profile, Counters::NEW);
        let after = SkillName::parse("QA").ok();
        account.apply(Change::Skill { id: SkillId(1), before: None, after });
        let after = Some(phone("111", "Ravi", 1));
        account.apply(Change::Phone { id: PhoneId(1), before: None, after });
        account
    }

    fn edit(view: &View<'_>, after: Option<Phone>) -> Change {
        Change::Phone { id: PhoneId(1), before: view.phone(PhoneId(1)).cloned(), after }
    }

    #[test]
    fn what_is_staged_is_seen_in_the_view_and_not_in_the_account() {
        let account = account();
        let mut view = View::new(&account);
        view.stage(&edit(&view, Some(phone("222", "Mira", 5))));
        let (old, new) = (PhoneNumber::parse("111").unwrap(), PhoneNumber::parse("222").unwrap());
        assert_eq!((view.by_number(old), view.by_name("Ravi")), (None, None));
        assert_eq!(view.by_number(new).unwrap().0, PhoneId(1));
        assert_eq!(view.by_name("MIRA").unwrap().0, PhoneId(1));
        assert_eq!((view.phone_count(), view.next_position(SkillId(1))), (1, 6));
        assert_eq!(view.counters().version, account.counters.version + 1);
        assert_eq!(account.phones.by_number(old).unwrap().0, PhoneId(1));
        assert_eq!(account.skills.last_position(SkillId(1)), 1);
    }

    #[test]
    fn a_staged_deletion_hides_the_phone_and_keeps_its_id_and_position_used() {
        let account = account();
        let mut view = View::new(&account);
        view.stage(&edit(&view, None));
        assert!(view.phone(PhoneId(1)).is_none() && view.by_name("Ravi").is_none());
        assert_eq!((view.phone_count(), view.phones().count()), (0, 0));
        assert_eq!((view.counters().next_phone_id, view.next_position(SkillId(1))), (2, 2));
    }

    #[test]
    fn a_renamed_skill_keeps_the_end_of_its_ring_order() {
        let account = account();
        let mut view = View::new(&account);
        view.stage(&edit(&view, Some(phone("111", "Ravi", 8))));
        let (before, after) = (SkillName::parse("QA").ok(), SkillName::parse("Quality").ok());
        view.stage(&Change::Skill { id: SkillId(1), before, after });
        assert_eq!(
            (view.skills().find("QA"), view.skills().find("Quality")),
            (None, Some(SkillId(1)))
        );
        assert_eq!(view.next_position(SkillId(1)), 9);
    }
}
