//! An account with decided but uncommitted changes.

use std::borrow::Cow;

use hashbrown::HashMap;
use smol_str::SmolStr;

use super::holders::Holders;
use super::{Account, ApiKeys, Counters, Skills, Tokens, ring_version};
use crate::change::Change;
use crate::routing::{self, Routing, Settings, Subject};
use crate::value::{AnyCase, Phone, PhoneId, PhoneName, PhoneNumber, Profile, SkillId};

/// A committed account plus the changes that a batch has decided so far.
///
/// The account itself is not modified, so readers see only committed changes, and a failed commit
/// needs no undo.
#[derive(Clone)]
pub struct View<'a> {
    account: &'a Account,
    /// The view below this one, if it is nested.
    base: Option<&'a View<'a>>,
    /// Whether two phones may have one number or name until all changes are staged.
    is_whole: bool,
    /// The phones that the changes leave, none for a deleted one, and their versions.
    phones: HashMap<PhoneId, (Option<Phone>, u64)>,
    numbers: Holders<PhoneNumber>,
    /// By folded name.
    names: Holders<SmolStr>,
    phone_count: usize,
    /// The last positions of ring orders that the changes raised.
    last_positions: HashMap<SkillId, u64>,
    profile: Cow<'a, Profile>,
    tokens: Cow<'a, Tokens>,
    keys: Cow<'a, ApiKeys>,
    skills: Cow<'a, Skills>,
    routing: Cow<'a, Routing>,
    deleted: bool,
    counters: Counters,
}

impl<'a> View<'a> {
    /// The committed account without changes.
    pub fn new(account: &'a Account) -> Self {
        Self {
            account,
            base: None,
            is_whole: false,
            phones: HashMap::new(),
            numbers: Holders::default(),
            names: Holders::default(),
            phone_count: account.phones.len(),
            last_positions: HashMap::new(),
            profile: Cow::Borrowed(&account.profile),
            tokens: Cow::Borrowed(&account.tokens),
            keys: Cow::Borrowed(&account.keys),
            skills: Cow::Borrowed(&account.skills),
            routing: Cow::Borrowed(&account.routing),
            deleted: false,
            counters: account.counters,
        }
    }

