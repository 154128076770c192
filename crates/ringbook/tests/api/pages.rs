//! The pages of every list.

use serde_json::{Value, json};

use crate::world::World;

const ACCOUNTS: &str = "/v1/operator/accounts";

const LISTS: [&str; 4] = ["/v1/phones", "/v1/skills", "/v1/account/keys", ACCOUNTS];

#[test]
fn pages_of_a_list_are_the_whole_list() {
    World::on_each_store(|world| {
        world.done("POST", "/v1/account/keys", json!({"name": "PBX", "scope": "read"}));
        for path in LISTS {
            let whole = world.get(path);
            assert_eq!(whole.json["next"], Value::Null, "{path}");
            let name = if path == ACCOUNTS { "user_name" } else { "id" };
            let (mut names, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = world.get(&format!("{path}?limit=1{cursor}"));
                names.extend(page.column("items", name).into_iter().cloned());
                let Some(next) = page.json["next"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert!(names.len() > 1, "{path}");
            assert!(names.iter().eq(whole.column("items", name)), "{path}: {names:?}");
        }
    });
}

#[test]
fn rejects_a_cursor_of_another_list() {
    let world = &mut World::new();
    let page = world.read("/v1/phones?sort=name&skill=Sales&limit=1");
    let cursor = page["next"].as_str().unwrap();
    let same = world.get(&format!("/v1/phones?cursor={cursor}&limit=7&skill=Sales&sort=name"));
    assert_eq!(same.column("items", "name"), ["Ravi"]);
    for (path, query) in [
        ("/v1/phones", "sort=-name&skill=Sales&"),
        ("/v1/phones", "skill=Sales&"),
        ("/v1/phones", "sort=name&"),
        ("/v1/phones", "sort=name&skill=Sales&at=2027-01-01T00:00:00Z&"),
    ]
    .into_iter()
    .chain(LISTS.map(|path| (path, "")))
    {
        let answer = world.get(&format!("{path}?{query}cursor={cursor}"));
        answer.assert_problem(422, "invalid_cursor");
        let detail = "the cursor is of another list: send it with the same filters, sort and time";
        assert_eq!(answer.json["detail"], detail, "{path} {query}");
    }
}
