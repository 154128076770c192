//! What answers say once the numbers and names of a phone are erased.

use ringbook::store::RequestId;
use serde_json::{Value, json};

use super::routing::{phone, route};
use super::{BEGIN, newest, revert};
use crate::world::World;
use test_support::block_on;

const NUMBER: &str = "9198765431";

/// Another process deletes the phone p4 and erases it, as the command line does. So many changes have its
/// values.
fn erase_elsewhere(world: &mut World, changes: usize) -> u64 {
    world.done("DELETE", "/v1/phones/p4", Value::Null);
    let other = world.another_server();
    let service = &other.service;
    let tenant = block_on(service.tenant("acme")).unwrap();
    let mut found = service.erasables(&tenant, "zebediah").unwrap();
    assert!(service.erasables(&tenant, "zebedia").unwrap().is_empty());
    let phone = found.pop().unwrap();
    assert_eq!(
        (phone.id.to_string().as_str(), phone.exists, phone.changes),
        ("p4", false, changes)
    );
    let erased = service
        .erase_phone(&tenant, phone.id, &service.origin(RequestId(7), &"cli:asha".into()))
        .unwrap();
    service.store().purge(false).unwrap();
    other.stop();
    erased.version
}

#[test]
fn a_server_answers_with_marks_after_an_erasure_by_another_process() {
    World::on_each_store(|world| {
        let phone = json!({"number": NUMBER, "name": "Zebediah", "skills": ["Sales"]});
        let created =
            world.call_with("POST", "/v1/phones", &[("Idempotency-Key", "a")], phone.clone());
        assert_eq!(created.status, 201);
        world.done("PATCH", "/v1/phones/p4", json!({"name": "Zeb.K"}));
        let [then, edited] = [1, 2].map(|more| {
            world.read(&format!("/v1/changes/c{}", BEGIN + more))["at"].as_str().unwrap().to_owned()
        });
        assert_eq!(world.read(&format!("/v1/phones/{NUMBER}?at={then}"))["name"], "Zebediah");
        for secret in [NUMBER, "Zebediah", "Zeb.K"] {
            // Short ones may be a part of what is no text.
            if secret.len() >= 8 {
                world.keep_secret(secret);
            }
        }
        let version = erase_elsewhere(world, 3);
        world.done("POST", "/v1/phones", json!({"number": NUMBER[..8], "name": "Bea"}));

        let erased = json!({"number": "erased", "name": "erased p4"});
        let feed = world.read(&format!("/v1/feed?cursor=c{BEGIN}"));
        let sides = |at: usize| {
            let mut sides = ["before", "after"].map(|side| feed["items"][at][side].clone());
            sides
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|it| drop(it.remove("skills")));
            sides
        };
        let name = json!({"name": "erased p4"});
        assert_eq!(sides(0), [Value::Null, erased.clone()]);
        assert_eq!(sides(1), [name.clone(), name]);
        assert_eq!(sides(2), [erased, Value::Null]);
        assert_eq!(sides(3), [json!({}), json!({"erased_changes": 3})]);
        assert_eq!(
            (&feed["items"][3]["kind"], &feed["items"][3]["phone"]),
            (&"phone.erase".into(), &"p4".into())
        );
        assert_eq!(newest(world), version + 1);
        for id in [BEGIN + 1, BEGIN + 2, BEGIN + 3, version] {
            revert(world, id, json!({})).assert_problem(409, "not_revertible");
        }
        let shown =
            json!({"id": "p4", "number": "erased", "name": "erased p4", "skills": ["Sales"]});
        for at in [then, edited] {
            assert_eq!(world.read(&format!("/v1/phones/p4?at={at}")), shown);
            for sort in ["name", "-number", "created"] {
                let listed = world.read(&format!("/v1/phones?at={at}&sort={sort}"));
                assert!(listed["items"].as_array().unwrap().contains(&shown), "{listed}");
            }
            let gone = world.get(&format!("/v1/phones/{NUMBER}?at={at}"));
            gone.assert_problem(404, "no_such_phone");
        }
        let again = world.call_with("POST", "/v1/phones", &[("Idempotency-Key", "a")], phone);
        again.assert_problem(410, "answer_erased");
        world.check();
    });
}

#[test]
fn erases_the_reasons_of_pauses() {
    World::on_each_store(|world| {
        world.done("POST", "/v1/phones", json!({"number": NUMBER, "name": "Zebediah"}));
        let reason = world.keep_secret("ill, at home");
        let until = "2030-01-02T03:04:05Z";
        route(world, phone(4), &[(None, "pause", Some(&format!("{until} {reason}")))]);
        route(
            world,
            phone(4),
            &[(None, "pause", Some("-")), (None, "hours", Some("UTC mon 09:00-10:00"))],
        );
        route(world, phone(1), &[(None, "pause", Some("- lunch"))]);
        let version = erase_elsewhere(world, 4);
        let feed = world.read(&format!("/v1/feed?cursor=c{}", BEGIN + 1));
        let pause = |at: usize, side: &str| {
            let settings = feed["items"][at][side]["settings"].as_array().unwrap();
            let pause = settings.iter().find(|setting| setting["setting"] == "pause");
            pause.map(|pause| pause["value"].as_str().unwrap().to_owned())
        };
        let erased = Some(format!("{until} erased"));
        assert_eq!([pause(0, "before"), pause(0, "after")], [None, erased.clone()]);
        assert_eq!([pause(1, "before"), pause(1, "after")], [erased, Some("-".to_owned())]);
        assert_eq!(pause(2, "after").as_deref(), Some("- lunch"), "another phone's");
        assert_eq!(feed["items"][5]["after"], json!({"erased_changes": 4}));
        revert(world, version - 2, Value::Null).assert_problem(409, "blocked");
        let then = feed["items"][1]["at"].as_str().unwrap();
        assert_eq!(world.read(&format!("/v1/phones/p4?at={then}"))["name"], "erased p4");
        world.check();
    });
}
