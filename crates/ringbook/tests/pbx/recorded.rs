//! The requests that real PBXs sent, byte for byte.

use serde_json::Value;
use test_support::Reply;

use crate::decode::{Dialplan, asterisk_uri, dial, freeswitch, kamailio, row_count, rows};
use crate::switchboard::Switchboard;

/// The skills that were called.
const SKILLS: [&str; 11] = [
    "General",
    "Sales North",
    "A&B",
    "C++",
    "50%",
    "Sales (north)",
    "हिन्दी",
    "it's",
    "a=b/c?d#e;f",
    "A&B +x",
    "x",
];

const NUMBERS: [&str; 2] = ["+919000000003", "+919000000002"];

#[test]
fn answers_all_recorded_requests() {
    let recorded: Vec<Value> = serde_json::from_str(include_str!("recorded.json")).unwrap();
    assert_eq!(recorded.len(), 70);
    let mut board = Switchboard::new();
    let all = &SKILLS[..];
    board.fill(all, &[(NUMBERS[0], "Bc", all), (NUMBERS[1], "Asha", all)]);
    board.set_skill("A&B +x", "mode", "parallel");
    for record in &recorded {
        let request = record["request"].as_str().unwrap();
        let reply = board.send(request);
        println!("{request}\n{reply:?}\n");
        check(request, record["what"].as_str().unwrap(), &reply);
    }
}

/// Checks what the PBX makes of the answer.
fn check(request: &str, what: &str, reply: &Reply) {
    let (head, form) = request.split_once("\r\n\r\n").unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let path = path.split('?').next().unwrap();
    let value =
        |name: &str| form.split('&').find_map(|pair| pair.strip_prefix(name)).map(asterisk_uri);
    assert_eq!(reply.header("content-length"), Some(&*reply.body.len().to_string()));
    if path.starts_with("/pbx/asterisk/") {
        assert_eq!(reply.header("content-type"), Some("text/plain"));
    }
    match path.strip_prefix("/pbx/").unwrap() {
        "asterisk/queue_members/require" => assert_eq!(row_count(&reply.body), 0),
        "asterisk/queue_members/multi" if form.contains("queue_name%20LIKE") => {
            let columns = rows(&reply.body);
            assert_eq!((columns.len(), &*columns[0]["interface"]), (1, "Local/columns"));
            assert_eq!(columns[0]["reason_paused"], "");
        }
        "asterisk/queue_members/multi" => {
            let rows = rows(&reply.body);
            let interfaces = NUMBERS.map(|number| format!("Local/{number}@hunt-out/n"));
            assert_eq!(
                rows.iter().map(|row| &row["interface"]).collect::<Vec<_>>(),
                interfaces.each_ref()
            );
            assert_eq!(
                rows.iter().map(|row| &*row["membername"]).collect::<Vec<_>>(),
                ["Bc", "Asha"]
            );
            for row in &rows {
                assert_eq!(["paused", "penalty", "ringinuse"].map(|name| &*row[name]), ["0"; 3]);
            }
            let name = what.split_once("Queue(").map(|(_, name)| name.split_once(')'));
            assert!(
                name.is_none() || value("queue_name=").is_some_and(|name| SKILLS.contains(&&*name))
            );
        }
        // The ids are those of another directory.
        "asterisk/queue_members/update" => {
            assert_eq!((reply.status, row_count(&reply.body)), (200, 0));
        }
        "asterisk/queues/single" => {
            let queue = rows(&reply.body);
            assert_eq!(queue[0]["name"], value("name=").unwrap());
            assert_eq!(queue[0]["strategy"], "linear");
        }
        "asterisk/queue_members/store" | "asterisk/queue_members/destroy" => {
            assert_eq!((reply.status, row_count(&reply.body)), (404, -1));
        }
        "asterisk/dial" => {
            let addresses = NUMBERS.map(|number| format!("PJSIP/{number}@trunk"));
            assert_eq!(dial(&reply.body).unwrap(), addresses);
            let separator = if request.contains("General") { ',' } else { '&' };
            assert_eq!(reply.body, addresses.join(&separator.to_string()));
        }
        "freeswitch" => match freeswitch(&reply.body, "hunt") {
            Dialplan::Bridge(groups) => {
                let addresses = NUMBERS.map(|number| format!("sofia/gateway/trunk/{number}"));
                let legs: Vec<_> = groups.iter().map(|group| &group[0].1).collect();
                assert_eq!(legs, addresses.each_ref());
                assert!(form.contains("section=dialplan"));
            }
            other => {
                assert_eq!(other, Dialplan::NotFound);
                let is_skill = form.contains("section=dialplan")
                    && !form.contains("Hunt-Destination-Number=%2B91");
                assert!(!is_skill, "{form}");
            }
        },
        "kamailio/route" if request.contains("skill=General&") => {
            let (mode, routes) = kamailio(&reply.body);
            assert_eq!((&*mode, routes.len(), routes[0].timer_ms), ("serial", 2, Some(20_000)));
            assert_eq!(routes[0].uri, format!("sip:{}@127.0.0.1:15080", NUMBERS[0]));
            assert_eq!(routes[0].dst_uri, "sip:127.0.0.1:15080");
        }
        // A skill is encoded once, and these were twice.
        "kamailio/route" => assert_eq!((reply.status, &*reply.body), (404, "")),
        path => panic!("{path}"),
    }
}
