//! How pages look, and what they are made of.

use crate::browser::Scripts;
use crate::world::{USER_NAME, World};

/// Pages of somebody who is signed in, each with the name of its picture.
const PAGES: [(&str, &str); 9] = [
    ("phones", "/console/phones"),
    ("phones-none", "/console/phones?q=nobody"),
    ("add-phone", "/console/phones/add"),
    ("phone-edit", "/console/phones?edit=p1"),
    ("phone", "/console/phones/p1"),
    ("import", "/console/import"),
    ("history", "/console/history?phone=4930111"),
    ("as-it-was", "/console/history/at?at=2100-01-01T00:00"),
    ("not-found", "/console/nothing"),
];

on!(sqlite: pages_are_accessible_in_both_schemes);
/// Its pictures are for people to look at.
fn pages_are_accessible_in_both_schemes(world: &World) {
    let browser = world.browser(Scripts::On);
    browser.wait_for("table");
    for (name, path) in PAGES.into_iter().chain([("sign-in", "/console")]) {
        if name == "sign-in" {
            browser.go("/console/phones");
            browser.press("Sign out");
            browser.wait_for("#user_name");
        }
        browser.go(path);
        for scheme in ["light", "dark"] {
            for width in [390, 1280] {
                browser.look(width, scheme);
                browser.picture(&format!("{name}-{scheme}-{width}"));
                let wide = browser.run("return document.documentElement.scrollWidth");
                assert!(wide.as_u64().unwrap() <= width.into(), "{name} has {wide} of {width}");
            }
            assert_eq!(browser.axe(), [""; 0], "{name}, {scheme}");
        }
    }
}

on!(sqlite: pages_load_nothing_from_elsewhere_and_have_nothing_inline);
fn pages_load_nothing_from_elsewhere_and_have_nothing_inline(world: &World) {
    let mut visitor = world.visitor();
    let mut pages = vec![visitor.get("/console"), visitor.get("/console?as=operator")];
    visitor.sign_in(USER_NAME, &world.key);
    pages.extend(PAGES.map(|(_, path)| visitor.get(path)));
    for page in pages {
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let body = &page.body;
        for foreign in ["http://", "https://", "src=\"//", "href=\"//", " style=", "<style"] {
            assert!(!body.contains(foreign), "{foreign} in {body}");
        }
        assert!(!body.contains("<script>") && !body.contains("javascript:"), "{body}");
        assert!(!body.split(' ').any(|word| word.starts_with("on") && word.contains("=\"")));
        let assets = body.split('"').filter(|it| it.starts_with("/console/assets/"));
        for asset in assets.map(str::to_owned).collect::<Vec<_>>() {
            let asset = visitor.get(&asset);
            assert_eq!(asset.status, 200);
            assert!(asset.header("cache-control").unwrap().contains("immutable"));
        }
    }
}
