//! A query of a list of phones, and the page that answers it. This module must not know whether the
//! phones are current or of an earlier time.

use directory::{Account, Phone, PhoneId, PhoneNumber, SkillId, Skills};

use super::PhonePage;
use crate::service::Failure;

/// Which phones are listed: those that match all that is set.
#[derive(Debug, Clone, Default)]
pub struct PhoneFilter {
    /// Phones with this skill.
    pub skill: Option<String>,
    /// The phone with this number, as written.
    pub number: Option<String>,
    /// The phone with this name, in any case.
    pub name: Option<String>,
    /// Phones whose number begins with this.
    pub number_prefix: Option<String>,
    /// Phones whose name begins with this, in any case.
    pub name_prefix: Option<String>,
    /// Phones whose number or name contains this, in any case.
    pub contains: Option<String>,
}

/// What a list is sorted by. The id breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhoneSort {
    /// The order in which they were created.
    #[default]
    Created,
    /// By the text of the number.
    Number,
    /// By name, ignoring case.
    Name,
}

/// The position of a phone in a sorted list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey(pub String, pub PhoneId);

/// A query of a list of phones.
#[derive(Debug, Clone, Default)]
pub struct PhoneQuery {
    /// Which phones.
    pub filter: PhoneFilter,
    /// In which order.
    pub sort: PhoneSort,
    /// Whether the order is reversed.
    pub is_descending: bool,
    /// Only phones after this position.
    pub after: Option<SortKey>,
    /// Phones at most.
    pub phones_max: usize,
}

impl PhoneQuery {
    /// Refuses a filter by a skill that does not exist: a mistake rather than an empty list.
    pub fn check(&self, skills: &Skills) -> Result<(), Failure> {
        match &self.filter.skill {
            Some(name) if skills.find(name).is_none() => {
                Err(directory::Refusal::NoSuchSkill(name.clone()).into())
            }
            _ => Ok(()),
        }
    }

    /// A page of the phones of an account.
    pub fn page_of<'p>(&self, account: &'p Account) -> PhonePage<(PhoneId, &'p Phone)> {
        let (phones, skills) = (&account.phones, &account.skills);
        if let Some(number) = &self.filter.number {
            let found = PhoneNumber::parse(number).ok().and_then(|found| phones.by_number(found));
            return self.page(found.into_iter(), skills);
        }
        if let Some(name) = &self.filter.name {
            return self.page(phones.by_name(name).into_iter(), skills);
        }
        match (&self.after, self.sort, self.is_descending) {
            (Some(after), PhoneSort::Created, false) => {
                self.page(phones.iter_after(after.1), skills)
            }
            (_, PhoneSort::Created, true) => self.page(phones.iter().rev(), skills),
            _ => self.page(phones.iter(), skills),
        }
    }

    /// A page of these phones. If the list is sorted by id, they must come in its order.
    pub fn page<'p>(
        &self,
        phones: impl Iterator<Item = (PhoneId, &'p Phone)>,
        skills: &Skills,
    ) -> PhonePage<(PhoneId, &'p Phone)> {
        let matcher = Matcher::of(&self.filter, skills);
        let found = phones.filter(|(_, phone)| matcher.matches(phone));
        let mut listed: Vec<(PhoneId, &Phone)> = if self.sort == PhoneSort::Created {
            let is_after = |id: PhoneId| match &self.after {
                None => true,
                Some(after) if self.is_descending => id < after.1,
                Some(after) => id > after.1,
            };
            found.filter(|(id, _)| is_after(*id)).take(self.phones_max + 1).collect()
        } else {
            self.smallest(found)
        };
        let has_more = listed.len() > self.phones_max;
        listed.truncate(self.phones_max);
        let last = listed.last().filter(|_| has_more);
        PhonePage { next: last.map(|(id, phone)| self.key(*id, phone)), phones: listed }
    }

    /// The first `phones_max + 1` of the phones after the page's start. Only twice as many are held
    /// at a time, so that a page of a large account does not sort all of its phones.
    fn smallest<'p>(
        &self,
        phones: impl Iterator<Item = (PhoneId, &'p Phone)>,
    ) -> Vec<(PhoneId, &'p Phone)> {
        let compare = |a: &SortKey, b: &SortKey| {
            if self.is_descending { b.cmp(a) } else { a.cmp(b) }
        };
        let wanted = self.phones_max + 1;
        let mut first: Vec<(SortKey, &Phone)> = Vec::new();
        for (id, phone) in phones {
            let key = self.key(id, phone);
            if self.after.as_ref().is_none_or(|after| compare(&key, after).is_gt()) {
                first.push((key, phone));
            }
            if first.len() >= wanted.saturating_mul(2) {
                first.select_nth_unstable_by(wanted, |(a, _), (b, _)| compare(a, b));
                first.truncate(wanted);
            }
        }
        first.sort_unstable_by(|(a, _), (b, _)| compare(a, b));
        first.truncate(wanted);
        first.into_iter().map(|(key, phone)| (key.1, phone)).collect()
    }

    fn key(&self, id: PhoneId, phone: &Phone) -> SortKey {
        let text = match self.sort {
            PhoneSort::Created => String::new(),
            PhoneSort::Number => phone.number.to_string(),
            PhoneSort::Name => phone.name.as_str().to_ascii_lowercase(),
        };
        SortKey(text, id)
    }
}

/// A filter, prepared once for a list.
struct Matcher<'f> {
    /// The skill of the filter, which exists: `PhoneQuery::check` made sure of that.
    skill: Option<SkillId>,
    filter: &'f PhoneFilter,
    contains: Option<String>,
    /// Whether the filter has no condition on number and name.
    is_skill_only: bool,
}

impl<'f> Matcher<'f> {
    fn of(filter: &'f PhoneFilter, skills: &Skills) -> Self {
        let skill = filter.skill.as_ref().and_then(|name| skills.find(name));
        let contains = filter.contains.as_ref().map(|text| text.to_ascii_lowercase());
        let PhoneFilter { skill: _, number, name, number_prefix, name_prefix, contains: part } =
            filter;
        let texts = [number, name, number_prefix, name_prefix, part];
        let is_skill_only = texts.iter().all(|text| text.is_none());
        Self { skill, filter, contains, is_skill_only }
    }

    /// Small, as it runs for each phone that a page passes over. Most filters have a skill only.
    fn matches(&self, phone: &Phone) -> bool {
        self.skill.is_none_or(|id| phone.skills.contains(id))
            && (self.is_skill_only || self.matches_texts(phone))
    }

    #[inline(never)]
    fn matches_texts(&self, phone: &Phone) -> bool {
        let PhoneFilter { number, name, number_prefix, name_prefix, .. } = self.filter;
        let number_text = phone.number.text();
        let (phone_number, phone_name) = (number_text.as_str(), phone.name.as_str());
        let has = |text: &Option<String>, is: &dyn Fn(&str) -> bool| text.as_deref().is_none_or(is);
        has(number, &|number| phone_number == number)
            && has(name, &|name| phone.name.matches(name))
            && has(number_prefix, &|prefix| phone_number.starts_with(prefix))
            && has(name_prefix, &|prefix| {
                let begin = phone_name.get(..prefix.len());
                begin.is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
            })
            && has(&self.contains, &|text| {
                phone_number.contains(text) || phone_name.to_ascii_lowercase().contains(text)
            })
    }
}
