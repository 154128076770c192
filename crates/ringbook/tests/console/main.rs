//! The console in a real browser, headless Chromium driven through `ChromeDriver`, and its forms
//! without one. Needs `chromium` and `chromedriver`, and axe-core, which `scripts/test` fetches.

/// Makes a test of a case on each of these stores.
macro_rules! on {
    ($($store:ident)+: $case:ident) => {
        mod $case {
            $(#[test]
            fn $store() {
                super::$case(&crate::world::World::$store());
            })+
        }
    };
}

mod attacks;
mod browser;
mod headers;
mod history;
mod hostile;
mod import;
mod looks;
mod options;
mod phones;
mod requests;
mod sessions;
mod skills;
mod visitor;
mod world;
