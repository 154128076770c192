//! The phones of an account, compared with a plain sort of them.

use std::collections::BTreeMap;

use directory::{
    Account, AccountId, Assignment, Counters, Phone, PhoneId, PhoneName, PhoneNumber, PhoneSort,
    Phones, PhonesBuilder, Profile, SkillId, SkillName, UserName, View,
};
use proptest::prelude::*;

/// A phone by its number and its skills, each with a position. Few of the names differ in their
/// first bytes, and the long ones in none of those that are sorted at once.
fn phone(n: u32, skills: &[(u32, u64)]) -> Phone {
    let name = match n % 3 {
        0 => format!("Agent-{n}"),
        1 => format!("{n}agent"),
        _ => format!("aVeryLongNameOfSomeAgent-{n}"),
    };
    Phone {
        number: PhoneNumber::parse(&format!("+{n:03}")).unwrap(),
        name: PhoneName::parse(&name).unwrap(),
        skills: skills.iter().map(|(id, at)| Assignment::new(SkillId(*id), *at)).collect(),
    }
}

type Model = BTreeMap<PhoneId, Phone>;

fn load(stored: impl IntoIterator<Item = (PhoneId, Phone)>) -> Account {
    let profile = Profile::new(UserName::parse("demo").unwrap(), [1; 32]);
    let mut account = Account::new(AccountId(1), profile, Counters::NEW);
    let mut loaded = PhonesBuilder::default();
    stored.into_iter().for_each(|(id, phone)| loaded.push(id, phone, id.0.into()));
    account.load_phones(loaded);
    account
}

