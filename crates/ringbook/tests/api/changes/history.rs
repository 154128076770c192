//! `GET /v1/changes` and `GET /v1/changes/{id}`: the history.

use serde_json::{Value, json};

use super::{BEGIN, place};
use crate::world::World;

#[test]
fn returns_before_and_after_of_a_change() {
    World::on_each_store(|world| {
        let edit = json!({"number": "2001", "unassign": ["Support"]});
        let edited = world.done("PATCH", "/v1/phones/p1", edit);
        let page = world.get("/v1/changes?limit=1");
        let change = &page.json["changes"][0];
        assert!(change["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{change}");
        let expected = json!({
            "id": BEGIN + 1, "at": change["at"], "source": "api", "kind": "edit", "phone": "p1",
            "request_id": edited.header("ringbook-request-id"),
            "before": {"number": "919876543210", "skills": [place("Support", 2)]},
            "after": {"number": "2001", "skills": []}
        });
        assert_eq!(*change, expected);

        let created = world.read("/v1/changes/4");
        let skills = [place("Sales", 1), place("Support", 2)];
        let after = json!({"number": "919876543210", "name": "Ravi", "skills": skills});
        assert_eq!((&created["before"], &created["after"]), (&Value::Null, &after));
        assert_eq!((&created["kind"], &created["source"]), (&json!("create"), &json!("cli:asha")));
        let skill = world.read("/v1/changes/2");
        assert_eq!((&skill["kind"], &skill["skill"]), (&json!("skill.create"), &json!(1)));
        assert_eq!((&skill["before"], &skill["after"]), (&Value::Null, &json!({"name": "Sales"})));
        assert_eq!(skill.get("phone"), None);
    });
}

#[test]
fn returns_a_change_as_the_list_has_it() {
    let world = &mut World::new();
    for change in world.get("/v1/changes").list("changes") {
        assert_eq!(world.read(&format!("/v1/changes/{}", change["id"])), *change);
    }
}

/// Changes are numbered by account: `globex` has the first one of its own, and no other.
#[test]
fn returns_no_changes_of_another_account() {
    let own = World::new().get_as_globex("/v1/changes");
    assert_eq!(own.column("changes", "id"), [1]);
    assert_eq!(own.column("changes", "kind"), ["account.create"]);
}

#[test]
fn returns_changes_of_keys_and_settings_without_secrets() {
    let world = &mut World::new();
    let body = json!({"name": "Wallboard", "scope": "read", "expires_at": "2999-01-01T00:00:00Z"});
    let key = world.call("POST", "/v1/account/keys", body.clone());
    world.keep_key(&key);
    world.limit(7);
    world.replace_key();
    world.done("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}));
    let page = world.get("/v1/changes?limit=4");
    let [renamed, rotated, limited, made] = page.list("changes") else { panic!("{page:?}") };
    let sides = |change: &Value| (change["before"].clone(), change["after"].clone());
    assert_eq!(sides(renamed), (json!({"name": "Sales"}), json!({"name": "Verkauf"})));
    assert_eq!(sides(rotated), (json!({}), json!({"api_key": "changed"})));
    assert_eq!(limited["after"], json!({"phone_number_limit": 7}));
    assert_eq!((&made["kind"], &made["key"]), (&json!("key.create"), &key.json["id"]));
    assert_eq!(sides(made), (Value::Null, body));
}

#[test]
fn pages_the_history_newest_first() {
    World::on_each_store(|world| {
        let whole = world.get("/v1/changes");
        assert_eq!(whole.column("changes", "id"), [6, 5, 4, 3, 2, 1]);
        assert_eq!(whole.json.get("next"), None);
        let (mut paged, mut path) = (Vec::new(), "/v1/changes?limit=4".to_owned());
        loop {
            let page = world.get(&path);
            paged.extend(page.column("changes", "id").into_iter().cloned());
            // New changes do not move the pages.
            let name = format!("Ravi-{}", paged.len());
            world.done("PATCH", "/v1/phones/p1", json!({"name": name}));
            let Some(next) = page.json["next"].as_u64() else { break };
            path = format!("/v1/changes?limit=4&before={next}");
        }
        assert_eq!(paged, [6, 5, 4, 3, 2, 1]);
    });
}

#[test]
fn filters_the_history_by_phone_and_by_skill() {
    World::on_each_store(|world| {
        world.done("PATCH", "/v1/phones/p1", json!({"name": "Ravi.K", "number": "+911"}));
        world.done("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}));
        for (query, expected) in [
            ("phone=p1", vec![7, 4]),
            ("phone=+911", vec![7, 4]),
            ("phone=%2B911", vec![7, 4]),
            ("phone=p2", vec![5]),
            ("skill=Verkauf", vec![8, 2]),
            ("skill=Support", vec![3]),
            ("phone=p1&before=7", vec![4]),
        ] {
            let page = world.get(&format!("/v1/changes?{query}"));
            assert_eq!(page.column("changes", "id"), expected, "{query}");
        }
        // A change shows a skill by the name of its time.
        let created = world.read("/v1/changes/5");
        assert_eq!(created["after"]["skills"][0]["skill"], "Sales");

        world.delete("/v1/phones/p1");
        assert_eq!(world.get("/v1/changes?phone=p1").column("changes", "id"), [9, 7, 4]);
        // No phone has the number any more, and these ids were never used.
        for phone in ["%2B911", "p4", "p9999", "p0"] {
            let none = world.get(&format!("/v1/changes?phone={phone}"));
            none.assert_problem(422, "no_such_phone");
        }
        world.delete("/v1/skills/Verkauf?unassign=true");
        assert_eq!(world.read("/v1/changes/5"), created);
    });
}