    /// A view on top of this one, for changes that may be discarded. Unlike a clone, it copies no
    /// staged changes.
    pub fn nested(&self) -> View<'_> {
        View {
            base: Some(self),
            phone_count: self.phone_count,
            profile: Cow::Borrowed(&self.profile),
            tokens: Cow::Borrowed(&self.tokens),
            keys: Cow::Borrowed(&self.keys),
            skills: Cow::Borrowed(&self.skills),
            routing: Cow::Borrowed(&self.routing),
            deleted: self.deleted,
            counters: self.counters,
            ..View::new(self.account)
        }
    }

    /// A nested view for changes of which only the end counts, so that phones can exchange numbers
    /// and names: two may have the same one until all changes are staged.
    pub(crate) fn nested_whole(&self) -> View<'_> {
        View { is_whole: true, ..self.nested() }
    }

    /// What was there before the changes of which only the end counts.
    pub(crate) fn before(&self) -> Option<&View<'a>> {
        self.base.filter(|_| self.is_whole)
    }

    /// Whether two phones have the same number or name.
    pub(crate) fn has_collisions(&self) -> bool {
        self.numbers.has_collisions() || self.names.has_collisions()
    }

    /// The phone with that id.
    pub fn phone(&self, id: PhoneId) -> Option<&Phone> {
        match self.phones.get(&id) {
            Some((staged, _)) => staged.as_ref(),
            None => match self.base {
                Some(base) => base.phone(id),
                None => self.account.phones.get(id),
            },
        }
    }

    /// The number of the newest change of a phone as it is shown, with the names of its skills; 0 if
    /// there is no such phone.
    pub fn phone_version(&self, id: PhoneId) -> u64 {
        let own = self.own_version(id);
        self.phone(id).map_or(0, |phone| self.skills.version_with(own, &phone.skills))
    }

    fn own_version(&self, id: PhoneId) -> u64 {
        match (self.phones.get(&id), self.base) {
            (Some((_, staged)), _) => *staged,
            (None, Some(base)) => base.own_version(id),
            (None, None) => self.account.phones.version(id).unwrap_or_default(),
        }
    }

    /// The phone with that number, as written.
    pub fn by_number(&self, number: PhoneNumber) -> Option<(PhoneId, &Phone)> {
        match self.numbers.get(&number) {
            Some(staged) => staged.and_then(|id| Some((id, self.phone(id)?))),
            None => self.as_staged(self.number_below(number)),
        }
    }

    fn number_below(&self, number: PhoneNumber) -> Option<(PhoneId, &'a Phone)> {
        match self.base {
            Some(base) => base.by_number(number),
            None => self.account.phones.by_number(number),
        }
    }

    /// The phone with that name, in any case.
    pub fn by_name(&self, name: &str) -> Option<(PhoneId, &Phone)> {
        if !self.names.is_empty()
            && let Some(staged) = self.names.get(&AnyCase(name).folded())
        {
            return staged.and_then(|id| Some((id, self.phone(id)?)));
        }
        self.as_staged(self.name_below(name))
    }

    fn name_below(&self, name: &str) -> Option<(PhoneId, &'a Phone)> {
        match self.base {
            Some(base) => base.by_name(name),
            None => self.account.phones.by_name(name),
        }
    }

    /// A phone from below, as it is here.
    fn as_staged<'v>(
        &'v self,
        below: Option<(PhoneId, &'v Phone)>,
    ) -> Option<(PhoneId, &'v Phone)> {
        let (id, phone) = below?;
        Some((id, self.phones.get(&id).map_or(Some(phone), |(staged, _)| staged.as_ref())?))
    }

    /// The phones of a skill in ring order, each with its position.
    pub fn ring(&self, skill: SkillId) -> Vec<(u64, PhoneId, &Phone)> {
        let untouched = self.account.phones.ring(skill);
        let untouched = untouched.filter(|(id, _)| !self.is_staged(*id, usize::MAX));
        let phones = untouched.chain(self.staged_phones());
        let mut ring: Vec<_> = phones
            .filter_map(|(id, phone)| Some((phone.skills.get(skill)?.position(), id, phone)))
            .collect();
        ring.sort_unstable_by_key(|(position, id, _)| (*position, *id));
        ring
    }

    /// [`Account::ring_version`] with the changes. `ring` is what [`Self::ring`] returns.
    pub fn ring_version(&self, skill: SkillId, ring: &[(u64, PhoneId, &Phone)]) -> u64 {
        let phones = ring.iter().map(|(_, id, _)| (*id, self.own_version(*id)));
        ring_version(self.skills.version(skill), phones)
    }

    /// How many phones have a skill.
    pub fn ring_len(&self, skill: SkillId) -> usize {
        let has_it = |phone: &Phone| phone.skills.contains(skill);
        let staged = self.layers().enumerate().flat_map(|(newer, layer)| {
            layer.phones.keys().filter(move |id| !self.is_staged(**id, newer))
        });
        let had = staged.filter(|id| self.account.phones.get(**id).is_some_and(has_it)).count();
        let have = self.staged_phones().filter(|(_, phone)| has_it(phone)).count();
        self.account.phones.ring_len(skill) - had + have
    }

    /// The staged phones in no particular order.
    fn staged_phones(&self) -> impl Iterator<Item = (PhoneId, &Phone)> {
        self.layers().enumerate().flat_map(move |(newer, layer)| {
            let phones = layer.phones.iter().filter(move |(id, _)| !self.is_staged(**id, newer));
            phones.filter_map(|(id, (phone, _))| Some((*id, phone.as_ref()?)))
        })
    }

    /// Whether one of the newest `layers` has the phone, or has deleted it.
    fn is_staged(&self, id: PhoneId, layers: usize) -> bool {
        self.layers().take(layers).any(|one| one.phones.contains_key(&id))
    }

    /// This view and those below it, the newest first.
    fn layers(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |view| view.base)
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

    /// The API keys except the main key.
    pub fn keys(&self) -> &ApiKeys {
        &self.keys
    }

    /// The skills.
    pub fn skills(&self) -> &Skills {
        &self.skills
    }

    /// The routing settings of a subject.
    pub fn routing(&self, subject: Subject) -> &Settings {
        self.routing.get(subject)
    }

    /// The number of the newest change of them as they are shown, with the names of skills; 0 if none is
    /// set.
    pub fn routing_version(&self, subject: Subject) -> u64 {
        let settings = self.routing(subject);
        let skills = settings.iter().flat_map(|(key, value)| routing::skills(*key, value));
        let own = self.routing.version(subject);
        skills.map(|skill| self.skills.version(skill)).fold(own, u64::max)
    }

    /// Whether there are any routing settings.
    pub(crate) fn has_routing(&self) -> bool {
        !self.routing.is_empty()
    }

    /// Whether the account was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// The counters.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The ring position that a new assignment to the skill gets.
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

    /// Adds a decided change.
    pub fn stage(&mut self, change: &Change) {
        self.counters.count(change);
        match change {
            Change::Phone { id, before, after } => {
                self.stage_phone(*id, before.as_ref(), after.as_ref());
            }
            Change::Skill { id, after: Some(name), .. } => {
                self.skills.to_mut().set(*id, name.clone(), self.counters.version);
            }
            Change::Skill { id, after: None, .. } => {
                self.skills.to_mut().remove(*id);
                // If the deletion is reverted, the last position is found by the restored
                // assignments, as in the account.
                self.last_positions.insert(*id, 0);
            }
            Change::Profile { after, .. } => self.profile = Cow::Owned(after.clone()),
            Change::Key { id, after, .. } => self.keys.to_mut().set(*id, after.clone()),
            Change::Routing { subject, after, .. } => {
                self.routing.to_mut().set(*subject, after.clone(), self.counters.version);
            }
            Change::Token { issued } => self.tokens.to_mut().issue(issued.clone()),
            Change::AccountDeleted(_) => self.deleted = true,
        }
    }

    fn stage_phone(&mut self, id: PhoneId, before: Option<&Phone>, after: Option<&Phone>) {
        let [number, number_new] = [before, after].map(|phone| phone.map(|phone| phone.number));
        if number != number_new {
            let below = number_new.and_then(|number| self.number_below(number)).map(|(id, _)| id);
            self.numbers.replace(id, [number, number_new], below);
        }
        let [name, name_new] = [before, after].map(|phone| phone.map(|phone| &phone.name));
        if name != name_new {
            let below = name_new.and_then(|name| self.name_below(name.as_str())).map(|(id, _)| id);
            let keys = [name, name_new].map(|name| name.map(PhoneName::folded));
            self.names.replace(id, keys, below);
        }
        self.phone_count += usize::from(after.is_some());
        self.phone_count -= usize::from(before.is_some());
        for assignment in after.iter().flat_map(|after| after.skills.iter()) {
            let skill = assignment.skill();
            let last = self.last_position(skill).max(assignment.position());
            self.last_positions.insert(skill, last);
        }
        self.phones.insert(id, (after.cloned(), self.counters.version));
    }

    /// Reserves memory for `count` more phones.
    pub fn reserve(&mut self, count: usize) {
        self.phones.reserve(count);
        self.numbers.reserve(count);
        self.names.reserve(count);
    }
}