/// All that phones are asked for is what a plain sort of the model says.
fn assert_agree(phones: &Phones, model: &Model) {
    assert_eq!(phones.len(), model.len());
    assert!(phones.iter().eq(model.iter().map(|(id, phone)| (*id, phone))));
    let texts = |id: PhoneId, phone: &Phone| match id.0 % 2 {
        0 => (phone.number.to_string(), phone.name.to_string().to_uppercase()),
        _ => (phone.number.to_string(), phone.name.to_string()),
    };
    for (id, phone) in model {
        let (_, name) = texts(*id, phone);
        let found = Some((*id, phone));
        assert_eq!(phones.get(*id), Some(phone));
        assert_eq!([phones.by_number(phone.number), phones.by_name(&name)], [found; 2]);
    }
    let sorted = |key: &dyn Fn(PhoneId, &Phone) -> (String, u64, PhoneId)| {
        let mut ids: Vec<_> = model.iter().map(|(id, phone)| key(*id, phone)).collect();
        ids.sort();
        ids.into_iter().map(|(.., id)| id).collect::<Vec<_>>()
    };
    let range = |sort| phones.range(sort, |_, _| false, |_, _| true).phones.map(|(id, _)| id);
    assert!(range(PhoneSort::Created).eq(model.keys().copied()));
    assert!(range(PhoneSort::Created).rev().eq(model.keys().rev().copied()));
    assert!(range(PhoneSort::Number).eq(sorted(&|id, phone| (phone.number.to_string(), 0, id))));
    assert!(
        range(PhoneSort::Name)
            .eq(sorted(&|id, phone| { (phone.name.as_str().to_ascii_lowercase(), 0, id) }))
    );
    for skill in (0..6).map(SkillId) {
        let place = |id, phone: &Phone| {
            let held = phone.skills.get(skill);
            (String::new(), held.map_or(u64::MAX, Assignment::position), id)
        };
        let ring: Vec<_> = phones.ring(skill).map(|(id, _)| id).collect();
        let length = model.values().filter(|phone| phone.skills.contains(skill)).count();
        assert_eq!((ring.len(), phones.ring_len(skill)), (length, length));
        assert_eq!(ring, sorted(&place)[..length]);
        assert!(phones.ring(skill).rev().map(|(id, _)| id).eq(ring.iter().rev().copied()));
        let ranks = model.keys().map(|id| phones.ring_rank(skill, *id));
        assert!(ranks.eq(model.keys().map(|id| ring.iter().position(|other| other == id))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Phones that were loaded and then set and removed in any order agree with a plain sort, also
    /// between changes that are sorted later, and a clone from before stays as it was.
    #[test]
    fn indexes_agree_with_a_plain_sort(
        loaded in prop::collection::btree_map(1_u32..900, (1_u64..40, 1_u32..6), 0..500),
        steps in prop::collection::vec(
            (1_u32..900, prop::option::of((0_u32..2000, prop::collection::vec((1_u32..6, 1_u64..40), 0..5)))),
            0..700,
        ),
    ) {
        let mut model: Model = loaded
            .into_iter()
            .map(|(id, (at, skill))| (PhoneId(id), phone(id + 2000, &[(skill, at), (skill % 5 + 1, 7)])))
            .collect();
        let mut account = load(model.clone());
        assert_agree(&account.phones, &model);
        let (before, copy) = (model.clone(), account.clone());
        for (step, (id, value)) in steps.into_iter().enumerate() {
            if step % 100 == 99 {
                assert_agree(&account.phones, &model);
            }
            let id = PhoneId(id);
            let value = value.map(|(n, skills)| phone(n, &skills));
            // Two phones never share a number or a name: the rules see to that.
            let value = value.filter(|value| {
                account.phones.by_number(value.number).is_none_or(|(owner, _)| owner == id)
            });
            account.set_phone(id, value.clone().map(|phone| (phone, 1)));
            match value {
                Some(value) => model.insert(id, value),
                None => model.remove(&id),
            };
        }
        assert_agree(&account.phones, &model);
        assert_agree(&copy.phones, &before);
    }

    /// Names of all kinds of characters, many of which have the first eleven in common, without regard
    /// to case.
    #[test]
    fn names_are_sorted_as_their_lower_case_is(
        names in prop::collection::vec("[+]?[a-c0-2A-C]([a-bA-B.@_-]{0,2}|aaaaaa[.@_0-]{3,4})[a-cC0-2]", 1..60),
    ) {
        let names: BTreeMap<_, _> =
            names.into_iter().map(|name| (name.to_ascii_lowercase(), name)).collect();
        let stored = names.values().zip(1..).map(|(name, n)| {
            // By id they come in another order.
            let name = PhoneName::parse(name).unwrap();
            (PhoneId(n * 7919 % 101), Phone { name, ..phone(n, &[]) })
        });
        let account = load(stored);
        let range = account.phones.range(PhoneSort::Name, |_, _| false, |_, _| true);
        prop_assert!(range.phones.map(|(_, phone)| phone.name.as_str()).eq(names.values()));
        let found = |name: &str| account.phones.by_name(name).map(|(_, phone)| phone.name.as_str());
        prop_assert!(names.iter().all(|(folded, name)| found(folded) == Some(name)));
    }

    /// A range has the phones between two numbers or names.
    #[test]
    fn range_has_the_phones_between(begin in 0_u32..300, end in 0_u32..300) {
        let account = load((0..300).map(|n| (PhoneId(n + 1), phone(3 * n, &[]))));
        let text = |n: u32| phone(3 * n, &[]).name.to_string().to_ascii_lowercase();
        let name = |phone: &Phone| phone.name.as_str().to_ascii_lowercase();
        let (begin, end) = (text(begin), text(end));
        let range = account.phones.range(PhoneSort::Name, |_, p| name(p) < begin, |_, p| name(p) < end);
        let mut expected: Vec<_> = account.phones.iter().map(|(_, phone)| name(phone)).collect();
        expected.retain(|name| (&begin..&end).contains(&name));
        expected.sort();
        prop_assert!(range.len_max >= expected.len());
        prop_assert!(range.phones.map(|(_, phone)| name(phone)).eq(expected));
    }
}

/// An account that becomes large and small again, on the way through each of which it is kept otherwise.
#[test]
fn account_that_grows_and_shrinks_finds_its_phones() {
    let find = |account: &Account, ids: std::ops::Range<u32>| {
        for (id, phone) in ids.map(|id| (PhoneId(id), phone(id + 1000, &[(1, id.into())]))) {
            let found = Some((id, &phone));
            assert_eq!(account.phones.by_number(phone.number), found);
            assert_eq!(account.phones.by_name(phone.name.as_str()), found);
        }
    };
    let sorted = |account: &Account| {
        let numbers = account.phones.range(PhoneSort::Number, |_, _| false, |_, _| true).phones;
        let ring = account.phones.ring(SkillId(1));
        [numbers.map(|(id, _)| id.0).collect::<Vec<_>>(), ring.map(|(id, _)| id.0).collect()]
    };
    let mut account = load((1..9_990).map(|id| (PhoneId(id), phone(id + 1000, &[(1, id.into())]))));
    for id in 9_990..12_000 {
        account.set_phone(PhoneId(id), Some((phone(id + 1000, &[(1, id.into())]), 1)));
    }
    find(&account, 1..12_000);
    for id in 1..8_000 {
        account.set_phone(PhoneId(id), None);
    }
    find(&account, 8_000..12_000);
    assert_eq!(account.phones.by_name(phone(1_007, &[]).name.as_str()), None);
    let mut by_number: Vec<u32> = (8_000..12_000).collect();
    by_number.sort_by_key(|id| phone(id + 1000, &[]).number);
    assert_eq!(sorted(&account), [by_number, (8_000..12_000).collect()]);
}

/// While numbers pass from one phone to another, two have the same for a moment: when changes of
/// another process are followed, which come sorted by id.
#[test]
fn two_phones_may_swap_number_and_name_one_after_the_other() {
    let mut account = load([]);
    let [one, other] = [phone(1, &[]), phone(2, &[])];
    account.set_phone(PhoneId(1), Some((one.clone(), 1)));
    account.set_phone(PhoneId(2), Some((other.clone(), 1)));
    account.set_phone(PhoneId(1), Some((other.clone(), 1)));
    account.set_phone(PhoneId(2), Some((one.clone(), 1)));
    assert_agree(&account.phones, &BTreeMap::from([(PhoneId(1), other), (PhoneId(2), one)]));
}

/// Bytes for each of many phones with short names and three skills, which need no memory of their
/// own: as loaded, and after edits in random order that leave chunks half full.
#[test]
fn phone_with_3_skills_takes_less_than_150_bytes_and_200_after_edits() {
    let count = 100_000;
    let one = |number: u32| Phone {
        number: PhoneNumber::parse(&format!("+{number:06}")).unwrap(),
        name: PhoneName::parse(&format!("Agent-{number}")).unwrap(),
        skills: (1..=3).map(|id| Assignment::new(SkillId(id), number.into())).collect(),
    };
    let mut account = load((0..count).map(|n| (PhoneId(n + 1), one(n))));
    let bytes = account.bytes() / count as usize;
    assert!(bytes < 150, "{bytes} bytes");
    for n in 0..count {
        let n = n * 7919 % count;
        account.set_phone(PhoneId(n + 1), Some((one(count + n), 1)));
    }
    let bytes = account.bytes() / count as usize;
    assert!(bytes < 200, "{bytes} bytes after edits");
}

#[test]
fn long_names_and_many_skills_take_memory_of_their_own() {
    let one = |n: u32, length, count| Phone {
        name: PhoneName::parse(&n.to_string().repeat(length)).unwrap(),
        skills: (1..=count).map(|id| Assignment::new(SkillId(id), 1)).collect(),
        ..phone(n, &[])
    };
    // The other phone has all skills, so that they take the same room beside the phones.
    let bytes = |length, count| {
        load([(PhoneId(1), one(1, 9, 9)), (PhoneId(2), one(2, length, count))]).bytes()
    };
    for (length, count, heap) in [(9, 1, 0), (24, 3, 24), (23, 4, 32), (50, 5, 50 + 40)] {
        assert_eq!(bytes(length, count) - bytes(23, 3), heap);
    }
}

/// An account of which most phones were removed, in any order, gives their memory back.
#[test]
fn account_without_most_of_its_phones_takes_a_small_part_of_its_memory() {
    let count = 10_000;
    let mut account = load((1..=count).map(|n| (PhoneId(n), phone(n, &[(1, n.into())]))));
    let before = account.bytes();
    for n in (1..=count).map(|n| n * 7919 % count + 1).filter(|n| n % 100 != 0) {
        account.set_phone(PhoneId(n), None);
    }
    assert_eq!(account.phones.len(), 100);
    assert!(account.bytes() < before / 5, "{} of {before} bytes", account.bytes());
}

#[test]
fn set_phone_counts_no_change_and_moves_the_next_ring_position() {
    let mut account = load([]);
    account.skills.set(SkillId(1), SkillName::parse("QA").unwrap(), 2);
    account.set_phone(PhoneId(1), Some((phone(1, &[(1, 7)]), 3)));
    assert_eq!(account.counters, Counters::NEW);
    assert_eq!(View::new(&account).next_position(SkillId(1)), 8);
}
