//! The outcomes in each dialect, and what all dialects have in common.

use std::time::Duration;

use directory::{Command, RoutingOf};
use ringbook::service::ServiceOptions;
use test_support::{acme, basic, request_text};

use crate::decode::{Dialplan, dial, freeswitch, row_count, rows};
use crate::switchboard::{KEYS, Switchboard, TEMPLATES};

const TEXT: &str = "text/plain";
const NOT_FOUND: &str = "<document type=\"freeswitch/xml\"><section name=\"result\">\
    <result status=\"not found\"/></section></document>";
const NOBODY: &str = "<document type=\"freeswitch/xml\"><section name=\"dialplan\">\
    <context name=\"hunt\"><extension name=\"ringbook\"><condition><action application=\"respond\" \
    data=\"480 Nobody to ring\"/></condition></extension></context></section></document>";

/// A path and a form with `SKILL` in it, the type of its answers, and those for an unknown skill, nobody,
/// and what is not known.
type Case = (&'static str, &'static str, &'static str, [(u16, &'static str); 3]);

#[rustfmt::skip] // One a line.
const CASES: [Case; 9] = [
    ("/pbx/kamailio/route?skill=SKILL&from=+91", "", "application/json", [(404, ""), (200, "{\"version\":\"1.0\",\"routing\":\"serial\",\"routes\":[]}"), (503, "")]),
    ("/pbx/kamailio/route?user=SKILL", "", "application/json", [(404, ""), (200, "{\"version\":\"1.0\",\"routing\":\"serial\",\"routes\":[]}"), (503, "")]),
    ("/pbx/asterisk/dial?mode=parallel&skill=SKILL", "", TEXT, [(404, "-"), (200, "-"), (503, "")]),
    ("/pbx/asterisk/queue_members/multi", "interface%20LIKE=%25&queue_name=SKILL&more", TEXT, [(404, ""), (200, ""), (503, "")]),
    ("/pbx/asterisk/queue_members/update?uniqueid=p1-SKILL", "penalty=5", TEXT, [(200, "0\n"), (200, "0\n"), (503, "-1\n")]),
    ("/pbx/asterisk/queues/single", "name=SKILL", TEXT, [(404, ""), (200, "name=SKILL&strategy=linear&timeout=20&retry=1\n"), (503, "")]),
    ("/pbx/freeswitch", "section=dialplan&Hunt-Destination-Number=SKILL&Hunt-Context=hunt", "text/xml", [(200, NOT_FOUND), (200, NOBODY), (503, "")]),
    ("/pbx/plain?skill=SKILL", "", TEXT, [(404, ""), (200, ""), (503, "")]),
    ("/pbx/phonebook/yealink.xml?skill=SKILL", "", "text/xml; charset=utf-8", [(404, ""), (200, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<YealinkIPPhoneDirectory>\n<Title>SKILL</Title>\n</YealinkIPPhoneDirectory>\n"), (0, "")]),
];

#[test]
fn each_dialect_tells_unknown_nobody_and_cannot_know_apart() {
    let mut board = Switchboard::new();
    board.fill(&["Empty"], &[]);
    let options = ServiceOptions { routing_max_age: Duration::ZERO, ..ServiceOptions::default() };
    let mut old = Switchboard::with(&options);
    old.fill(&["Empty"], &[("+911", "Ravi", &["Empty"])]);
    for (path, form, kind, [unknown, nobody, cannot_know]) in CASES {
        // In the id of a member skills have their ids.
        let [no_skill, skill] =
            if path.contains("uniqueid") { ["s9", "s1"] } else { ["Sales", "Empty"] };
        let check = |board: &mut Switchboard, name: &str, (status, body): (u16, &str)| {
            let [path, form, body] = [path, form, body].map(|text| text.replace("SKILL", name));
            let reply = board.ask(&path, &form);
            assert_eq!((reply.status, &*reply.body), (status, &*body), "{path} {form} {reply:?}");
            assert_eq!(reply.header("content-type"), Some(kind), "{path}");
            assert_eq!(reply.header("content-length"), Some(&*body.len().to_string()), "{path}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
            assert_eq!(reply.header("ringbook-reason").is_some(), status >= 500, "{path}");
        };
        check(&mut board, no_skill, unknown);
        check(&mut board, skill, nobody);
        if cannot_know.0 > 0 {
            check(&mut old, skill, cannot_know);
        }
    }
}

#[test]
fn refuses_in_the_form_of_each_path() {
    let mut board = Switchboard::new();
    board.fill(&["Sales"], &[("+911", "Ravi", &["Sales"])]);
    let others = [
        ("/pbx/asterisk/queue_members/require", "", "-1\n"),
        ("/pbx/asterisk/queue_members/update?uniqueid=p1-s1", "", "-1\n"),
        ("/pbx/asterisk/queues/multi", "", ""),
        ("/pbx/lookup?number=1", "", ""),
    ];
    let paths = CASES
        .map(|(path, form, ..)| (path, form, if path.contains("update") { "-1\n" } else { "" }));
    let right = basic("acme", KEYS[0]);
    for (path, form, failed) in paths.into_iter().chain(others) {
        let wrong = [("Authorization", &*basic("acme", "wrong"))];
        let reads = [("Authorization", &*basic("acme", KEYS[2]))];
        for (headers, method, status) in [
            (&wrong[..], "POST", 401),
            (&reads, "POST", 401),
            (&[], "POST", 401),
            (&[("Authorization", &*right)], "DELETE", 405),
        ] {
            let reply = board.request(method, path, headers, form);
            assert_eq!((reply.status, &*reply.body), (status, failed), "{method} {path} {reply:?}");
            assert_eq!(reply.header("content-length"), Some(&*failed.len().to_string()), "{path}");
            let challenge =
                reply.header("www-authenticate").is_some_and(|it| it.starts_with("Basic "));
            assert_eq!(challenge, status == 401);
            assert_eq!(reply.header("allow").is_some(), status == 405);
            let is_text = reply.header("content-type") == Some(TEXT);
            assert!(is_text || !path.contains("asterisk"), "{path}");
        }
        let large = board.request("POST", path, &[("Authorization", &right)], &"x".repeat(70_000));
        assert_eq!((large.status, &*large.body), (413, failed), "{path}");
    }
    // A body that is no form has no parameters, and those of the query hold.
    for body in ["{\"skill\":\"Support\"}", "%zz=%&&=;%ff=\u{ff}", "skill=Support"] {
        assert_eq!(board.ask("/pbx/plain?skill=Sales", body).body, "+911\n", "{body}");
    }
    for (path, body) in [
        ("/pbx/asterisk/queue_members/static", "-"),
        ("/pbx", ""),
        ("/pbx/plain/", ""),
        ("/pbx/phonebook/other.xml", ""),
    ] {
        let reply = board.ask(path, "");
        assert_eq!(
            (reply.status, &*reply.body, reply.header("content-type")),
            (404, body, Some(TEXT))
        );
    }
    let forged = [("Authorization", &*right), ("Origin", "https://elsewhere.example")];
    let path = "/pbx/asterisk/queue_members/update?uniqueid=p1-s1";
    assert_eq!(board.request("POST", path, &forged, "paused=1").status, 403);
    // A HEAD has the length of what it would have got, which the client waits for in vain.
    let (mut client, headers) =
        (board.client(), [("Authorization", &*right), ("Connection", "close")]);
    client.send(&request_text("HEAD", "/pbx/plain?skill=Sales", &headers, "")).unwrap();
    assert_eq!(client.reply().unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
}

#[test]
fn tells_revision_age_and_how_much_is_shown() {
    let mut board = Switchboard::new();
    let numbers: Vec<_> = (0..600).map(|number| format!("+91900000{number:04}")).collect();
    // Its name is the number without the plus.
    let phones: Vec<_> =
        numbers.iter().map(|number| (&**number, &number[1..], &["All"][..])).collect();
    board.fill(&["All"], &phones);
    let freeswitch_form = "section=dialplan&Hunt-Destination-Number=All&Hunt-Context=hunt";
    for (path, form, shown) in [
        ("/pbx/kamailio/route?skill=All", "", 12),
        ("/pbx/asterisk/dial?skill=All", "", 157),
        ("/pbx/asterisk/queue_members/multi", "queue_name=All", 500),
        ("/pbx/freeswitch", freeswitch_form, 128),
        ("/pbx/plain?skill=All", "", 600),
    ] {
        let reply = board.ask(path, form);
        assert_eq!(reply.header("ringbook-shown"), Some(&*format!("{shown}/600")), "{path}");
        assert!(reply.header("ringbook-revision").unwrap().parse::<u64>().unwrap() > 600);
        assert!(reply.header("ringbook-age").unwrap().parse::<u64>().unwrap() < 60);
        let is_listed = |at: usize| reply.body.contains(numbers[at].trim_start_matches('+'));
        assert!(
            is_listed(shown - 1) && (shown == 600 || !is_listed(shown)),
            "{path} {}",
            reply.body
        );
    }
}

#[test]
fn tells_the_same_again_until_the_list_the_question_or_the_time_changes_it() {
    let mut board = Switchboard::new();
    board.fill(&["Sales"], &[("+911", "Ravi", &["Sales"]), ("+912", "Mira", &["Sales"])]);
    let assert_twice = |board: &mut Switchboard, expected: &str| {
        let told = [(); 2].map(|()| board.ask("/pbx/plain?skill=Sales", "").body);
        assert_eq!(told, [expected; 2]);
    };
    assert_twice(&mut board, "+911\n+912\n");
    board.order("Sales", &[2, 1]);
    assert_twice(&mut board, "+912\n+911\n");
    for context in ["hunt", "public", "hunt"] {
        let form = format!("section=dialplan&Hunt-Destination-Number=s1&Hunt-Context={context}");
        assert_ne!(
            freeswitch(&board.ask("/pbx/freeswitch", &form).body, context),
            Dialplan::NotFound
        );
    }
    for name in ["Sales", "s1", "Sales"] {
        let queue = board.ask("/pbx/asterisk/queues/single", &format!("name={name}")).body;
        assert_eq!(rows(&queue)[0]["name"], name);
    }
    board.set_phone(1, None, "pause", Some("2026-11-28T12:01:00Z tea"));
    assert_twice(&mut board, "+912\n");
    board.clock.advance_us(60_000_000);
    assert_twice(&mut board, "+912\n+911\n");
    // What is kept counts as memory, and goes with its list.
    board.set_phone(1, None, "pause", None);
    board.ask("/pbx/lookup?number=1", "");
    let bytes = |board: &Switchboard| board.service().routing_usage().bytes;
    let without = bytes(&board);
    assert_twice(&mut board, "+912\n+911\n");
    assert_eq!(bytes(&board), without + "+912\n+911\n".len());
    acme::execute(board.service(), Command::DeleteAccount);
    assert_eq!(bytes(&board), 0);
}

#[test]
fn needs_a_template_where_a_bare_number_is_no_address() {
    let mut board = Switchboard::new();
    board.fill(&["Sales"], &[("+911", "Ravi", &["Sales"]), ("+912", "Mira", &["Sales"])]);
    for (setting, _) in TEMPLATES {
        board.set(RoutingOf::Account, None, setting, None);
    }
    for (path, form) in [
        ("/pbx/kamailio/route?skill=Sales", ""),
        ("/pbx/asterisk/queue_members/multi", "queue_name=Sales"),
        ("/pbx/freeswitch", "section=dialplan&Hunt-Destination-Number=Sales&Hunt-Context=hunt"),
    ] {
        let reply = board.ask(path, form);
        assert_eq!((reply.status, &*reply.body), (503, ""), "{path}");
        assert!(reply.header("ringbook-reason").unwrap().contains("dial template"), "{reply:?}");
    }
    assert_eq!(board.ask("/pbx/asterisk/dial?skill=Sales", "").body, "+911,+912");
    board.set_skill("Sales", "mode", "parallel");
    board.set_skill("Sales", "dial_template.asterisk.dial", "PJSIP/{number}@t");
    assert_eq!(board.ask("/pbx/asterisk/dial?skill=Sales", "").body, "PJSIP/+911@t&PJSIP/+912@t");
}

#[test]
fn asterisk_pauses_and_resumes_a_phone_in_a_skill() {
    let mut board = Switchboard::new();
    board.fill(
        &["Sales", "Support"],
        &[("+911", "Ravi", &["Sales", "Support"]), ("+912", "Mira", &["Sales"])],
    );
    let members = |board: &mut Switchboard, skill: &str| {
        rows(&board.ask("/pbx/asterisk/queue_members/multi", &format!("queue_name={skill}")).body)
    };
    let id = members(&mut board, "Sales")[0]["uniqueid"].clone();
    let update = |board: &mut Switchboard, id: &str, form: &str| {
        let path = format!("/pbx/asterisk/queue_members/update?uniqueid={id}");
        row_count(&board.ask(&path, form).body)
    };
    // Whoever orders the skill in between does not matter.
    board.order("Sales", &[2, 1]);
    for (form, paused, reason) in [
        ("reason_paused=tea%20%26%20%2B%2050%25%20%C3%BC&paused=1", "1", "tea & + 50% ü"),
        ("reason_paused=&paused=0", "0", ""),
        ("paused=1", "1", ""),
        ("reason_paused=%0D%0Aa%3Db%26${system(id)}", "1", "a=b&${system(id)}"),
        ("penalty=5", "1", "a=b&${system(id)}"),
        ("ringinuse=0", "1", "a=b&${system(id)}"),
        ("paused=0", "0", ""),
    ] {
        assert_eq!(update(&mut board, &id, form), 1, "{form}");
        let rows = members(&mut board, "Sales");
        let states: Vec<_> = rows.iter().map(|row| (&*row["interface"], &*row["paused"])).collect();
        assert_eq!(
            states,
            [("Local/+912@hunt-out/n", "0"), ("Local/+911@hunt-out/n", paused)],
            "{form}"
        );
        assert_eq!(rows[1]["reason_paused"], reason, "{form}");
        assert_eq!(members(&mut board, "Support")[0]["paused"], "0");
        assert_eq!(
            dial(&board.ask("/pbx/asterisk/dial?skill=Sales", "").body).unwrap().len(),
            if paused == "1" { 1 } else { 2 }
        );
    }
    for wrong in ["columns", "", "17", "p9-s1", "p2-s2-7", "p1-s9", "p1%20-s1"] {
        assert_eq!(update(&mut board, wrong, "paused=1"), 0, "{wrong}");
    }
    // Whose key it was is in the history.
    let full = [("Authorization", &*basic("acme", KEYS[0]))];
    let history = board.request("GET", "/v1/changes?limit=1", &full, "").body;
    assert!(
        history.contains("\"source\":\"api:PBX\"") && history.contains("phone.routing"),
        "{history}"
    );
    // A queue may be named by the skill's id, as Asterisk cuts long names.
    assert_eq!(members(&mut board, "s1"), members(&mut board, "Sales"));
    // While the store is away it is a number too, and calls are routed.
    board.set_away(true);
    assert_eq!(update(&mut board, &id, "paused=1"), -1);
    assert_eq!(board.ask("/pbx/plain?skill=Sales", "").body, "+912\n+911\n");
    board.set_away(false);
}

#[test]
fn every_id_of_a_member_changes_with_a_serial_list_alone() {
    let mut board = Switchboard::new();
    board.fill(
        &["Sales", "More"],
        &[("+911", "Ravi", &["Sales"]), ("+912", "Mira", &["Sales"]), ("+913", "Asha", &["More"])],
    );
    let ids = |board: &mut Switchboard| -> Vec<String> {
        let reply = board.ask("/pbx/asterisk/queue_members/multi", "queue_name=Sales");
        rows(&reply.body).into_iter().map(|mut row| row.remove("uniqueid").unwrap()).collect()
    };
    board.set_skill("Sales", "overflow", "More");
    let first = ids(&mut board);
    assert_eq!(first.len(), 3);
    // Who is paused, or outside their hours, keeps the place.
    board.set_phone(1, None, "pause", Some("- lunch"));
    board.set_phone(2, None, "hours", Some("UTC mon-fri 09:00-18:00"));
    assert_eq!(ids(&mut board), first);
    board.order("Sales", &[2, 1]);
    let second = ids(&mut board);
    assert!(second.iter().all(|id| !first.contains(id)) && second.len() == 3, "{second:?}");
    board.set_skill("Sales", "mode", "parallel");
    let parallel = ids(&mut board);
    board.order("Sales", &[1, 2]);
    assert_eq!(parallel.len(), 3, "nobody of the skill is there, so the overflow rings");
    assert!(ids(&mut board).iter().all(|id| parallel.contains(id)));
}

#[test]
fn looks_up_callers_with_and_without_a_plus() {
    let mut board = Switchboard::new();
    board.fill(&["Sales"], &[("+919000000001", "Ravi", &["Sales"]), ("1001", "Desk-1", &[])]);
    for (number, expected) in [
        ("+919000000001", (200, "Ravi")),
        ("%2B919000000001", (200, "Ravi")),
        ("919000000001", (200, "Ravi")),
        ("+1001", (200, "Desk-1")),
        ("9190", (404, "")),
        ("x%0D%0A", (404, "")),
        ("", (404, "")),
    ] {
        let reply = board.ask(&format!("/pbx/lookup?number={number}"), "");
        assert_eq!((reply.status, &*reply.body), expected, "{number}");
    }
}
