//! What is asked of a list of phones, and the page that answers it.

use std::collections::BinaryHeap;

use directory::{Account, Phone, PhoneId, PhoneNumber, SkillId, Skills};

use super::PhonePage;
use crate::service::Failure;

/// Which phones are listed: those to which all that is given applies.
#[derive(Debug, Clone, Default)]
pub struct PhoneFilter {
    /// They have this skill.
    pub skill: Option<String>,
    /// Their number is this one, as written.
    pub number: Option<String>,
    /// Their name is this one, in any case.
    pub name: Option<String>,
    /// Their number begins so.
    pub number_prefix: Option<String>,
    /// Their name begins so, in any case.
    pub name_prefix: Option<String>,
    /// Their number or their name contains this, in any case.
    pub contains: Option<String>,
}

/// What a list is sorted by; each with the id as the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhoneSort {
    /// The order in which they were created.
    #[default]
    Created,
    /// By the text of the number.
    Number,
    /// By name, without regard to case.
    Name,
}

/// Where in a sorted list a phone stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey(pub String, pub PhoneId);

/// What is asked of a list.
#[derive(Debug, Clone, Default)]
pub struct PhoneQuery {
    /// Which phones.
    pub filter: PhoneFilter,
    /// In which order.
    pub sort: PhoneSort,
    /// Whether the order is turned round.
    pub is_descending: bool,
    /// Those after this place.
    pub after: Option<SortKey>,
    /// Phones at most.
    pub phones_max: usize,
}

impl PhoneQuery {
    /// A filter by a skill that does not exist is a mistake rather than an empty list.
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

    /// A page of these phones. Where the list is sorted by id, they come in the list's order.
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
            self.first_ones(found)
        };
        let has_more = listed.len() > self.phones_max;
        listed.truncate(self.phones_max);
        let last = listed.last().filter(|_| has_more);
        PhonePage { next: last.map(|(id, phone)| self.key(*id, phone)), phones: listed }
    }

    /// The first of the phones after the place where the page begins, and one more: kept in a
    /// heap, so that a page of a large account is not paid with sorting all of it.
    fn first_ones<'p>(
        &self,
        phones: impl Iterator<Item = (PhoneId, &'p Phone)>,
    ) -> Vec<(PhoneId, &'p Phone)> {
        let mut heap: BinaryHeap<Ranked<'p>> = BinaryHeap::new();
        for (id, phone) in phones {
            let ranked = Ranked { key: self.key(id, phone), phone, is_turned: self.is_descending };
            let is_after = self.after.as_ref().is_none_or(|after| {
                if self.is_descending { ranked.key < *after } else { ranked.key > *after }
            });
            if !is_after {
                continue;
            }
            if heap.len() <= self.phones_max {
                heap.push(ranked);
            } else if heap.peek().is_some_and(|last| ranked < *last) {
                heap.pop();
                heap.push(ranked);
            }
        }
        heap.into_sorted_vec().into_iter().map(|ranked| (ranked.key.1, ranked.phone)).collect()
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

/// A phone at its place in the list.
struct Ranked<'p> {
    key: SortKey,
    phone: &'p Phone,
    is_turned: bool,
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let order = self.key.cmp(&other.key);
        if self.is_turned { order.reverse() } else { order }
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Ranked<'_> {}

/// A filter, made ready once for a list.
struct Matcher<'f> {
    /// The skill of the filter, which exists: `PhoneQuery::check` has seen to that.
    skill: Option<SkillId>,
    filter: &'f PhoneFilter,
    contains: Option<String>,
    /// Whether nothing is asked of the number and the name.
    is_of_skill_alone: bool,
}

impl<'f> Matcher<'f> {
    fn of(filter: &'f PhoneFilter, skills: &Skills) -> Self {
        let skill = filter.skill.as_ref().and_then(|name| skills.find(name));
        let contains = filter.contains.as_ref().map(|text| text.to_ascii_lowercase());
        let PhoneFilter { number, name, number_prefix, name_prefix, contains: part, .. } = filter;
        let is_of_skill_alone =
            [number, name, number_prefix, name_prefix, part].iter().all(|asked| asked.is_none());
        Self { skill, filter, contains, is_of_skill_alone }
    }

    fn matches(&self, phone: &Phone) -> bool {
        // Most filters ask for a skill alone.
        if self.skill.is_some_and(|id| !phone.skills.contains(id)) {
            return false;
        }
        if self.is_of_skill_alone {
            return true;
        }
        let PhoneFilter { number, name, number_prefix, name_prefix, .. } = self.filter;
        let number_text = phone.number.text();
        let (phone_number, phone_name) = (number_text.as_str(), phone.name.as_str());
        let has =
            |asked: &Option<String>, is: &dyn Fn(&str) -> bool| asked.as_deref().is_none_or(is);
        has(number, &|number| phone_number == number)
            && has(name, &|name| phone.name.matches(name))
            && has(number_prefix, &|prefix| phone_number.starts_with(prefix))
            && has(name_prefix, &|prefix| begins_with(phone_name, prefix))
            && has(&self.contains, &|text| {
                phone_number.contains(text) || phone_name.to_ascii_lowercase().contains(text)
            })
    }
}

fn begins_with(name: &str, prefix: &str) -> bool {
    name.as_bytes()
        .get(..prefix.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(prefix.as_bytes()))
}
