//! A query of a list of phones, and the page that answers it. This module must not know whether the
//! phones are current or of an earlier time.

use directory::{
    Account, Phone, PhoneId, PhoneNumber, PhoneRange, PhoneSort, Phones, SkillId, Skills,
};

use super::PhonePage;
use crate::service::Failure;

/// Which phones are listed: those that match all that is set.
#[derive(Debug, Clone, Default)]
pub struct PhoneFilter {
    /// Phones with this skill: its id or its name.
    pub skill: Option<String>,
    /// Phones without any skill.
    pub has_no_skill: bool,
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

impl PhoneFilter {
    /// Refuses a filter by a skill that does not exist: a mistake rather than an empty list.
    pub fn check(&self, skills: &Skills) -> Result<(), Failure> {
        match &self.skill {
            Some(skill) if skills.lookup(skill).is_none() => {
                Err(directory::Refusal::no_such_skill(skills, skill).into())
            }
            _ => Ok(()),
        }
    }

    /// How many phones match it, if that is found by a look at no more phones than that.
    pub fn count_within(&self, account: &Account, looks_max: usize) -> Option<usize> {
        let (matcher, phones) = (Matcher::of(self, &account.skills), &account.phones);
        let is_known = matcher.is_skill_only && !self.has_no_skill;
        match matcher.skill {
            None if is_known => Some(phones.len()),
            Some(skill) if is_known => Some(phones.ring_len(skill)),
            _ if phones.len() > looks_max => None,
            _ => Some(phones.iter().filter(|(_, phone)| matcher.matches(phone)).count()),
        }
    }
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
    /// A page of the phones of an account.
    pub fn page_of<'p>(&self, account: &'p Account) -> PhonePage<(PhoneId, &'p Phone)> {
        self.page_within(account, usize::MAX).expect("any number of phones may be looked at")
    }

    /// The same, if it is found by a look at no more phones than that.
    pub fn page_within<'p>(
        &self,
        account: &'p Account,
        looks_max: usize,
    ) -> Option<PhonePage<(PhoneId, &'p Phone)>> {
        let matcher = Matcher::of(&self.filter, &account.skills);
        let wanted = self.phones_max + 1;
        let mut looks_left = looks_max;
        let mut look = |(_, phone): &(PhoneId, &Phone)| {
            looks_left = looks_left.checked_sub(1)?;
            Some(matcher.matches(phone))
        };
        let mut listed = Vec::new();
        if let Some(few) = self.few(&account.phones, matcher.skill) {
            for found in few {
                if look(&found)? && self.is_after(found) {
                    listed.push(found);
                }
            }
            listed.sort_by_cached_key(|(id, phone)| self.key(*id, phone));
            if self.is_descending {
                listed.reverse();
            }
        } else {
            let mut sorted = self.sorted(&account.phones);
            while listed.len() < wanted
                && let Some(found) = sorted.next()
            {
                if look(&found)? {
                    listed.push(found);
                }
            }
        }
        let has_more = listed.len() > self.phones_max;
        listed.truncate(self.phones_max);
        let last = listed.last().filter(|_| has_more);
        Some(PhonePage { next: last.map(|(id, phone)| self.key(*id, phone)), phones: listed })
    }

    /// The phones that an index finds, in any order, if these are fewer than the phones that would
    /// be passed over in the order of the list until a page is full.
    fn few<'p>(&self, phones: &'p Phones, skill: Option<SkillId>) -> Option<Found<'p>> {
        let PhoneFilter { number, name, number_prefix, name_prefix, .. } = &self.filter;
        if let Some(number) = number {
            let number = PhoneNumber::parse(number).ok();
            return Some(Box::new(number.and_then(|found| phones.by_number(found)).into_iter()));
        }
        if let Some(name) = name {
            return Some(Box::new(phones.by_name(name).into_iter()));
        }
        let begins = |sort, prefix: &Option<String>| {
            let prefix = prefix.as_ref().filter(|_| sort != self.sort)?.to_ascii_lowercase();
            let range = Span { sort, prefix: Some(&prefix), after: None, before: None }.of(phones);
            Some((range.len_max, range.phones as Found<'p>))
        };
        let ring = |skill| (phones.ring_len(skill), Box::new(phones.ring(skill)) as Found<'p>);
        let ranges = [
            begins(PhoneSort::Number, number_prefix),
            begins(PhoneSort::Name, name_prefix),
            skill.map(ring),
        ];
        let (count, found) = ranges.into_iter().flatten().min_by_key(|(count, _)| *count)?;
        // If `count` of all phones match, one of `len / count` in the order of the list does.
        let passed_over = phones.len().saturating_mul(self.phones_max + 1) / count.max(1);
        (count <= passed_over).then_some(found)
    }

    /// The phones after the page's start in the order of the list.
    fn sorted<'p>(&self, phones: &'p Phones) -> Found<'p> {
        let prefix = match self.sort {
            PhoneSort::Created => None,
            PhoneSort::Number => self.filter.number_prefix.clone(),
            PhoneSort::Name => self.filter.name_prefix.as_ref().map(|it| it.to_ascii_lowercase()),
        };
        let (prefix, after) = (prefix.as_deref(), self.after.as_ref());
        if self.is_descending {
            let span = Span { sort: self.sort, prefix, after: None, before: after };
            return Box::new(span.of(phones).phones.rev());
        }
        Span { sort: self.sort, prefix, after, before: None }.of(phones).phones
    }

    fn is_after(&self, (id, phone): (PhoneId, &Phone)) -> bool {
        let Some(after) = &self.after else { return true };
        let key = self.key(id, phone);
        if self.is_descending { key < *after } else { key > *after }
    }

    fn key(&self, id: PhoneId, phone: &Phone) -> SortKey {
        sort_key(self.sort, id, phone)
    }
}

