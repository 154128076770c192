//! Routing settings, hours and ring decisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::commands::command;
use super::delta::apply_all;
use super::*;
use directory::routing::{
    Dialect, Hours, Key, Mode, Nobody, Outcome, Pause, RING_LIST_MAX, RingList, Routing, Setting,
    Standing, Template, decide as decide_ring, standing,
};

fn at_us(text: &str) -> i64 {
    text.parse::<Timestamp>().expect(text).as_microsecond()
}

/// The ring lists of a skill, of its overflow, and so on.
fn lists(account: &Account, skill: SkillId) -> Vec<Arc<RingList>> {
    let list = |skill| RingList::of(account, skill).map(Arc::new);
    std::iter::successors(list(skill), |last| list(last.overflow?)).collect()
}

/// Whom to ring, as `QA 2026-11-30T09:00Z`: `QA serial: 111 20s, 222 30s after 5s confirm`.
pub(super) fn whom(account: &Account, when: &str) -> String {
    let (skill, at) = when.split_once(' ').unwrap();
    let lists = lists(account, account.skills.find(skill).unwrap());
    let decision = decide_ring(&lists, at_us(at));
    let list = decision.list;
    if let Outcome::Nobody(why) = decision.outcome {
        return format!("{} nobody: {why:?}", list.name);
    }
    let phones = decision.phones.iter().map(|phone| {
        let delay =
            if phone.delay_s > 0 { format!(" after {}s", phone.delay_s) } else { String::new() };
        let confirm = if phone.confirm { " confirm" } else { "" };
        format!("{} {}s{delay}{confirm}", phone.number, phone.ring_time_s)
    });
    let phones = phones.collect::<Vec<_>>().join(", ");
    format!("{} {}: {phones}", list.name, list.mode.as_str())
}

/// The lines of a table that are neither empty nor a comment, in columns.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split(" | ").map(str::trim).collect())
}

#[test]
fn texts_of_values_are_read_and_written_as_in_the_table() {
    let mut setting = Setting::Mode;
    for row in rows(include_str!("cases/settings.txt")) {
        let [text, expected @ ..] = &row[..] else { unreachable!() };
        if expected.is_empty() {
            setting = Setting::parse(text).expect(text);
            continue;
        }
        match Value::parse(setting, text) {
            Ok(value) => {
                let canonical = value.to_string();
                let same = if expected == ["="] { *text } else { expected[0] };
                assert_eq!(canonical, same, "{text}");
                assert_eq!(Value::parse(setting, &canonical), Ok(value));
            }
            Err(fault) => assert_eq!(format!("! {fault}"), expected.join(" | "), "{text}"),
        }
    }
}

#[test]
fn hours_are_open_as_in_the_table() {
    let mut hours = None;
    for row in rows(include_str!("cases/hours.txt")) {
        let [time, expected] = row[..] else {
            hours = Some(Hours::parse(row[0]).expect(row[0]));
            continue;
        };
        let is_open = hours.as_ref().unwrap().is_open(at_us(time));
        assert_eq!(is_open, expected == "open", "{}: {time}", hours.unwrap());
    }
}

#[test]
fn long_texts_are_refused_with_their_limits() {
    let fault = |setting, text: &str| Value::parse(setting, text).unwrap_err().to_string();
    let reason = format!("- {}", "x".repeat(81));
    let refused = "has a reason of 81 characters, at most 80 are allowed";
    assert_eq!(fault(Setting::Pause, &reason), refused);
    // They are kept as they are written out.
    let hours = format!("UTC mon {}", "1:00-2:00 ".repeat(90));
    let refused = "have 1087 characters when they are written out, at most 1000 are allowed";
    assert_eq!((hours.len() < 1_000, fault(Setting::Hours, &hours).as_str()), (true, refused));
    for (dialect, most) in [(Dialect::AsteriskDial, 128), (Dialect::AsteriskMember, 70)] {
        let template = |length: usize| format!("PJSIP/{{number}}@{}", "x".repeat(length - 15));
        assert!(Template::parse(dialect, &template(most)).is_ok());
        let fault = Template::parse(dialect, &template(most + 1)).unwrap_err().to_string();
        assert!(fault.contains(&format!("at most {most} are allowed")), "{fault}");
    }
    let longest = PhoneNumber::parse("+1234567890123456").unwrap();
    let member = Template::parse(Dialect::AsteriskMember, "Local/{number}@hunt-out/n").unwrap();
    assert_eq!(member.address(longest), "Local/+1234567890123456@hunt-out/n");
}

#[test]
fn a_ring_list_has_the_first_phones_and_counts_the_others() {
    let count = RING_LIST_MAX + 3;
    let phones: Vec<_> =
        (0..count).map(|at| format!("{} N{at} QA:{}", 1_000 + at, at + 1)).collect();
    let account = account(&phones.join(";"));
    let list = RingList::of(&account, SkillId(2)).unwrap();
    assert_eq!((list.phones.len(), list.phone_count), (RING_LIST_MAX, count));
    assert_eq!(list.phones[RING_LIST_MAX - 1].id, PhoneId(u32::try_from(RING_LIST_MAX).unwrap()));
    assert_eq!(RingList::of(&account, SkillId(9)), None);
    let few = super::account("111 Ravi QA:1; 222 Mira QA:2");
    assert_eq!(RingList::of(&few, SkillId(2)).unwrap().order, few.ring_version(SkillId(2)));
}

