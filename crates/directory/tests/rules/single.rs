//! Cases that no table can express.

use super::commands::{command, lookup};
use super::delta::apply_all;
use super::table::check;
use super::*;
use directory::command::{PhoneLookup, RingOrder, Row, SaveMode, SkillEdit};
use directory::delta::{Delta, FieldChange, RecordedChange};
use directory::limits::{
    FAULTS_MAX, KEYS_MAX, ROW_FAULTS_MAX, SKILLS_MAX, TOKEN_WINDOW_US, TOKENS_PER_WINDOW,
};
use directory::value::ApiAuthentication;

fn refusal(account: &Account, command: &Command) -> Refusal {
    decide(&mut View::new(account), command).unwrap_err()
}

/// Executes a command. Returns its changes, newest first.
fn execute(account: &mut Account, text: &str) -> Vec<RecordedChange> {
    let decision = decide(&mut View::new(account), &command(text)).unwrap();
    apply_all(account, &decision.changes)
}

#[test]
fn new_account_has_the_defaults_of_the_contract() {
    let profile = new_account().profile;
    assert_eq!(profile.api_authentication.as_str(), "BASIC_AUTH");
    assert_eq!(profile.phone_number_limit, 1000);
}

#[test]
fn parses_names_of_authentication() {
    for (name, setting) in [
        ("BASIC_AUTH", Some(ApiAuthentication::BasicAuth)),
        ("TOKEN_AUTH", Some(ApiAuthentication::TokenAuth)),
        ("basic_auth", None),
        ("TOKEN_AUTH ", None),
        ("", None),
    ] {
        assert_eq!(ApiAuthentication::parse(name), setting, "{name:?}");
    }
}

#[test]
fn kind_names_each_change() {
    let account = new_account();
    let mut view = View::new(&account);
    for (text, kinds) in [
        ("create-skills QA", &["skill.create"][..]),
        ("create 111 Ravi QA", &["phone.create"]),
        ("edit 111 Ravi > 222 _", &["phone.edit"]),
        ("rename-skill QA Idle", &["skill.rename"]),
        ("delete-skills Idle", &["phone.edit", "skill.delete"]),
        ("delete 222 Ravi", &["phone.delete"]),
        ("set limit 5", &["account.edit"]),
        ("token 0", &["token.issue"]),
        ("delete-account", &["account.delete"]),
    ] {
        let changes = decide(&mut view, &command(text)).unwrap().changes;
        let found: Vec<_> = changes.iter().map(|change| change.kind().as_str()).collect();
        assert_eq!(found, kinds, "{text}");
        for change in &changes {
            let is_of_phone = matches!(change, Change::Phone { .. });
            assert_eq!(change.kind().is_of_phone(), is_of_phone, "{change:?}");
        }
    }
}

#[test]
fn finds_phones_by_number_name_and_id() {
    let account = account("111 Ravi; 222 Mira");
    let view = View::new(&account);
    for text in ["222 Mira", "222 mira", "222 _", "_ Mira", "_ MIRA", "#2 _", "#2 mira"] {
        let (id, phone) = find_phone(&view, &lookup(text)).unwrap();
        assert_eq!((id, phone.number.to_string().as_str()), (PhoneId(2), "222"), "{text}");
    }
}

#[test]
fn lookup_by_id_and_stale_number_is_refused() {
    let account = account("111 Ravi; 222 Mira");
    let view = View::new(&account);
    let both = |number| PhoneLookup { id: Some(PhoneId(1)), ..PhoneLookup::by_number(number) };
    assert_eq!(find_phone(&view, &both("111")).map(|(id, _)| id), Ok(PhoneId(1)));
    for number in ["222", "+111", "0111", "x"] {
        assert_eq!(find_phone(&view, &both(number)), Err(Refusal::Changed), "{number}");
    }
}

/// A command that expects a ring order is refused after whatever changed it, also if that was undone,
/// and before the requested order is checked.
#[test]
fn refuses_a_command_that_expects_a_stale_ring_order() {
    let before = account("111 Ravi General:2,QA:1; 222 Mira General:1; 333 Noor QA:2");
    let ordering = |name: &str, version| {
        let order = RingOrder::First(vec![PhoneLookup::by_number("999")]);
        Command::OrderSkill { name: name.to_owned(), order, expected_version: Some(version) }
    };
    let general = before.skills.find("General").unwrap();
    let version = before.ring_version(general);
    for (texts, is_stale) in [
        (&[][..], false),
        (&["move General 111 1", "move General 111 2"], true),
        (&["edit 111 _ > 112 _", "edit 112 _ > 111 _"], true),
        (&["edit 111 _ > _ _ -General", "edit 111 _ > _ _ +General"], true),
        (&["delete 222 _", "create 222 Mira General", "move General 222 1"], true),
        (&["rename-skill General Idle", "rename-skill Idle General"], true),
        (&["edit 111 _ > _ _ -QA", "edit 111 _ > _ _ +QA"], true),
        (&["delete 333 _", "rename-skill QA Idle", "set limit 5", "create 444 Zoe"], false),
    ] {
        let (mut view, mut after) = (View::new(&before), before.clone());
        for text in texts {
            decide(&mut view, &command(text)).unwrap();
            execute(&mut after, text);
        }
        let no_phone = Refusal::NoSuchNumber("999".to_owned());
        let expected = if is_stale { Refusal::Changed } else { no_phone };
        let ordered = decide(&mut view, &ordering("General", version));
        assert_eq!(ordered.unwrap_err(), expected, "{texts:?}");
        assert_eq!(refusal(&after, &ordering("General", version)), expected, "{texts:?}");
    }
    let unknown = Refusal::NoSuchSkill { name: "Bogus".to_owned(), alike: None };
    assert_eq!(refusal(&before, &ordering("Bogus", version)), unknown);
}

