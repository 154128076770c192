//! The case files, as they are written. `cases/edit.toml` explains the format.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::faulty::Fault;

/// The key of `demo` in every fixture.
const DEMO_API_KEY: &str = "KK0123456789abcdef0123456789abcdef";

/// A file of cases.
pub struct CaseFile {
    /// Its name without `.toml`.
    pub name: String,
    /// Whether its cases run over each store, not only in memory.
    pub on_every_store: bool,
    /// Its cases, in the order of the file.
    pub cases: Vec<Arc<Case>>,
}

/// A request and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique over all files.
    pub name: String,
    /// The sentence or row of the contract that it pins.
    pub spec: String,
    /// The state before.
    pub fixture: String,
    #[serde(default)]
    pub server: Server,
    /// The fault that the store has during the request.
    pub store: Option<Fault>,
    /// Requests that are sent first.
    #[serde(default)]
    pub before: Vec<Request>,
    pub request: Request,
    pub response: Response,
    /// The state afterwards of the accounts that differ from the fixture.
    #[serde(default)]
    pub after: BTreeMap<String, After>,
}

/// The server's options, as on the command line.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Server {
    pub failed_credentials_limit: Option<u32>,
    pub rate_limit_account: Option<String>,
    pub rate_limit_key: Option<String>,
}

/// A request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[serde(default = "post")]
    pub method: String,
    #[serde(default = "phone_manage")]
    pub path: String,
    /// Names and values; in a value, `{{token:NAME}}` stands for the token that was kept as NAME.
    #[serde(default = "demo_headers")]
    pub headers: Vec<(String, String)>,
    body: Option<String>,
    body_hex: Option<String>,
    body_repeat: Option<Padded>,
    /// The size of the chunks in which the body is sent, if it is sent in chunks.
    pub chunk_bytes: Option<usize>,
    /// How far the clock moves before it is sent.
    #[serde(default)]
    pub advance_s: i64,
    /// How often it is sent.
    #[serde(default = "once")]
    pub times: usize,
    /// The name under which the token of the reply is kept.
    pub capture_token: Option<String>,
    /// The fault that the store has meanwhile; of requests that are sent first.
    pub store: Option<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Padded {
    prefix: String,
    repeat: String,
    times: usize,
    suffix: String,
}

/// The expected response.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub status: u16,
    body: Option<String>,
    /// The `userName` of the token that must be answered.
    pub body_token: Option<String>,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// All of `Ringbook-Reason`.
    pub reason: Option<String>,
    /// How `Ringbook-Reason` begins.
    pub reason_prefix: Option<String>,
}

/// The state of an account afterwards.
#[derive(Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// `number name skill,skill`, sorted.
    pub phones: Vec<String>,
    /// The ring orders that matter: numbers by skill.
    #[serde(default)]
    pub rings: BTreeMap<String, Vec<String>>,
}

fn post() -> String {
    "POST".to_owned()
}

fn once() -> usize {
    1
}

fn phone_manage() -> String {
    ringbook::http::phone_manage::PATH.to_owned()
}

fn demo_headers() -> Vec<(String, String)> {
    [("apiKey", DEMO_API_KEY), ("Content-Type", "application/json")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

impl Request {
    /// The body, if it has one.
    pub fn body(&self) -> Option<Vec<u8>> {
        match (&self.body, &self.body_hex, &self.body_repeat) {
            (None, None, None) => None,
            (Some(text), None, None) => Some(text.clone().into()),
            (None, Some(hex), None) => Some(bytes_of_hex(hex)),
            (None, None, Some(Padded { prefix, repeat, times, suffix })) => {
                Some(format!("{prefix}{}{suffix}", repeat.repeat(*times)).into())
            }
            _ => panic!("a request has one of body, body_hex and body_repeat"),
        }
    }
}

impl Response {
    /// The body byte for byte, `<token>` standing for a token.
    pub fn body(&self) -> &str {
        match (&self.body, &self.body_token) {
            (Some(body), None) => body,
            (None, Some(_)) => r#"{"token":"<token>","message":""}"#,
            _ => panic!("a response has one of body and body_token"),
        }
    }
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("two hex digits")).collect()
}

/// A file or folder of the suite, or of the repository when it begins with `../`.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(relative)
}

/// Reads a TOML file.
pub fn parse<T: DeserializeOwned>(file: &Path) -> T {
    let text = std::fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// All case files, sorted by name.
pub fn read_all() -> Vec<CaseFile> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Cases {
        #[serde(default)]
        on_every_store: bool,
        #[serde(default)]
        case: Vec<Case>,
    }
    let folder = std::fs::read_dir(path("cases")).expect("the folder with the cases");
    let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.sort_unstable();
    let read = |file: PathBuf| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let Cases { on_every_store, case } = parse(&file);
        CaseFile { name, on_every_store, cases: case.into_iter().map(Arc::new).collect() }
    };
    files.into_iter().map(read).collect()
}
