//! `GET /v1/changes/{id}`

use serde_json::Value;

use crate::world::World;

#[test]
fn returns_a_change_as_the_list_has_it() {
    let world = &mut World::new();
    let listed = world.call("GET", "/v1/changes", Value::Null);
    for change in listed.json["changes"].as_array().unwrap() {
        let found = world.call("GET", &format!("/v1/changes/{}", change["id"]), Value::Null);
        assert_eq!((found.status, &found.json), (200, change));
    }
    for id in ["0", "7", "18446744073709551615", "18446744073709551616", "-1", "p1"] {
        let none = world.call("GET", &format!("/v1/changes/{id}"), Value::Null);
        assert_eq!((none.status, none.code()), (404, "no_such_change"), "{id}");
    }
    let parameter = world.call("GET", "/v1/changes/1?x=1", Value::Null);
    assert_eq!((parameter.status, parameter.code()), (400, "invalid_query"));
}
