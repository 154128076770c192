//! The changed fields of a change, as the history has them.

use directory::routing::{Key, Subject};
use directory::{
    Assignment, Change, Delta, FieldChange, Kind, Phone, PhoneId, PhoneName, PhoneNumber, SkillId,
    SkillName, SkillNames,
};
use ringbook::store::{delta, past};

use crate::routing::settings;

fn phone(number: &str, name: &str, skills: &[(u32, u64)]) -> Phone {
    Phone {
        number: PhoneNumber::parse(number).unwrap(),
        name: PhoneName::parse(name).unwrap(),
        skills: skills.iter().map(|(id, at)| Assignment::new(SkillId(*id), *at)).collect(),
    }
}

#[test]
fn writes_skills_as_a_json_object_sorted_by_id() {
    let after = Some(phone("123", "ab", &[(7, 12), (1, 5)]));
    let created = Change::Phone { id: PhoneId(1), before: None, after };
    assert_eq!(
        delta(&created, &SkillNames::default()),
        r#"{"number":[null,"123"],"name":[null,"ab"],"skills":[{},{"1":5,"7":12},{}]}"#
    );
}

#[test]
fn reads_back_a_written_delta() {
    let (before, after) =
        (phone("+911", "Ravi", &[(1, 5), (2, 6)]), phone("+912", "Ravi", &[(2, 6), (3, 1)]));
    let (lost, got) = (vec![Assignment::new(SkillId(1), 5)], vec![Assignment::new(SkillId(3), 1)]);
    let number = Some(FieldChange { before: Some(before.number), after: Some(after.number) });
    let edit = Change::Phone { id: PhoneId(7), before: Some(before), after: Some(after.clone()) };
    let names = [(1, "Sales"), (3, "\"QA\"")];
    let skill_names: SkillNames = names
        .map(|(id, name)| (SkillId(id), SkillName::parse(name).unwrap()))
        .into_iter()
        .collect();
    let text = delta(&edit, &skill_names);
    let told = past(edit.kind(), edit.subject_id(), &text).unwrap();
    let (id, kind, name) = (PhoneId(7), Kind::EditPhone, None);
    assert_eq!(told, Delta::Phone { id, kind, number, name, lost, got, skill_names });
    assert_eq!(
        text,
        r#"{"number":["+911","+912"],"skills":[{"1":5},{"3":1},{"1":"Sales","3":"\"QA\""}]}"#
    );
    for (kind, subject, text) in [
        (Kind::EditPhone, None, "{}"),
        (Kind::EditPhone, Some(1), "[]"),
        (Kind::EditPhone, Some(1), r#"{"number":["1","2"]}"#),
        (Kind::EditPhone, Some(1), r#"{"skills":[{"1":5},{}]}"#),
        (Kind::EditPhone, Some(1), r#"{"skills":[{"1":5},{},{"1":""}]}"#),
        (Kind::EditPhone, Some(1), r#"{"skills":[{"9999999":1},{},{}]}"#),
        (Kind::EditPhone, Some(1), r#"{"skills":["",{},{}]}"#),
        (Kind::RenameSkill, Some(1 << 40), "{}"),
    ] {
        assert!(past(kind, subject, text).is_err(), "{kind:?} {text}");
    }
    let token = past(Kind::IssueToken, None, "{}").unwrap();
    assert_eq!(token, Delta::Other(Kind::IssueToken));
}

#[test]
fn reads_back_a_written_delta_of_routing() {
    let subject = Subject::Phone(PhoneId(7));
    let before = settings(&[("hours", "UTC mon 09:00-18:00"), ("s3.ring_time_s", "20")]);
    let after = settings(&[("hours", "UTC mon 09:00-18:00"), ("pause", "- \"lunch\"")]);
    let change = Change::Routing { subject, before: before.clone(), after: after.clone() };
    let skill_names: SkillNames =
        [(SkillId(3), SkillName::parse("Sales").unwrap())].into_iter().collect();
    let text = delta(&change, &skill_names);
    let expected =
        r#"{"pause":[null,"- \"lunch\""],"s3.ring_time_s":["20",null],"names":{"3":"Sales"}}"#;
    assert_eq!(text, expected);
    let sides = |key: &str| {
        let key: Key = key.parse().unwrap();
        let [before, after] = [&before, &after].map(|side| side.get(&key).cloned());
        (key, FieldChange { before, after })
    };
    let settings = vec![sides("pause"), sides("s3.ring_time_s")];
    let told = past(change.kind(), change.subject_id(), &text).unwrap();
    assert_eq!(told, Delta::Routing { subject, settings, skill_names });
    for text in [
        r#"{"paus":[null,"- lunch"]}"#,
        r#"{"pause":[null,"lunch"]}"#,
        r#"{"pause":"- lunch"}"#,
        r#"{"names":{"s3":"Sales"}}"#,
    ] {
        assert!(past(change.kind(), change.subject_id(), text).is_err(), "{text}");
    }
}
