//! Routing settings, and pauses.

use serde_json::{Value, json};

use crate::world::World;

const ACCOUNT: &str = "/v1/account/routing";
const SALES: &str = "/v1/skills/Sales/routing";
const P1: &str = "/v1/phones/p1/routing";
const PAUSE: &str = "/v1/phones/p1/pause";

/// Edits in turn, each with what it changes in the answer where that is not the body.
#[test]
fn edits_what_is_named_and_shows_what_is_set() {
    let support = json!({"id": "s2", "name": "Support"});
    let hours = "Asia/Kolkata mon-fri 09:00-18:00";
    let in_sales = |mut set: Value| {
        set["id"] = json!("s1");
        json!({"skills": {"Sales": set}})
    };
    let templates =
        json!({"kamailio": "sip:{number}@sbc.example", "asterisk.dial": "PJSIP/{number}@t"});
    let kamailio = json!({"kamailio": templates["kamailio"]});
    let edits = [
        (ACCOUNT, json!({"dial_templates": templates}), None),
        (
            ACCOUNT,
            json!({"dial_templates": {"asterisk.dial": null}}),
            Some(json!({"dial_templates": kamailio})),
        ),
        (ACCOUNT, json!({"dial_templates": null}), None),
        (SALES, json!({"mode": "parallel", "ring_time_s": 30}), None),
        (
            SALES,
            json!({"overflow": "Support", "hours": hours}),
            Some(json!({"overflow": support, "hours": hours})),
        ),
        (SALES, json!({"dial_templates": kamailio}), None),
        (SALES, json!({"ring_time_s": null, "overflow": null}), None),
        (SALES, json!({}), None),
        (P1, json!({"hours": hours}), None),
        (
            P1,
            json!({"skills": {"s1": {"delay_s": 5, "confirm": true}}}),
            Some(in_sales(json!({"delay_s": 5, "confirm": true}))),
        ),
        (
            P1,
            json!({"skills": {"Sales": {"confirm": false, "ring_time_s": 9}}}),
            Some(in_sales(json!({"delay_s": 5, "ring_time_s": 9}))),
        ),
        (P1, json!({"skills": {"Sales": null}}), Some(json!({"skills": null}))),
        (P1, json!({"skills": {"Sales": {"delay_s": 0}}}), Some(in_sales(json!({"delay_s": 0})))),
        (P1, json!({"skills": null, "hours": null}), None),
    ];
    World::on_each_store(|world| {
        for (path, body, changed) in &edits {
            let before = world.get(path);
            let mut expected = before.json.clone();
            for (name, value) in changed.as_ref().unwrap_or(body).as_object().unwrap() {
                expected[name] = value.clone();
            }
            expected.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            let headers = [("If-Match", &*before.etag())];
            let edited = world.call_with("PATCH", path, &headers, body.clone());
            assert_eq!((edited.status, &edited.json), (200, &expected), "{path} {body}");
            let after = world.get(path);
            assert_eq!((&after.json, after.etag()), (&expected, edited.etag()), "{path} {body}");
            if expected != before.json {
                let stale = world.call_with("PATCH", path, &headers, json!({}));
                stale.assert_problem(412, "precondition_failed");
            }
        }
        let kinds = world.get("/v1/changes?limit=99").texts("items", "kind");
        assert_eq!(kinds.iter().filter(|kind| kind.ends_with(".routing")).count(), 13);
        world.check();
    });
}

/// They are shown with the names of skills.
#[test]
fn a_renamed_skill_changes_the_etag_of_what_names_it() {
    let world = &mut World::new();
    world.done("PATCH", SALES, json!({"overflow": "Support"}));
    let before = world.get(SALES).etag();
    world.done("PATCH", "/v1/skills/Support", json!({"name": "Help"}));
    let after = world.call_with("GET", SALES, &[("If-None-Match", &before)], Value::Null);
    assert_eq!((after.status, &after.json["overflow"]["name"]), (200, &json!("Help")));
    let mut edit = |etag: &str| {
        world.call_with("PATCH", SALES, &[("If-Match", etag)], json!({"mode": "serial"})).status
    };
    assert_eq!([edit(&before), edit(&after.etag())], [412, 200]);
}

#[test]
fn a_key_of_scope_routing_pauses_and_resumes_a_phone_and_a_change_is_taken_back() {
    World::on_each_store(|world| {
        let key = world.key("routing");
        let call = |world: &mut World, method: &str, path: &str, body: Value| {
            let done = world.call_as(("acme", &key), method, path, body);
            assert_eq!((done.status, done.reply.body.as_str()), (204, ""), "{done:?}");
            let shown = world.read(P1);
            (shown["pause"].clone(), shown["skills"]["Sales"]["pause"].clone())
        };
        let until = "2100-01-01T10:00:00Z";
        let pause = json!({"reason": " lunch ", "until": "2100-01-01T15:30:00+05:30"});
        let (lunch, fair) =
            (json!({"reason": "lunch", "until": until}), json!({"reason": "", "until": null}));
        assert_eq!(call(world, "PUT", PAUSE, pause), (lunch.clone(), Value::Null));
        assert_eq!(
            call(world, "PUT", PAUSE, json!({"skill": "s1"})),
            (lunch.clone(), fair.clone())
        );
        world.done("PATCH", P1, json!({"skills": null}));
        assert_eq!(call(world, "DELETE", PAUSE, Value::Null), (Value::Null, fair));
        let resume = format!("{PAUSE}?skill=Sales");
        assert_eq!(call(world, "DELETE", &resume, Value::Null), (Value::Null, Value::Null));
        assert_eq!(call(world, "DELETE", &resume, Value::Null), (Value::Null, Value::Null));
        let newest = world.get("/v1/changes?phone=p1&limit=2").texts("items", "id");
        for change in newest {
            world.done("POST", &format!("/v1/changes/{change}/revert"), Value::Null);
        }
        assert_eq!(world.read(P1)["pause"], lunch);
        world.check();
    });
}
