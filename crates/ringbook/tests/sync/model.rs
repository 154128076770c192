//! Random files for random directories, over many seeds.

use ringbook::rows::{Format, Writer};
use ringbook::sync::{AtMost, Options};
use test_support::Random;

use super::*;

const NUMBERS: [&str; 8] = ["1001", "1002", "1003", "1004", "+1001", "0123", "123", "2002"];
const NAMES: [&str; 8] = ["Ravi", "ravi", "Mira", "Omar", "Pia", "Quim", "Noor", "Asha"];
const SKILLS: [&str; 3] = ["Sales", "Support", "Night"];

/// A row of a file before it is written; empty is absent.
#[derive(Debug, Default, Clone)]
struct Wanted {
    id: String,
    number: String,
    name: String,
    skills: Option<Vec<(String, Option<u64>)>>,
}

fn pick<'t>(random: &mut Random, texts: &[&'t str]) -> &'t str {
    texts[random.below(texts.len())]
}

fn random_skills(random: &mut Random, names: &[&str]) -> Vec<String> {
    names.iter().filter(|_| random.below(2) == 0).map(|name| (*name).to_owned()).collect()
}

/// Up to eight phones with different numbers and names, and two of the skills.
fn random_account(random: &mut Random) -> Account {
    let mut lines: Vec<String> = Vec::new();
    for _ in 0..random.below(8) {
        let (number, name) = (pick(random, &NUMBERS), pick(random, &NAMES));
        let is_taken = |line: &String| {
            let [other_number, other_name, _] = words(line);
            other_number == number || other_name.eq_ignore_ascii_case(name)
        };
        if !lines.iter().any(is_taken) {
            let skills = random_skills(random, &SKILLS[..2]).join(",");
            lines.push(format!("{number} {name} {skills}"));
        }
    }
    let lines: Vec<_> = lines.iter().map(|line| &**line).collect();
    let mut account = account(&SKILLS[..2], &lines);
    account.profile.phone_number_limit = u32::try_from(lines.len() + random.below(4)).unwrap();
    account
}

/// The phones of an account, some of them changed, some left out, and some more.
fn random_rows(random: &mut Random, account: &Account, is_json: bool) -> Vec<Wanted> {
    let has_ids = random.below(2) == 0;
    let mut rows = Vec::new();
    for (id, phone) in account.phones.iter() {
        let held = phone.skills.iter().map(|held| {
            let name = account.skills.name(held.skill()).unwrap().to_string();
            (name, is_json.then(|| held.position()))
        });
        let mut row = Wanted {
            id: if has_ids { id.to_string() } else { String::new() },
            number: phone.number.to_string(),
            name: phone.name.to_string(),
            skills: Some(held.collect()),
        };
        match random.below(12) {
            0 => continue,
            1 => row.number = pick(random, &NUMBERS).into(),
            2 => row.name = pick(random, &NAMES).into(),
            3 => row.skills = Some(Vec::new()),
            4 => row.id = format!("p{}", 1 + random.below(9)),
            5 if is_json => row.skills = None,
            _ => {}
        }
        rows.push(row);
    }
    for _ in 0..random.below(3) {
        let skills = random_skills(random, &SKILLS).into_iter();
        let place = |random: &mut Random| is_json.then(|| 1 + random.below(9) as u64);
        let skills = skills.map(|name| (name, place(random))).collect();
        let (number, name) = (pick(random, &NUMBERS).into(), pick(random, &NAMES).into());
        let place = random.below(rows.len() + 1);
        rows.insert(place, Wanted { number, name, skills: Some(skills), ..Wanted::default() });
    }
    // Exchanges are what a file is most likely to get wrong.
    if rows.len() > 1 && random.below(3) == 0 {
        let (one, other) = (random.below(rows.len()), random.below(rows.len()));
        let number = rows[one].number.clone();
        rows[one].number = std::mem::replace(&mut rows[other].number, number);
    }
    rows
}

