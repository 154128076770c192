//! Where paths lead that were meant otherwise.

use crate::world::World;

#[test]
fn root_leads_to_the_console_and_a_slash_at_the_end_to_the_path_without() {
    let world = World::new();
    let mut client = world.client();
    for (method, path, status, location) in [
        ("GET", "/", 307, Some("/console")),
        ("HEAD", "/", 307, Some("/console")),
        ("POST", "/", 405, None),
        ("GET", "/docs/", 308, Some("/docs")),
        ("GET", "/openapi.json//", 308, Some("/openapi.json")),
        ("GET", "/v1/phones/?limit=1&q=%2B", 308, Some("/v1/phones?limit=1&q=%2B")),
        ("POST", "/v1/phones/", 308, Some("/v1/phones")),
        ("DELETE", "/v1/phones/p1/", 308, Some("/v1/phones/p1")),
        ("GET", "/v1/", 308, Some("/v1")),
        // It may lead nowhere, but never to another server.
        ("GET", "/fax/", 308, Some("/fax")),
        ("GET", "//evil.example/", 404, None),
        ("GET", "/\\evil.example/", 404, None),
        ("GET", "//", 404, None),
        // The legacy API has no such answer.
        ("POST", "/ca_apis/PhoneManageV2/", 404, None),
    ] {
        let reply = client.request(method, path, &[], "").unwrap();
        assert_eq!((reply.status, reply.header("location")), (status, location), "{method} {path}");
    }
}