#[test]
fn a_dry_run_tells_no_id_that_is_not_given_yet() {
    let account = account("222 Mira QA:1");
    let text = "several all create 111 Ravi QA; route 111: pause -; create-skills Night; \
                route Night: mode parallel; route QA: mode parallel";
    let changes = decide(&mut View::new(&account), &command(text)).unwrap().changes;
    let ids = changes.into_iter().map(|mut change| {
        change.forget_new_id(&account.counters);
        change.subject_id()
    });
    assert_eq!(ids.collect::<Vec<_>>(), [0, 0, 0, 0, 2].map(Some));
}

#[test]
fn keys_and_dialects_are_read_from_their_texts() {
    for (setting, _) in Setting::ALL {
        for key in [Key::of(setting), Key::in_skill(SkillId(3), setting)] {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
    assert!("s3".parse::<Key>().is_err() && "s3.s3.pause".parse::<Key>().is_err());
    let names = Dialect::ALL.map(Dialect::as_str);
    assert_eq!(names, ["kamailio", "asterisk.dial", "asterisk.member", "freeswitch"]);
    assert!(Dialect::ALL.into_iter().all(|one| Dialect::parse(one.as_str()) == Some(one)));
}

/// Commands that may be refused.
fn texts() -> impl Strategy<Value = String> {
    let phone = || select(vec!["111", "222", "333", "444"]);
    let skill = || select(vec!["General", "QA", "Sales", "Night"]);
    let time = "2026-11-30T0[0-9]:00:00Z";
    let of_phone = prop_oneof![
        Just("pause - lunch".to_owned()),
        Just("pause".to_owned()),
        time.prop_map(|until| format!("pause {until} tea")),
        Just("hours Asia/Kolkata mon 09:00-13:00".to_owned()),
        (skill(), time).prop_map(|(skill, until)| format!("{skill}.pause {until}")),
        (skill(), 0..30).prop_map(|(skill, delay)| format!("{skill}.delay_s {delay}")),
        (skill(), 1..30).prop_map(|(skill, time)| format!("{skill}.ring_time_s {time}")),
        skill().prop_map(|skill| format!("{skill}.confirm true")),
    ];
    let of_skill = prop_oneof![
        skill().prop_map(|next| format!("overflow {next}")),
        Just("overflow".to_owned()),
        Just("mode parallel & ring_time_s 5".to_owned()),
        Just("hours UTC mon 02:00-05:00".to_owned()),
        Just("dial_template.asterisk.dial PJSIP/{number}@trunk".to_owned()),
    ];
    prop_oneof![
        3 => (phone(), skill()).prop_map(|(phone, skill)| format!("create {phone} N{phone} {skill}")),
        3 => (phone(), skill()).prop_map(|(phone, skill)| format!("edit {phone} _ > _ _ +{skill}")),
        2 => (phone(), skill()).prop_map(|(phone, skill)| format!("edit {phone} _ > _ _ -{skill}")),
        1 => phone().prop_map(|phone| format!("delete {phone} _")),
        1 => skill().prop_map(|skill| format!("delete-skills {skill}")),
        1 => skill().prop_map(|skill| format!("create-skills {skill}")),
        1 => phone().prop_map(|phone| format!("several good delete {phone} _; delete-skills QA")),
        6 => (phone(), of_phone).prop_map(|(phone, edit)| format!("route {phone}: {edit}")),
        5 => (skill(), of_skill).prop_map(|(skill, edit)| format!("route {skill}: {edit}")),
        1 => Just("route account: dial_template.asterisk.dial SIP/{number}".to_owned()),
    ]
}

/// The account after each command, and the changes of each command, newest first.
type Past = Vec<(Account, Vec<directory::RecordedChange>)>;

fn happen(texts: &[String]) -> Past {
    let mut past: Past = vec![(new_account(), Vec::new())];
    for text in texts {
        let mut account = past.last().unwrap().0.clone();
        let (_, changes) = outcome_of(&account, &mut View::new(&account.clone()), &command(text));
        let done = apply_all(&mut account, &changes);
        past.push((account, done));
    }
    past
}

type Content = (Vec<(PhoneId, Phone)>, Vec<SkillId>, Vec<(Subject, Settings)>);

fn content(account: &Account) -> Content {
    (
        account.phones.iter().map(|(id, phone)| (id, phone.clone())).collect(),
        account.skills.iter().map(|(_, id)| id).collect(),
        account.routing.iter().map(|(subject, settings, _)| (subject, settings.clone())).collect(),
    )
}

fn revert(account: &Account, changes: Vec<directory::RecordedChange>) -> Result<Account, Refusal> {
    let command = Command::Revert { changes, mode: SaveMode::AllOrNothing };
    let changes = decide(&mut View::new(account), &command)?.changes;
    let mut after = account.clone();
    apply_all(&mut after, &changes);
    Ok(after)
}

proptest! {
    /// A revert of the newest commands restores all settings before them. No command leaves settings
    /// without their phone or skill (see `apply`). Any one command can be reverted, or is refused.
    #[test]
    fn reverts_restore_routing_settings(
        texts in prop::collection::vec(texts(), 1..30),
        count in any::<Index>(),
    ) {
        let past = happen(&texts);
        let now = &past.last().unwrap().0;
        let begin = count.index(past.len());
        let newest = past[begin + 1..].iter().rev().flat_map(|(_, done)| done.clone());
        let reverted = revert(now, newest.collect());
        let reverted = reverted.map_err(|refusal| TestCaseError::fail(refusal.to_string()))?;
        prop_assert_eq!(content(&reverted), content(&past[begin].0));
        for (_, done) in &past {
            let _ = revert(now, done.clone());
        }
    }

    /// Those who ring are of the lists, in the order of the lists, each once, and stand to ring.
    /// Whoever of the first skill is to ring, rings.
    #[test]
    fn rings_whoever_stands_to_ring_in_order_and_once(
        texts in prop::collection::vec(texts(), 1..40),
        hour in 0..10,
    ) {
        let account = &happen(&texts).pop().unwrap().0;
        let at_us = at_us(&format!("2026-11-30T0{hour}:30:00Z"));
        for (_, skill) in account.skills.iter() {
            let lists = lists(account, skill);
            let is_open = |list: &RingList| list.hours.as_ref().is_none_or(|it| it.is_open(at_us));
            let stand = |list: &Arc<RingList>| -> Vec<PhoneId> {
                let phones = list.phones.iter().filter(|_| is_open(list));
                phones.filter(|it| standing(it, at_us) == Standing::Rings).map(|it| it.id).collect()
            };
            // The first that has somebody; in serial mode also those after it.
            let mut expected = Vec::new();
            let mut ends = false;
            for list in &lists {
                let own = stand(list);
                if !ends {
                    ends = list.mode == Mode::Parallel && !own.is_empty();
                    expected.extend(own);
                }
            }
            let mut seen = Vec::new();
            expected.retain(|id| !seen.contains(id) && { seen.push(*id); true });
            let decision = decide_ring(&lists, at_us);
            let rings: Vec<_> = decision.phones.iter().map(|phone| phone.id).collect();
            prop_assert_eq!(&rings, &expected);
            prop_assert_eq!(decision.outcome == Outcome::Ring, !rings.is_empty());
            if lists.iter().all(|list| list.phones.is_empty()) && lists.iter().all(|it| is_open(it)) {
                prop_assert_eq!(decision.outcome, Outcome::Nobody(Nobody::NoPhones));
            }
        }
    }

    /// Hours and pauses are read from the texts that they write.
    #[test]
    fn hours_and_pauses_are_read_from_what_they_write(
        days in prop::collection::vec(("(mon|tue|wed|thu|fri|sat|sun)(-(mon|wed|sun))?|2026-12-[12][0-9]",
            "(0?[0-9]|1[0-9]|2[0-3]):[0-5][0-9]-(0?[0-9]|1[0-9]|2[0-3]):[0-5][0-9]|closed"), 1..4),
        until_us in prop::option::of(-1_i64 << 50..1 << 52),
        reason in "\\PC{0,80}",
    ) {
        let days: Vec<_> = days.iter().map(|(days, times)| format!("{days} {times}")).collect();
        if let Ok(hours) = Hours::parse(&format!("Asia/Kathmandu {}", days.join(", "))) {
            prop_assert_eq!(Hours::parse(&hours.to_string()), Ok(hours));
        }
        let pause = Pause::new(until_us, &reason).unwrap();
        prop_assert_eq!(Pause::parse(&pause.to_string()), Ok(pause));
    }

    /// Many settings are set and removed as in a map, and a clone stays as it was.
    #[test]
    fn routing_settings_are_kept_as_in_a_map(
        steps in prop::collection::vec((0_u32..60, prop::option::of(1_u16..9)), 0..300),
    ) {
        let key = Key::of(Setting::RingTime);
        let (mut model, mut routing) = (BTreeMap::new(), Routing::default());
        let mut halfway = (model.clone(), routing.clone());
        for (turn, (id, seconds)) in steps.iter().enumerate() {
            let settings: Settings =
                seconds.iter().map(|seconds| (key, Value::Seconds(*seconds))).collect();
            let (subject, version) = (Subject::Skill(SkillId(*id)), turn as u64 + 1);
            routing.set(subject, settings.clone(), version);
            match seconds {
                Some(_) => model.insert(subject, (settings.clone(), version)),
                None => model.remove(&subject),
            };
            prop_assert_eq!(routing.get(subject), &settings);
            prop_assert_eq!(routing.version(subject), seconds.map_or(0, |_| version));
            if turn == steps.len() / 2 {
                halfway = (model.clone(), routing.clone());
            }
        }
        for (model, routing) in [halfway, (model, routing)] {
            let all = routing.iter().map(|(of, settings, version)| (of, (settings.clone(), version)));
            prop_assert!(all.eq(model));
        }
    }
}