/// Ids are never reused, so the highest one is not given twice.
#[test]
fn refuses_new_phones_when_ids_are_used_up() {
    let mut account = new_account();
    account.counters.next_phone_id = u32::MAX - 1;
    let mut view = View::new(&account);
    let changes = decide(&mut view, &command("create 111 Ravi")).unwrap().changes;
    assert!(matches!(changes[..], [Change::Phone { id: PhoneId(0xffff_fffe), .. }]));
    for text in ["create 222 Mira", "create 333 Noor"] {
        assert_eq!(decide(&mut view, &command(text)), Err(Refusal::IdsUsedUp("phones")));
    }
}

/// The id of a skill has 20 bits in an assignment, and is never reused.
#[test]
fn refuses_new_skills_when_ids_are_used_up() {
    let mut account = new_account();
    account.counters.next_skill_id = (1 << 20) - 1;
    let mut view = View::new(&account);
    decide(&mut view, &command("create-skills Last")).unwrap();
    decide(&mut view, &command("create 111 Ravi Last")).unwrap();
    let refused = decide(&mut view, &command("create-skills Idle"));
    assert_eq!(refused, Err(Refusal::IdsUsedUp("skills")));
}

#[test]
fn refuses_the_10001st_skill() {
    let names = |count| (0..count).map(|n| format!("S{n}")).collect::<Vec<_>>().join(",");
    let (full, nearly_full) = (names(SKILLS_MAX), names(SKILLS_MAX - 1));
    let refused = "refused: an account has at most 10000 skills";
    check("skills", &format!("skills {full} | create-skills Idle | {refused}"));
    check("skills", &format!("skills {nearly_full} | create-skills Idle,Night | {refused}"));
    let outcome = format!("skills {nearly_full},+Idle");
    check("skills", &format!("skills {nearly_full} | create-skills Idle | {outcome}"));
}

#[test]
fn refuses_the_101st_key() {
    let keys = |count| {
        let keys = (2..count + 2).map(|id| format!("api {id} PBX read 9"));
        keys.collect::<Vec<_>>().join("; ")
    };
    let (full, nearly_full) = (keys(KEYS_MAX), keys(KEYS_MAX - 1));
    let rest = &full["api 2 PBX read 9; ".len()..];
    let limit = "an account has at most 100 API keys";
    let table = format!(
        "{full} | create-key PBX read 8 | refused: {limit}\n\
         = | rotate-key 2 8 500 | refused: {limit}\n\
         = | rotate-key 0 8 500 | refused: {limit}\n\
         = | rotate-key 2 8 100 | - api 2 PBX read 9; {rest}; + api 105 PBX read 8 at 100\n\
         = | rotate-key 0 8 100 | ~ key 8; {full}\n\
         {nearly_full} | create-key PBX read 8 | {nearly_full}; + api 104 PBX read 8\n\
         = | several good create-key PBX read 8; create-key PBX read 8 \
           | {nearly_full}; + api 104 PBX read 8; ! line 2: {limit}"
    );
    check("keys", &table);
}

#[test]
fn refused_token_gets_the_exact_retry_time() {
    let account = new_account();
    let mut view = View::new(&account);
    let token = |at_us| command(&format!("token {at_us}"));
    for at_us in 50..60 {
        decide(&mut view, &token(at_us)).unwrap();
    }
    for now_us in [60, 1000, TOKEN_WINDOW_US + 49] {
        let retry_after_us = TOKEN_WINDOW_US + 50 - now_us;
        let refusal = Refusal::TooManyTokens { count: TOKENS_PER_WINDOW, retry_after_us };
        assert_eq!(decide(&mut view, &token(now_us)), Err(refusal), "{now_us}");
        assert!(decide(&mut view.clone(), &token(now_us + retry_after_us - 1)).is_err());
        assert!(decide(&mut view.clone(), &token(now_us + retry_after_us)).is_ok());
    }
}

