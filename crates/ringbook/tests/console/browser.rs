//! Headless Chromium.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::{Locator, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use test_support::{block_on, until};
use url::Url;

/// Longer than any page takes on a busy machine.
const WITHIN: Duration = Duration::from_secs(30);

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// A browser with a driver of its own. Both end when it is dropped.
pub struct Browser {
    client: Client,
    driver: Child,
    base: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with the session.
        let _ = block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    pub fn open(address: SocketAddr, scripts: Scripts) -> Self {
        // It exits if the port that it has chosen is taken on the other protocol.
        let started = (0..10).find_map(|_| start_driver());
        let (driver, port) = started.expect("the driver says its port");
        let mut options = json!({"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
        ]});
        if scripts == Scripts::Off {
            options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
        }
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let client = block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities);
            builder.connect(&format!("http://127.0.0.1:{port}")).await
        });
        Self { client: client.expect("Chromium starts"), driver, base: format!("http://{address}") }
    }

    /// Goes to a path, or to a page of another site.
    pub fn go(&self, to: &str) {
        let url = if to.starts_with('/') { format!("{}{to}", self.base) } else { to.to_owned() };
        block_on(self.client.goto(&url)).unwrap();
    }

    /// Enters the first frame of the page.
    pub fn enter_frame(&self) {
        block_on(self.client.enter_frame(0)).unwrap();
    }

    /// The path and the query of the page.
    pub fn path(&self) -> String {
        let url = block_on(self.client.current_url()).unwrap();
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", url.path())
    }

    /// Waits for an element, by an `XPath`.
    #[track_caller]
    fn find(&self, xpath: &str) -> Element {
        self.find_by(Locator::XPath(xpath))
    }

    #[track_caller]
    fn find_by(&self, locator: Locator<'_>) -> Element {
        let wait = self.client.wait().at_most(WITHIN).every(Duration::from_millis(20));
        let found = block_on(wait.for_element(locator));
        found.unwrap_or_else(|error| panic!("{locator:?}: {error}\n{}", self.source()))
    }

    /// The field with this label.
    #[track_caller]
    fn field(&self, label: &str) -> Element {
        self.find(&format!("//*[@id=//label[normalize-space()={label:?}]/@for]"))
    }

    /// Waits until the page has this text.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.find(&format!("//body//*[contains(normalize-space(text()), {text:?})]"));
    }

    /// The texts of all elements of a CSS selector.
    pub fn texts(&self, css: &str) -> Vec<String> {
        block_on(async {
            let found = self.client.find_all(Locator::Css(css)).await.unwrap();
            let mut texts = Vec::new();
            for one in found {
                texts.push(one.text().await.unwrap());
            }
            texts
        })
    }

    /// Waits until an element has been found by a CSS selector.
    #[track_caller]
    pub fn wait_for(&self, css: &str) {
        self.find_by(Locator::Css(css));
    }

    /// Types into the field with this label, after what is in it.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        let text = format!("{}{text}", char::from(Key::End));
        block_on(self.field(label).send_keys(&text)).unwrap();
    }

    /// Chooses a file in the field with this label.
    #[track_caller]
    pub fn attach(&self, label: &str, file: &Path) {
        block_on(self.field(label).send_keys(file.to_str().unwrap())).unwrap();
    }

    /// Chooses an option of the list with this accessible name.
    #[track_caller]
    pub fn select(&self, name: &str, option: &str) {
        let list = self.find(&format!("//select[@aria-label={name:?}]"));
        block_on(list.select_by_label(option)).unwrap();
    }

    /// The file that comes of this.
    pub fn download(&self, action: impl FnOnce()) -> String {
        let folder = tempfile::tempdir().unwrap();
        let to =
            json!({"behavior": "allow", "downloadPath": folder.path(), "eventsEnabled": false});
        self.devtools("Browser.setDownloadBehavior", to);
        action();
        let mut text = None;
        until("the file is there", || {
            let is_whole = |file: &PathBuf| file.extension().is_some_and(|kind| kind == "csv");
            let mut files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
            text = files.find(is_whole).map(|file| std::fs::read_to_string(file).unwrap());
            text.as_ref().is_some_and(|text| !text.is_empty())
        });
        text.unwrap()
    }

    /// Presses the button, or follows the link, with this text.
    #[track_caller]
    pub fn press(&self, text: &str) {
        let xpath = format!(
            "//*[self::button or self::a or self::label or self::summary][normalize-space()={text:?}]"
        );
        self.click(&xpath);
    }

    /// Clicks an element, by an `XPath`.
    #[track_caller]
    pub fn click(&self, xpath: &str) {
        block_on(self.find(xpath).click()).unwrap();
    }

    /// Fills in the form of `/console`.
    #[track_caller]
    pub fn sign_in(&self, user_name: &str, key: &str) {
        self.fill("User name", user_name);
        self.fill("API key", key);
        self.press("Sign in");
    }

    pub fn source(&self) -> String {
        block_on(self.client.source()).unwrap()
    }

    pub fn run(&self, script: &str) -> Value {
        block_on(self.client.execute(script, Vec::new())).unwrap()
    }

    /// How large the window is, and which colours its user prefers.
    pub fn look(&self, width: u64, height: u64, scheme: &str) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [feature]}));
    }

    /// Saves a picture in `target/console-screenshots`.
    pub fn picture(&self, name: &str) {
        let picture = block_on(self.client.screenshot()).unwrap();
        let folder = target().join("console-screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// An attribute of the first element of a CSS selector.
    pub fn attribute(&self, css: &str, name: &str) -> String {
        let found = block_on(self.client.find(Locator::Css(css))).unwrap();
        block_on(found.attr(name)).unwrap().unwrap()
    }

    /// What axe-core finds wrong with the page, which must be allowed to run scripts.
    pub fn axe(&self) -> Vec<String> {
        let file = target().join("axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&file);
        let axe = axe.expect("target/axe-core/axe.min.js: scripts/axe-core fetches it");
        self.run(&format!("{axe}; return null"));
        let script = "const done = arguments[arguments.length - 1]; \
            axe.run().then(found => done(found.violations.map(one => \
            one.id + ': ' + one.nodes.map(node => node.html).join(' | '))))";
        let found = block_on(self.client.execute_async(script, Vec::new())).unwrap();
        serde_json::from_value(found).unwrap()
    }

    /// Presses a key on an element of a CSS selector.
    #[track_caller]
    pub fn key(&self, css: &str, key: impl Into<char>) {
        let element = block_on(self.client.find(Locator::Css(css))).unwrap();
        block_on(element.send_keys(&key.into().to_string())).unwrap();
    }

    /// Drags an element of a CSS selector to another one.
    #[track_caller]
    pub fn drag(&self, from: &str, to: &str) {
        block_on(async {
            let from = self.client.find(Locator::Css(from)).await.unwrap();
            let to = self.client.find(Locator::Css(to)).await.unwrap();
            let over = |element, x| {
                let duration = Some(Duration::from_millis(100));
                PointerAction::MoveToElement { element, duration, x, y: 0. }
            };
            let button = MOUSE_BUTTON_LEFT;
            let mouse = MouseActions::new("mouse".to_owned())
                .then(over(from, 0.))
                .then(PointerAction::Down { button })
                .then(over(to.clone(), 5.))
                .then(over(to, 0.))
                .then(PointerAction::Up { button });
            self.client.perform_actions(mouse).await.unwrap();
        });
    }

    fn devtools(&self, command: &'static str, parameters: Value) {
        block_on(self.client.issue_cmd(DevTools(command, parameters))).unwrap();
    }
}

/// The driver, and its port.
fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver");
    let driver = driver.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut driver = driver.expect("chromedriver is installed: scripts/test does so");
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut ports = lines.filter_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    let port = ports.next();
    if port.is_none() {
        let _ = driver.kill();
        let _ = driver.wait();
    }
    Some((driver, port?))
}

/// The folder of build output.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"cmd": self.0, "params": self.1}).to_string()))
    }
}
