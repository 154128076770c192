//! `/console/requests`

use serde_json::json;
use test_support::Events;

use super::Browser;
use crate::world::World;

const PATH: &str = "/console/requests";

#[test]
fn shows_what_was_sent_as_text_and_tries_it_in_the_name_of_the_account_alone() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let body = json!({"userName": "acme", "action": "<b>", "phoneName": "it's \u{202e}"});
    let refused = world.request("POST", "/ca_apis/PhoneManageV2", &[("apiKey", "wrong")], body);
    let id = refused.header("ringbook-request-id").unwrap().to_owned();
    let list = browser.open(PATH);
    list.assert_has(&[
        "that this server has answered",
        "none",
        "Refused",
        "userName or apiKey not valid",
    ]);
    let page = browser.open(&format!("{PATH}/{id}"));
    page.assert_has(&["\"<b>\"", "it's", "apiKey: YOUR_API_KEY", r"it'\''s", "Try again"]);
    assert!(!page.html().contains("<b>"), "{}", page.html());
    let again = format!("{PATH}/{id}/try");
    let others = r#"{"userName":"globex","action":"get","phoneNumber":"1001"}"#;
    let tried = browser.submit(&page, &again, &[("body", others)]);
    tried.assert_has(&["Nothing was changed yet", "userName or apiKey not valid"]);
    let sent = browser.submitted(&page, &again, &[("body", others), ("tried", others)]);
    sent.assert_has(&["It was sent.", "Requests"]);
    browser.get(&format!("{PATH}/r0000000000000001")).assert_has(&["not kept any more"]);
    // A key that may not see them is not led there.
    let reading = world.key("read");
    let mut reader = Browser::with_key(world, &reading);
    assert!(!reader.open("/console/phones").html().contains(PATH));
    assert_eq!(reader.get(PATH).status, 403);
}

#[test]
fn a_page_is_told_of_calls_until_its_session_ends_or_the_server_stops() {
    let world = &mut World::new();
    let mut browser = Browser::new(world);
    let open = |world: &World, browser: &Browser| {
        let (address, live) = (world.server().address, format!("{PATH}/live"));
        Events::ask(address, &live, &[("Cookie", &browser.cookie())]).unwrap().1
    };
    let mut events = open(world, &browser);
    world.request("POST", "/ca_apis/PhoneManageV2", &[], json!({"userName": "acme"}));
    assert!(events.next_block().unwrap().is_some());
    let page = browser.open(PATH);
    browser.submit(&page, "/console/sign-out", &[]);
    assert!(events.next_block().unwrap().is_none());
    // Nor does the server wait for it.
    let mut events = open(world, &Browser::new(world));
    world.stop();
    assert!(events.next_block().unwrap().is_none());
}
