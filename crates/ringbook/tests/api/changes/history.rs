//! `GET /v1/changes` and `GET /v1/changes/{change}`: the history.

use serde_json::{Value, json};

use super::{BEGIN, first_of, ids};
use crate::world::World;

#[test]
fn returns_before_and_after_of_a_change() {
    World::on_each_store(|world| {
        let edit = json!({"number": "2001", "unassign": ["Support"]});
        let edited = world.done("PATCH", "/v1/phones/p1", edit);
        let page = world.get("/v1/changes?limit=1");
        let change = &page.json["items"][0];
        assert!(change["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{change}");
        let expected = json!({
            "id": "c7", "at": change["at"], "source": "api", "kind": "phone.edit", "phone": "p1",
            "request": edited.header("ringbook-request-id"),
            "before": {"number": "919876543210", "skills": [first_of("Support", "s2")]},
            "after": {"number": "2001", "skills": []}
        });
        assert_eq!(*change, expected);

        let created = world.read("/v1/changes/c4");
        let skills = [first_of("Sales", "s1"), first_of("Support", "s2")];
        let after = json!({"number": "919876543210", "name": "Ravi", "skills": skills});
        assert_eq!((&created["before"], &created["after"]), (&Value::Null, &after));
        assert_eq!(
            (&created["kind"], &created["source"]),
            (&json!("phone.create"), &json!("cli:asha"))
        );
        let skill = world.read("/v1/changes/c2");
        assert_eq!((&skill["kind"], &skill["skill"]), (&json!("skill.create"), &json!("s1")));
        assert_eq!((&skill["before"], &skill["after"]), (&Value::Null, &json!({"name": "Sales"})));
        assert_eq!(skill.get("phone"), None);
    });
}

#[test]
fn returns_a_change_as_the_list_has_it() {
    let world = &mut World::new();
    for change in world.get("/v1/changes").list("items") {
        let path = format!("/v1/changes/{}", change["id"].as_str().unwrap());
        assert_eq!(world.read(&path), *change);
    }
}

/// Changes are numbered by account: `globex` has the first one of its own, and no other.
#[test]
fn returns_no_changes_of_another_account() {
    let own = World::new().get_as_globex("/v1/changes");
    assert_eq!(own.column("items", "id"), ["c1"]);
    assert_eq!(own.column("items", "kind"), ["account.create"]);
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
    let [renamed, rotated, limited, made] = page.list("items") else { panic!("{page:?}") };
    let sides = |change: &Value| (change["before"].clone(), change["after"].clone());
    assert_eq!(sides(renamed), (json!({"name": "Sales"}), json!({"name": "Verkauf"})));
    assert_eq!(sides(rotated), (json!({}), json!({"api_key": "changed"})));
    assert_eq!(limited["after"], json!({"phone_number_limit": 7}));
    assert_eq!((&made["kind"], &made["key"]), (&json!("key.create"), &json!("k7")));
    assert_eq!(sides(made), (Value::Null, body));
}

#[test]
fn pages_the_history_newest_first() {
    World::on_each_store(|world| {
        let whole = world.get("/v1/changes");
        assert_eq!(whole.texts("items", "id"), ids((1..=BEGIN).rev()));
        assert_eq!(whole.json["next"], Value::Null);
        let (mut paged, mut path) = (Vec::new(), "/v1/changes?limit=4".to_owned());
        loop {
            let page = world.get(&path);
            paged.extend(page.texts("items", "id"));
            // New changes do not move the pages.
            let name = format!("Ravi-{}", paged.len());
            world.done("PATCH", "/v1/phones/p1", json!({"name": name}));
            let Some(next) = page.json["next"].as_str() else { break };
            path = format!("/v1/changes?limit=4&cursor={next}");
        }
        assert_eq!(paged, ids((1..=BEGIN).rev()));
    });
}

#[test]
fn returns_the_changes_to_which_all_filters_apply() {
    World::on_each_store(|world| {
        let begin = world.now();
        let edit = json!({"name": "Ravi.K", "number": "+911", "skills": ["Sales"]});
        let edited = world.done("PATCH", "/v1/phones/p1", edit);
        let request = edited.header("ringbook-request-id").unwrap();
        let end = world.now();
        world.done("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}));
        // As in India and in New York.
        let [east, west] = [(330, "+05:30"), (-300, "-05:00")].map(|(minutes, offset)| {
            let local = begin + jiff::SignedDuration::from_mins(minutes);
            local.to_string().replace('Z', offset)
        });
        for (query, expected) in [
            (format!("since={west}&source=api"), vec![8, 7]),
            (format!("since={}&source=api", east.replace('+', "%2B")), vec![8, 7]),
            (format!("since={east}&source=api"), vec![8, 7]),
            (format!("since={}&until={end}", east.replace('T', "%20")), vec![6, 5, 4, 3, 2, 1]),
            ("phone=p1".to_owned(), vec![7, 4]),
            ("phone=+911".to_owned(), vec![7, 4]),
            ("phone=%2B911".to_owned(), vec![7, 4]),
            ("phone=p2".to_owned(), vec![5]),
            ("skill=Verkauf".to_owned(), vec![8, 2]),
            ("skill=s1&source=api".to_owned(), vec![8]),
            ("skill=Support".to_owned(), vec![3]),
            (format!("request={request}"), vec![7]),
            (format!("request={request}&source=cli:asha"), vec![]),
            ("kind=phone.create&source=cli:asha".to_owned(), vec![6, 5, 4]),
            ("kind=phone.create&phone=p2".to_owned(), vec![5]),
            ("import=i1".to_owned(), vec![]),
            (format!("since={begin}&source=api"), vec![8, 7]),
            (format!("since={end}"), vec![8, 7]),
            (format!("since={begin}&until={end}"), vec![6, 5, 4, 3, 2, 1]),
            (format!("until={end}&phone=p1"), vec![4]),
        ] {
            let page = world.get(&format!("/v1/changes?{query}"));
            assert_eq!(page.texts("items", "id"), ids(expected), "{query}");
            assert_eq!(page.json["next"], Value::Null, "{query}");
        }
        // A change shows a skill by the name of its time.
        let created = world.read("/v1/changes/c5");
        assert_eq!(created["after"]["skills"][0]["name"], "Sales");

        world.delete("/v1/phones/p1");
        assert_eq!(world.get("/v1/changes?phone=p1").texts("items", "id"), ids([9, 7, 4]));
        // No phone has the number any more, and these ids were never used.
        for phone in ["%2B911", "p4", "p9999", "p0"] {
            let none = world.get(&format!("/v1/changes?phone={phone}"));
            none.assert_problem(422, "no_such_phone");
        }
        world.delete("/v1/skills/Verkauf?unassign=true");
        assert_eq!(world.get("/v1/changes?skill=s1").texts("items", "id"), ids([11, 8, 2]));
        for skill in ["Verkauf", "s3", "s0"] {
            let none = world.get(&format!("/v1/changes?skill={skill}"));
            none.assert_problem(422, "no_such_skill");
        }
        assert_eq!(world.read("/v1/changes/c5"), created);
    });
}

/// A cursor belongs to the filters of its list, however many changes a page has.
#[test]
fn refuses_a_cursor_of_other_filters() {
    let world = &mut World::new();
    let first = world.read("/v1/changes?limit=1&source=cli:asha");
    let cursor = first["next"].as_str().unwrap();
    let next = world.get(&format!("/v1/changes?cursor={cursor}&limit=2&source=cli:asha"));
    assert_eq!(next.texts("items", "id"), ids([5, 4]));
    for query in [format!("cursor={cursor}"), "cursor=c5".into(), "cursor=".into()] {
        world.get(&format!("/v1/changes?{query}")).assert_problem(422, "invalid_cursor");
    }
}
