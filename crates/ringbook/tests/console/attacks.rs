//! What pages of others try, in a browser.

use crate::browser::{Browser, Scripts};
use crate::world::{USER_NAME, World};

/// Goes to a page with this content, on another site: `localhost` is none of `127.0.0.1`.
fn go_elsewhere(world: &World, browser: &Browser, html: &str) {
    browser.go(&format!("http://localhost:{}/healthz", world.server.address.port()));
    browser.run(&format!("document.body.innerHTML = {html:?}"));
}

on!(sqlite: a_page_of_another_site_cannot_post);
fn a_page_of_another_site_cannot_post(world: &World) {
    let mut visitor = world.visitor();
    visitor.sign_in(USER_NAME, &world.key);
    // Even if it knew what it cannot know.
    let (csrf, address) = (visitor.csrf(), world.server.address);
    let browser = world.browser(Scripts::On);
    let form = format!(
        "<form method=post action=http://{address}/console/phones>\
         <input name=number value=555><input name=name value=Forged>\
         <input name=csrf value={csrf}><button>Win</button></form>"
    );
    go_elsewhere(world, &browser, &form);
    browser.press("Win");
    browser.sees("Nothing was changed");
    assert_eq!(world.home.phones(USER_NAME).len(), 3);
}

on!(sqlite: a_page_of_another_site_cannot_frame_the_console);
fn a_page_of_another_site_cannot_frame_the_console(world: &World) {
    let browser = world.browser(Scripts::On);
    let framed = |path: &str| {
        let address = world.server.address;
        let frame = format!("<iframe src=http://{address}{path}></iframe>");
        go_elsewhere(world, &browser, &frame);
        browser.enter_frame();
        browser.run("return location.href").to_string()
    };
    let health = framed("/healthz");
    assert!(health.contains("/healthz"), "others are framed: {health}");
    for path in ["/console", "/console/phones"] {
        let console = framed(path);
        assert!(!console.contains("/console"), "{console}");
    }
}