#[test]
fn tells_100_faults_of_a_command_and_10_of_a_row() {
    let account = account("111 Ravi");
    let (number, name) = (PhoneNumber::parse("222").unwrap(), PhoneName::parse("Asha").unwrap());
    let set = Some((0..1000).map(|skill| format!("S{skill}")).collect());
    let skills = SkillEdit { set, is_strict: true, ..SkillEdit::default() };
    let one = Command::CreatePhone { number, name, skills };
    let rows = vec![Row { line: 1, command: one.clone(), may_be_cut: false }];
    let several = Command::Several { rows, mode: SaveMode::GoodRows };
    for (command, told) in [(one, FAULTS_MAX), (several, ROW_FAULTS_MAX)] {
        let refused = match decide(&mut View::new(&account), &command) {
            Ok(mut decision) => decision.row_faults.remove(0).refusal,
            Err(refusal) => refusal,
        };
        let Refusal::Several(refusals) = refused else { panic!("{refused}") };
        assert_eq!(refusals.len(), told + 1);
        assert_eq!(refusals[told], Refusal::More(1000 - told));
    }
}

#[test]
fn counts_changes_by_row() {
    let account = account("111 Ravi QA:1; 222 Mira QA:2; 333 Noor QA:3");
    let rows = "order QA 333; order QA 333; create 333 Zoe; create-skills Idle,Night; \
                delete-skills QA";
    for (mode, row_changes, count) in
        [("good", &[3, 0, 0, 2, 4][..], 9), ("all", &[], 0), ("none", &[], 0)]
    {
        let command = command(&format!("several {mode} {rows}"));
        let decision = decide(&mut View::new(&account), &command).unwrap();
        assert_eq!(decision.row_faults.len(), 1);
        assert_eq!((&decision.row_changes[..], decision.changes.len()), (row_changes, count));
    }
}

/// The state does not have the names of deleted skills; the change has the one of its time.
#[test]
fn obstacle_names_a_deleted_skill() {
    let mut account = account("111 Ravi QA:1");
    let changes = execute(&mut account, "edit 111 Ravi > _ _ -QA");
    execute(&mut account, "delete-skills QA");
    let refused =
        refusal(&account, &Command::Revert { changes, mode: SaveMode::AllOrNothing }).to_string();
    assert!(refused.ends_with(r#": the skill "QA" that the phone had is deleted by now"#));
}

#[test]
fn refuses_to_revert_what_the_history_lacks() {
    // The fields of a phone may be missing.
    let phone = Delta::Phone {
        id: PhoneId(1),
        kind: Kind::DeletePhone,
        number: None,
        name: None,
        lost: Vec::new(),
        got: Vec::new(),
        skill_names: directory::SkillNames::default(),
    };
    for (delta, kind) in [
        (Delta::Other(Kind::CreateAccount), Kind::CreateAccount),
        (Delta::Other(Kind::DeleteAccount), Kind::DeleteAccount),
        (phone, Kind::DeletePhone),
    ] {
        let changes = vec![RecordedChange { version: 5, delta }];
        let revert = Command::Revert { changes, mode: SaveMode::AllOrNothing };
        assert_eq!(refusal(&account(""), &revert), Refusal::NotRevertible(kind));
    }
}

#[test]
fn refuses_to_revert_changes_of_an_erased_phone_and_undoes_them_for_earlier_states() {
    let id = PhoneId(7);
    let (number, name) = (PhoneNumber::erased(id), PhoneName::erased(id));
    let delta = |kind, [before, after]: [bool; 2]| Delta::Phone {
        id,
        kind,
        number: Some(FieldChange {
            before: before.then_some(number),
            after: after.then_some(number),
        }),
        name: Some(FieldChange {
            before: before.then(|| name.clone()),
            after: after.then(|| name.clone()),
        }),
        lost: Vec::new(),
        got: Vec::new(),
        skill_names: directory::SkillNames::default(),
    };
    let mut account = account("");
    let sides = [
        (Kind::DeletePhone, [true, false]),
        (Kind::EditPhone, [true, true]),
        (Kind::CreatePhone, [false, true]),
    ];
    for (kind, sides) in sides {
        let delta = delta(kind, sides);
        assert_eq!(delta.erased_phone(), Some(id));
        let undone = delta.undo(&View::new(&account)).unwrap();
        account.apply(undone);
        let changes = vec![RecordedChange { version: 5, delta }];
        let revert = Command::Revert { changes, mode: SaveMode::AllOrNothing };
        assert_eq!(refusal(&account, &revert), Refusal::Erased(id));
    }
    assert!(account.phones.is_empty());
    let erasure = Delta::Erasure { id, changes: 3 };
    assert_eq!(erasure.undo(&View::new(&account)), Err(Obstacle::NotRecorded(Kind::ErasePhone)));
}

/// A view of an earlier state needs the earlier settings, even without the key.
#[test]
fn undo_of_settings_keeps_the_current_key() {
    let mut account = account("limit 3");
    let done = execute(&mut account, "set key 7 limit 5");
    let undone = done[0].delta.undo(&View::new(&account)).unwrap();
    account.apply(undone);
    assert_eq!((account.profile.phone_number_limit, account.profile.api_key_sha256), (3, [7; 32]));
    let token = Delta::Other(Kind::IssueToken);
    assert_eq!(token.undo(&View::new(&account)), Err(Obstacle::NotRecorded(Kind::IssueToken)));
}
