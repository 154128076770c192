//! `GET /v1/changes`: the history.

use serde_json::{Value, json};

use super::{BEGIN, ids};
use crate::world::World;

#[test]
fn returns_before_and_after_of_a_change() {
    World::on_each_store(|world| {
        let edit = json!({"number": "2001", "unassign": ["Support"]});
        let edited = world.call("PATCH", "/v1/phones/p1", edit);
        let page = world.call("GET", "/v1/changes?limit=1", Value::Null);
        assert_eq!(page.status, 200, "{page:?}");
        let change = &page.json["changes"][0];
        assert!(change["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{change}");
        let expected = json!({
            "id": BEGIN + 1, "at": change["at"], "source": "api", "kind": "edit", "phone": "p1",
            "request_id": edited.header("ringbook-request-id"),
            "before": {"number": "919876543210", "skills": [{"skill": "Support", "position": 1}]},
            "after": {"number": "2001", "skills": []}
        });
        assert_eq!(*change, expected);

        let created = world.call("GET", "/v1/changes/4", Value::Null).json;
        let skills =
            json!([{"skill": "Sales", "position": 1}, {"skill": "Support", "position": 1}]);
        let after = json!({"number": "919876543210", "name": "Ravi", "skills": skills});
        assert_eq!((&created["before"], &created["after"]), (&Value::Null, &after));
        assert_eq!((&created["kind"], &created["source"]), (&json!("create"), &json!("cli:asha")));
        let skill = world.call("GET", "/v1/changes/2", Value::Null).json;
        assert_eq!((&skill["kind"], &skill["skill"]), (&json!("skill.create"), &json!(1)));
        assert_eq!((&skill["before"], &skill["after"]), (&Value::Null, &json!({"name": "Sales"})));
        assert_eq!(skill.get("phone"), None);
    });
}

#[test]
fn returns_changes_of_keys_and_settings_without_secrets() {
    let world = &mut World::new();
    let body = json!({"name": "Wallboard", "scope": "read", "expires_at": "2999-01-01T00:00:00Z"});
    let key = world.call("POST", "/v1/account/keys", body);
    world.keep_secret(key.json["key"].as_str().unwrap());
    world.limit(7);
    world.replace_key();
    world.call("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}));
    let page = world.call("GET", "/v1/changes?limit=4", Value::Null);
    let told: Vec<_> = page.json["changes"].as_array().unwrap().iter().collect();
    let sides = |change: &Value| (change["before"].clone(), change["after"].clone());
    let [renamed, rotated, limited, made] = told[..] else { panic!("{page:?}") };
    assert_eq!(sides(renamed), (json!({"name": "Sales"}), json!({"name": "Verkauf"})));
    assert_eq!(sides(rotated), (json!({}), json!({"api_key": "changed"})));
    assert_eq!(limited["after"], json!({"phone_number_limit": 7}));
    assert_eq!((&made["kind"], &made["key"]), (&json!("key.create"), &key.json["id"]));
    let after = json!({
        "name": "Wallboard", "scope": "read", "expires_at": "2999-01-01T00:00:00Z"
    });
    assert_eq!(sides(made), (Value::Null, after));
}

#[test]
fn pages_the_history_newest_first() {
    World::on_each_store(|world| {
        let whole = world.call("GET", "/v1/changes", Value::Null);
        assert_eq!(ids(&whole), [6, 5, 4, 3, 2, 1]);
        assert_eq!(whole.json.get("next"), None);
        let (mut paged, mut path) = (Vec::new(), "/v1/changes?limit=4".to_owned());
        loop {
            let page = world.call("GET", &path, Value::Null);
            paged.extend(ids(&page));
            // What comes meanwhile moves no page.
            world.call("PATCH", "/v1/phones/p1", json!({"name": format!("Ravi-{}", paged.len())}));
            let Some(next) = page.json["next"].as_u64() else { break };
            path = format!("/v1/changes?limit=4&before={next}");
        }
        assert_eq!(paged, [6, 5, 4, 3, 2, 1]);
    });
}

#[test]
fn filters_the_history_by_phone_and_by_skill() {
    World::on_each_store(|world| {
        let body = json!({"name": "Ravi.K", "number": "+911"});
        world.call("PATCH", "/v1/phones/p1", body);
        world.call("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}));
        for (query, expected) in [
            ("phone=p1", vec![7, 4]),
            ("phone=+911", vec![7, 4]),
            ("phone=%2B911", vec![7, 4]),
            ("phone=p2", vec![5]),
            ("skill=Verkauf", vec![8, 2]),
            ("skill=Support", vec![3]),
            ("phone=p1&before=7", vec![4]),
        ] {
            let page = world.call("GET", &format!("/v1/changes?{query}"), Value::Null);
            assert_eq!(ids(&page), expected, "{query}");
        }
        // Skills are told by the names that they have now.
        let created = world.call("GET", "/v1/changes/5", Value::Null);
        assert_eq!(created.json["after"]["skills"][0]["skill"], "Verkauf");

        world.call("DELETE", "/v1/phones/p1", Value::Null);
        assert_eq!(ids(&world.call("GET", "/v1/changes?phone=p1", Value::Null)), [9, 7, 4]);
        // A number is nobody's any more, and these ids were never given out.
        for phone in ["%2B911", "p4", "p9999", "p0"] {
            let none = world.call("GET", &format!("/v1/changes?phone={phone}"), Value::Null);
            assert_eq!((none.status, none.code()), (404, "no_such_phone"), "{phone}");
        }
        world.call("DELETE", "/v1/skills/Verkauf?unassign=true", Value::Null);
        // Of one that is gone, by the last name that it had.
        let created = world.call("GET", "/v1/changes/4", Value::Null);
        assert_eq!(created.json["after"]["skills"][1]["skill"], "Verkauf");
    });
}

#[test]
fn lists_all_invalid_query_parameters() {
    let world = &mut World::new();
    for (query, expected) in [
        ("limit=0&before=x&colour=red", vec!["before", "limit", "colour"]),
        ("limit=1001", vec!["limit"]),
        ("before=0", vec!["before"]),
        ("phone=p1&skill=Sales", vec!["skill"]),
        ("wait_s=1", vec!["wait_s"]),
        ("after=-1", vec!["after"]),
        ("after=0&wait_s=31&phone=p1&before=2", vec!["before", "phone", "wait_s"]),
    ] {
        let answer = world.call("GET", &format!("/v1/changes?{query}"), Value::Null);
        assert_eq!((answer.status, answer.code()), (400, "invalid_query"), "{query}");
        let fields: Vec<_> = answer.errors().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, expected, "{query}");
    }
}
