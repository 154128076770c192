//! The page of requests.

use serde_json::{Value, json};
use test_support::Reply;

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

/// Adds a phone as CloudAgent's API has it.
fn create(world: &World, number: &str, name: &str) -> Reply {
    let body = json!({
        "userName": USER_NAME, "action": "create", "phoneNumber": number, "phoneName": name
    });
    let headers = [("apiKey", &*world.key), ("Content-Type", "application/json")];
    let mut client = world.server.client();
    client.request("POST", "/ca_apis/PhoneManageV2", &headers, &body.to_string()).unwrap()
}

/// At once, as the list may be got anew meanwhile.
fn outcomes(browser: &Browser) -> Value {
    browser.run("return [...document.querySelectorAll('td:nth-child(3)')].map(td => td.innerText)")
}

on!(sqlite postgres: shows_calls_as_they_come_and_tries_one_again);
fn shows_calls_as_they_come_and_tries_one_again(world: &World) {
    let browser = world.browser(Scripts::On);
    browser.press("Requests");
    browser.sees("No requests");
    create(world, "4930333", "Zoe");
    browser.wait_for("tbody tr");
    create(world, "4930111", "Carl");
    browser.wait_for("tbody tr + tr");
    browser.sees("phoneNumber: 4930111 belongs to");
    assert_eq!(outcomes(&browser), json!(["Refused", "Done"]));
    browser.sees("There are new requests");
    browser.run("document.getElementById('outcome').value = 'refused'");
    browser.press("Show");
    browser.wait_for("option[value=refused]:checked");
    assert_eq!(outcomes(&browser), json!(["Refused"]));
    browser.run("document.querySelector('tbody th a').click()");
    browser.sees("What was sent");
    assert!(!browser.source().contains(&world.key));
    assert_eq!(browser.axe(), [""; 0]);
    browser.picture("request");
    browser.run("body.value = body.value.replace('4930111', '4930444')");
    browser.press("Try it");
    browser.sees("no phone → 4930444 Carl");
    assert_eq!(world.home.phones(USER_NAME).len(), 4);
    browser.press("Send it");
    browser.sees("It was sent.");
    browser.sees("Request create: Done");
    assert_eq!(world.home.phones(USER_NAME).len(), 5);
    browser.press("Undo");
    browser.sees("It was undone.");
    browser.press("Requests");
    browser.press("Phone p2");
    browser.sees("4930111");
}
