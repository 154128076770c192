//! The console, as a browser without scripts uses it: it follows what is led to, keeps cookies, and
//! sends forms as they stand in a page.

mod history;
mod import;
mod operator;
mod phones;
mod requests;
mod settings;
mod skills;

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use test_support::{Client, InProcess, Reply};

use crate::world::World;

/// A browser in which somebody is signed in.
pub struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

/// A page, or what leads to one.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub reply: Reply,
}

impl Browser {
    /// Signed in as `acme` with its own key.
    #[track_caller]
    pub fn new(world: &World) -> Self {
        Self::with_key(world, &world.acme)
    }

    /// Signed in as `acme` with this key.
    #[track_caller]
    pub fn with_key(world: &World, api_key: &str) -> Self {
        Self::signed_in(world, &[("user_name", "acme"), ("api_key", api_key)])
    }

    /// Signed in as the operator.
    #[track_caller]
    pub fn of_operator(world: &World) -> Self {
        Self::signed_in(world, &[("as", "operator"), ("api_key", &world.operator)])
    }

    #[track_caller]
    fn signed_in(world: &World, fields: &[(&str, &str)]) -> Self {
        let mut browser = Self { client: world.client(), cookies: BTreeMap::new() };
        let page = browser.send("/console/sign-in", fields);
        assert_eq!(page.status, 303, "{page:?}");
        browser
    }

    /// The same browser at another node.
    pub fn on(&self, node: &InProcess) -> Self {
        let client = Client::connect(node.address).unwrap();
        Self { client, cookies: self.cookies.clone() }
    }

    /// A page, whatever its status.
    pub fn get(&mut self, path: &str) -> Page {
        self.request("GET", path, "")
    }

    /// A page that is there.
    #[track_caller]
    pub fn open(&mut self, path: &str) -> Page {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        page
    }

    /// Sends fields and nothing else: a page would add its CSRF token.
    pub fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.request("POST", path, &Serializer::new(String::new()).extend_pairs(fields).finish())
    }

    /// Sends the form of a page that leads to `action`, with these fields typed in place of those of
    /// their names. Does not follow where it leads.
    #[track_caller]
    pub fn submit(&mut self, page: &Page, action: &str, typed: &[(&str, &str)]) -> Page {
        let fields = page.form(action);
        let is_typed = |(name, _): &&(String, String)| typed.iter().any(|(one, _)| one == name);
        let kept = fields.iter().filter(|field| !is_typed(field));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        self.send(action, &kept.chain(typed.iter().copied()).collect::<Vec<_>>())
    }

    /// The same where it must succeed: the page that it leads to.
    #[track_caller]
    pub fn submitted(&mut self, page: &Page, action: &str, typed: &[(&str, &str)]) -> Page {
        let led = self.submit(page, action, typed);
        assert_eq!(led.status, 303, "{action}: {led:?}");
        self.open(led.reply.header("location").expect("it leads somewhere"))
    }

    fn cookie(&self) -> String {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        cookies.collect::<Vec<_>>().join("; ")
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> Page {
        let headers = [
            ("Cookie", &*self.cookie()),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let reply = self.client.request(method, path, &headers, body).unwrap();
        if let Some((name, value)) = reply.header("set-cookie").and_then(|it| it.split_once('=')) {
            let value = value.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Page { status: reply.status, reply }
    }
}

impl Page {
    pub fn html(&self) -> &str {
        &self.reply.body
    }

    /// What is read: without tags, with single blanks.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for part in self.html().split('<') {
            text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
            text.push(' ');
        }
        unescaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// These texts are there, in this order.
    #[track_caller]
    pub fn assert_has(&self, texts: &[&str]) {
        let all = self.text();
        let mut rest = &*all;
        for text in texts {
            let at = rest.find(text).unwrap_or_else(|| panic!("no {text:?} in {rest:?}"));
            rest = &rest[at + text.len()..];
        }
    }

    #[track_caller]
    pub fn assert_lacks(&self, text: &str) {
        assert!(!self.text().contains(text), "{text:?} is in {:?}", self.text());
    }

    /// What the form that leads to `action` has now, as it would be sent: fields inside of it, and
    /// those elsewhere that name it.
    #[track_caller]
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let (mut fields, mut id, mut is_inside, mut is_found, mut select) =
            (Vec::new(), None, false, false, None);
        // Fields may name a form that stands further down.
        for is_first in [true, false] {
            for tag in self.html().split('<').skip(1).filter_map(|part| part.split('>').next()) {
                let is_of_form = match attribute(tag, "form") {
                    Some(form) => !is_first && id.as_ref() == Some(&form),
                    None => !is_first && is_inside,
                };
                match tag.split_ascii_whitespace().next().unwrap_or_default() {
                    "form" => {
                        is_inside = attribute(tag, "action").as_deref() == Some(action)
                            && attribute(tag, "method").as_deref() == Some("post")
                            && (is_first || !is_found || id == attribute(tag, "id"));
                        if is_inside {
                            (is_found, id) = (true, attribute(tag, "id"));
                        }
                    }
                    "/form" => is_inside = false,
                    "select" => select = attribute(tag, "name").filter(|_| is_of_form),
                    "option" if tag.contains(" selected") => {
                        let value = attribute(tag, "value").unwrap_or_default();
                        fields.extend(select.clone().map(|name| (name, value)));
                    }
                    "input" if is_of_form => {
                        let can_be_off = ["\"checkbox\"", "\"radio\""];
                        let can_be_off = can_be_off.iter().any(|kind| tag.contains(kind));
                        if let Some(name) = attribute(tag, "name")
                            && (!can_be_off || tag.contains(" checked"))
                        {
                            let value = attribute(tag, "value").unwrap_or_default();
                            fields.push((name, value));
                        }
                    }
                    _ => {}
                }
            }
        }
        assert!(is_found, "no form leads to {action}: {}", self.html());
        fields
    }
}

/// The value of an attribute in a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split('"').next()?))
}

fn unescaped(text: &str) -> String {
    let entities =
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, it)| text.replace(entity, it))
}