fn sort_key(sort: PhoneSort, id: PhoneId, phone: &Phone) -> SortKey {
    let text = match sort {
        PhoneSort::Created => String::new(),
        PhoneSort::Number => phone.number.to_string(),
        PhoneSort::Name => phone.name.as_str().to_ascii_lowercase(),
    };
    SortKey(text, id)
}

type Found<'p> = Box<dyn DoubleEndedIterator<Item = (PhoneId, &'p Phone)> + 'p>;

/// A part of the phones in an order: those between two positions whose text begins with a prefix.
struct Span<'q> {
    sort: PhoneSort,
    prefix: Option<&'q str>,
    after: Option<&'q SortKey>,
    before: Option<&'q SortKey>,
}

impl Span<'_> {
    fn of<'p>(&self, phones: &'p Phones) -> PhoneRange<'p> {
        let is_before = |id, phone: &Phone| {
            let key = sort_key(self.sort, id, phone);
            self.prefix.is_some_and(|prefix| key.0.as_str() < prefix)
                || self.after.is_some_and(|after| key <= *after)
        };
        let is_before_end = |id, phone: &Phone| {
            let key = sort_key(self.sort, id, phone);
            let begins = |prefix| key.0.as_str() < prefix || key.0.starts_with(prefix);
            self.prefix.is_none_or(begins) && self.before.is_none_or(|before| key < *before)
        };
        phones.range(self.sort, is_before, is_before_end)
    }
}

/// A filter, prepared once for a list.
struct Matcher<'f> {
    /// The skill of the filter, which exists: `PhoneQuery::check` made sure of that.
    skill: Option<SkillId>,
    filter: &'f PhoneFilter,
    /// Whether the filter has no condition on number and name.
    is_skill_only: bool,
}

impl<'f> Matcher<'f> {
    fn of(filter: &'f PhoneFilter, skills: &Skills) -> Self {
        let skill = filter.skill.as_ref().and_then(|skill| skills.lookup(skill)).map(|(id, _)| id);
        let PhoneFilter { number, name, number_prefix, name_prefix, contains: part, .. } = filter;
        let texts = [number, name, number_prefix, name_prefix, part];
        let is_skill_only = texts.iter().all(|text| text.is_none());
        Self { skill, filter, is_skill_only }
    }

    /// Small, as it runs for each phone that a page passes over. Most filters have a skill only.
    fn matches(&self, phone: &Phone) -> bool {
        self.skill.is_none_or(|id| phone.skills.contains(id))
            && (!self.filter.has_no_skill || phone.skills.is_empty())
            && (self.is_skill_only || self.matches_texts(phone))
    }

    #[inline(never)]
    fn matches_texts(&self, phone: &Phone) -> bool {
        let PhoneFilter { number, name, number_prefix, name_prefix, contains: part, .. } =
            self.filter;
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
            && part.as_deref().is_none_or(|text| {
                [phone_number, phone_name].into_iter().any(|value| contains(value, text))
            })
    }
}

/// Whether a number or name contains a text, in any case. A walk over all phones asks this of each,
/// so it makes no copy.
fn contains(value: &str, text: &str) -> bool {
    let Some((first, rest)) = text.as_bytes().split_first() else { return true };
    value
        .as_bytes()
        .windows(text.len())
        .any(|part| part[0].eq_ignore_ascii_case(first) && part[1..].eq_ignore_ascii_case(rest))
}
