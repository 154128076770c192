//! `/v1/imports`: how each import stands, and taking it back.

use serde_json::{Value, json};

use super::{CSV, numbers};
use crate::changes::newest;
use crate::world::World;

#[test]
fn returns_how_an_import_stands_until_it_is_undone() {
    World::on_each_store(|world| {
        let file = "number,name\n2001,Asha\n1001,Omar\n20x1,Pia\n";
        let path = "/v1/imports?mode=keep_going";
        let key = [("Idempotency-Key", "one")];
        let first = world.send(path, CSV, &key, file);
        let location = first.header("location").unwrap().to_owned();
        let import = world.read(&location);
        let mut expected = json!({
            "id": "i7", "state": "done", "began_at": import["began_at"],
            "request": first.header("ringbook-request-id"), "source": "api",
            "mode": "keep_going", "rows": 3, "done": 1, "unchanged": 0, "refused": 2,
        });
        assert_eq!((location.as_str(), &import), ("/v1/imports/i7", &expected));
        // A bulk request is one as well, and one that changes nothing is none.
        let rows = |name: &str| json!({"rows": [{"action": "edit", "phone": "p1", "name": name}]});
        assert_eq!(world.call("POST", "/v1/bulk", rows("Ravi.K")).status, 200);
        assert_eq!(world.call("POST", "/v1/bulk", rows("Ravi.K")).status, 200);
        let nothing = world.send("/v1/imports", CSV, &[], "number,name\n");
        assert_eq!((nothing.status, nothing.header("location")), (200, None));

        let page = world.read("/v1/imports?limit=1");
        assert_eq!((&page["items"][0]["id"], &page["items"][0]["rows"]), (&json!("i8"), &json!(1)));
        let next = page["next"].as_str().unwrap();
        let page = world.read(&format!("/v1/imports?limit=1&cursor={next}"));
        assert_eq!(page, json!({"items": [expected], "next": null}));

        let undone = world.call("POST", "/v1/imports/i7/undo", Value::Null);
        assert_eq!((undone.status, undone.list("items").len()), (200, 1), "{undone:?}");
        expected["state"] = "undone".into();
        // Sent again it is replayed, and not done again.
        world.send(path, CSV, &key, file).assert_replays(&first);
        assert_eq!((world.read(&location), numbers(world).len()), (expected, 3));
        assert_eq!(newest(world), 9);

        let revert = json!({"what": "import"});
        assert_eq!(world.call("POST", "/v1/changes/c8/revert", revert).status, 200);
        assert_eq!(world.read("/v1/imports/i8")["state"], "undone");
        for id in ["i9", "i99", "8"] {
            let path = format!("/v1/imports/{id}");
            world.get(&path).assert_problem(404, "no_such_import");
            let refused = world.call("POST", &format!("{path}/undo"), Value::Null);
            refused.assert_problem(404, "no_such_import");
        }
    });
}