fn write(rows: &[Wanted], is_json: bool) -> String {
    if !is_json {
        let line = |row: &Wanted| {
            let skills: Vec<_> =
                row.skills.iter().flatten().map(|(name, _)| name.as_str()).collect();
            format!("{},{},{},\"{}\"\n", row.id, row.number, row.name, skills.join(","))
        };
        return "id,number,name,skills\n".to_owned() + &rows.iter().map(line).collect::<String>();
    }
    let line = |row: &Wanted| {
        let mut object = serde_json::json!({"number": row.number, "name": row.name});
        if !row.id.is_empty() {
            object["id"] = row.id.clone().into();
        }
        if let Some(skills) = &row.skills {
            let skill = |(name, position): &(String, Option<u64>)| match position {
                Some(position) => serde_json::json!({"name": name, "position": position}),
                None => name.clone().into(),
            };
            object["skills"] = skills.iter().map(skill).collect();
        }
        format!("{object}\n")
    };
    rows.iter().map(line).collect()
}

fn phones(account: &Account) -> Vec<(PhoneId, Phone)> {
    account.phones.iter().map(|(id, phone)| (id, phone.clone())).collect()
}

fn export(account: &Account, format: Format) -> String {
    let mut writer = Writer::new(Vec::new(), format, None);
    writer.header().unwrap();
    for (id, phone) in account.phones.iter() {
        let held = phone.skills.iter();
        let named =
            held.map(|held| (account.skills.name(held.skill()).unwrap().clone(), held.position()));
        writer.phone(id, phone.number, &phone.name, &named.collect::<Vec<_>>()).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// Whether a phone is as a row wants it.
fn is_as_wanted(account: &Account, phone: &Phone, row: &Wanted) -> bool {
    let has = |(name, position): &(String, Option<u64>)| {
        let held = account.skills.find(name).and_then(|id| phone.skills.get(id));
        held.is_some_and(|held| position.is_none_or(|position| position == held.position()))
    };
    phone.number.to_string() == row.number
        && phone.name.as_str() == row.name
        && row
            .skills
            .as_ref()
            .is_none_or(|skills| skills.len() == phone.skills.len() && skills.iter().all(has))
}

/// After a sync the directory is as the file says, or as it was; the plan says which, and what changes;
/// and a second sync finds nothing to do.
#[test]
fn a_directory_is_as_the_file_says_or_as_it_was() {
    let mut random = Random::new();
    let [mut done, mut refused] = [0; 2];
    for _ in 0..5_000 {
        let mut account = random_account(&mut random);
        let is_json = random.below(2) == 0;
        let rows = random_rows(&mut random, &account, is_json);
        let file = write(&rows, is_json);
        let options = Options {
            deletes: [None, Some(AtMost::Count(2)), Some(AtMost::Percent(50))][random.below(3)],
            trusts_ids: random.below(4) == 0,
            creates_skills: random.below(2) == 0,
        };
        let before = account.clone();
        let context = || format!("{file}\n{:?}\n{options:?}", phones(&before));
        let Ok(mut plan) = planned(&account, &file, options) else { continue };
        let tried = carry_out(&mut account, &plan, SaveMode::Nothing);
        assert_eq!(phones(&account), phones(&before), "{}", context());
        plan.refuse(tried, 0);
        if !plan.refused.is_empty() {
            refused += 1;
            keep_going(&mut random, account, &plan, &file, options);
            continue;
        }
        let told: Vec<_> = plan.steps.iter().map(|step| (step.id, step.after.clone())).collect();
        let outcome = carry_out(&mut account, &plan, SaveMode::AllOrNothing);
        assert_eq!(outcome, [], "what was tried is done: {}", context());
        // The plan has told each change, and no other phone has changed.
        for (id, after) in told {
            match (id, after) {
                (Some(id), None) => assert!(account.phones.get(id).is_none(), "{}", context()),
                (id, after) => {
                    let (number, name) = after.map(|phone| (phone.number, phone.name)).unwrap();
                    let (found, phone) = account.phones.by_number(number).unwrap();
                    assert!(id.is_none_or(|id| id == found), "{}", context());
                    assert_eq!(phone.name, name, "{}", context());
                }
            }
        }
        for (id, phone) in phones(&before) {
            let is_told = plan.steps.iter().any(|step| step.id == Some(id));
            assert!(is_told || account.phones.get(id) == Some(&phone), "{}", context());
        }
        for row in &rows {
            let number = PhoneNumber::parse(&row.number).unwrap();
            let (_, phone) = account.phones.by_number(number).unwrap();
            assert!(is_as_wanted(&account, phone, row), "{row:?} {phone:?} {}", context());
        }
        if options.deletes.is_some() {
            assert_eq!(account.phones.len(), rows.len(), "{}", context());
        }
        let again = planned(&account, &file, options).unwrap();
        assert_eq!((again.steps, again.refused), (vec![], vec![]), "again: {}", context());
        done += 1;
    }
    println!("{done} done, {refused} refused");
    assert!(done > 500 && refused > 500, "{done} done, {refused} refused");
}

/// Rows that can be done are done one after another, though the process may end after any of them;
/// when it is run again until nothing is left, the rest is done.
fn keep_going(
    random: &mut Random,
    mut account: Account,
    plan: &Plan,
    file: &str,
    options: Options,
) {
    let step_max = plan.steps.len();
    let mut plan = planned(&account, file, options).unwrap();
    plan.steps.truncate(random.below(step_max + 1));
    carry_out(&mut account, &plan, SaveMode::GoodRows);
    for _ in 0..20 {
        let before = phones(&account);
        // What is left may be too much to delete.
        let Ok(plan) = planned(&account, file, options) else { return };
        carry_out(&mut account, &plan, SaveMode::GoodRows);
        if phones(&account) == before {
            return;
        }
    }
    panic!("it never ends: {file}");
}

#[test]
fn an_export_synced_back_changes_nothing() {
    let mut random = Random::new();
    for _ in 0..500 {
        let account = random_account(&mut random);
        for format in [Format::Csv, Format::JsonLines] {
            let file = export(&account, format);
            let options = Options { deletes: Some(AtMost::Count(0)), ..Options::default() };
            match planned(&account, &file, options) {
                Ok(plan) => assert_eq!((plan.steps, plan.refused), (vec![], vec![]), "{file}"),
                Err(_) => assert!(account.phones.is_empty(), "{file}"),
            }
        }
    }
}

/// A stranger is a phone with neither the number nor the name of any row.
#[test]
fn an_export_of_another_account_rewrites_no_stranger() {
    let mut random = Random::new();
    for _ in 0..2_000 {
        let (own, other) = (random_account(&mut random), random_account(&mut random));
        let file = export(&other, [Format::Csv, Format::JsonLines][random.below(2)]);
        let Ok(plan) = planned(&own, &file, Options::default()) else { continue };
        for step in &plan.steps {
            let Some(phone) = step.id.and_then(|id| own.phones.get(id)) else { continue };
            let is_known = other.phones.by_number(phone.number).is_some()
                || other.phones.by_name(phone.name.as_str()).is_some();
            assert!(is_known, "{step:?}\n{file}\n{:?}", phones(&own));
        }
    }
}

/// Somebody else changes the directory between the plan and its end: all of it is done, or nothing.
#[test]
fn a_change_in_between_never_leaves_half() {
    let mut random = Random::new();
    for _ in 0..2_000 {
        let account = random_account(&mut random);
        let rows = random_rows(&mut random, &account, false);
        let Ok(plan) = planned(&account, &write(&rows, false), Options::default()) else {
            continue;
        };
        let mut changed = random_account(&mut random);
        let before = phones(&changed);
        let current = current(&account);
        let refused = carry_out_later(&mut changed, &current, &plan, SaveMode::AllOrNothing);
        assert!(refused.is_empty() || phones(&changed) == before);
    }
}
