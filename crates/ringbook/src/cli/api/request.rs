//! Requests of the API.

use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Request as HttpRequest};
use form_urlencoded::Serializer;
use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// What stands for something in a segment of a path; the API's own segments have `-`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

/// Bytes of a file that are sent at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A request of the API. A path, a name of a header and a media type are constants of the program,
/// so a wrong one panics.
pub struct Request {
    method: Method,
    path: String,
    query: Serializer<'static, String>,
    headers: HeaderMap,
    body: Content,
}

enum Content {
    Bytes(Bytes),
    Reader(Box<dyn Read + Send>),
}

/// What was sent of a request's body so far, and why the rest of it cannot be read.
#[derive(Default)]
pub struct Sent {
    bytes: AtomicU64,
    fault: Mutex<Option<String>>,
}

/// An object with those of its members that are not null: what is absent stays as it is.
pub fn given(object: &impl Serialize) -> Value {
    let mut object = json!(object);
    object.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    object
}

/// The path of a thing, such as `/v1/skills/Sales/routing`, by its segments as they are.
pub fn path<const N: usize>(segments: [&str; N]) -> String {
    let segments = segments.map(|segment| format!("/{}", utf8_percent_encode(segment, ESCAPED)));
    format!("/v1{}", segments.concat())
}

macro_rules! methods {
    ($($name:ident $method:ident;)+) => {$(
        #[doc = concat!("A ", stringify!($method), " of a path, such as `/v1/phones`.")]
        pub fn $name(path: impl Into<String>) -> Self {
            Self::new(Method::$method, path.into())
        }
    )+};
}

impl Request {
    methods! {
        get GET;
        put PUT;
        post POST;
        patch PATCH;
        delete DELETE;
    }

    fn new(method: Method, path: String) -> Self {
        let query = Serializer::new(String::new());
        let body = Content::Bytes(Bytes::new());
        Self { method, path, query, headers: HeaderMap::new(), body }
    }

    /// The same with a parameter in its query.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts are given alike")]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.append_pair(name, &value.to_string());
        self
    }

    /// The same with those of these parameters that are given.
    #[must_use]
    pub fn given<'v>(
        self,
        parameters: impl IntoIterator<Item = (&'static str, &'v Option<String>)>,
    ) -> Self {
        let given =
            parameters.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        given.fold(self, |request, (name, value)| request.query(name, value))
    }

    /// The same as a dry run, which changes nothing, if it is to be one.
    #[must_use]
    pub fn dry_run(self, is_dry_run: bool) -> Self {
        if is_dry_run { self.query("dry_run", true) } else { self }
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("the value of a header");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// The same for an answer of this media type.
    #[must_use]
    pub fn accept(self, media_type: &str) -> Self {
        self.header(ACCEPT.as_str(), media_type)
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        let json = serde_json::to_vec(body).expect("it is plain data");
        Self { body: Content::Bytes(json.into()), ..self }.content_type("application/json")
    }

    /// The same with a body that is read while it is sent. The text of an error that occurs then is
    /// what the user gets to see, so it says which file it is about.
    #[must_use]
    pub fn body(self, body: impl Read + Send + 'static, media_type: &str) -> Self {
        Self { body: Content::Reader(Box::new(body)), ..self }.content_type(media_type)
    }

    fn content_type(self, media_type: &str) -> Self {
        self.header(CONTENT_TYPE.as_str(), media_type)
    }

    /// As HTTP without an authority. A body is read in a thread of its own, so that a connection, and the
    /// work on what was read, goes on while a pipe is waited for.
    pub(super) fn build(mut self) -> (HttpRequest<Body>, Arc<Sent>) {
        let query = self.query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let sent = Arc::new(Sent::default());
        let body = match self.body {
            Content::Bytes(bytes) => Body::from(bytes),
            Content::Reader(reader) => in_a_thread(reader, Arc::clone(&sent)),
        };
        let mut request = HttpRequest::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = format!("{}{mark}{query}", self.path).parse().expect("a path");
        *request.headers_mut() = self.headers;
        (request, sent)
    }
}

impl Sent {
    /// How many bytes of a body that is read were sent.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Why the body could not be read to its end.
    pub(super) fn take_fault(&self) -> Option<String> {
        self.fault().take()
    }

    fn fault(&self) -> MutexGuard<'_, Option<String>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body that a thread reads. Nobody waits for its end: it may read a pipe that stays open when the
/// request is over.
fn in_a_thread(mut reader: Box<dyn Read + Send>, sent: Arc<Sent>) -> Body {
    let (sender, mut receiver) = mpsc::channel(1);
    thread::spawn(move || {
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let piece = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => Ok(Bytes::copy_from_slice(&buffer[..length])),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            match &piece {
                Ok(bytes) => drop(sent.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed)),
                Err(error) => *sent.fault() = Some(error.to_string()),
            }
            if sender.blocking_send(piece).is_err() {
                break;
            }
        }
    });
    Body::from_stream(stream::poll_fn(move |context| receiver.poll_recv(context)))
}
