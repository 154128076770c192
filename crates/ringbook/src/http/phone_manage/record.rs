//! Records calls for those who write clients. Whatever may be a key or a token is replaced first, the
//! wrong ones too: somebody may have mistaken the server, or a letter.

use std::borrow::Cow;
use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::action::Action;
use super::answer::Answer;
use super::reason;
use super::reply::Reply;
use crate::http::credentials::API_KEY;
use crate::service::{Call, CallAction, CallOutcome, Service};
use crate::store::RequestId;

/// Bytes of a body that are kept: no call of a client has as many.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

/// What stands in place of a key.
const MARK: &str = "[key]";

/// What stands in place of a body in which a key cannot be found for sure.
const WITHHELD: &str = "[not kept: there may be a key in it]";

/// A shorter text is no key.
const KEY_CHARACTERS_MIN: usize = 8;

/// The fields, which have no key.
const FIELDS: [&str; 10] = [
    "userName",
    "action",
    "phoneNumber",
    "phoneName",
    "phoneNumberNew",
    "phoneNameNew",
    "PhoneNameNew",
    "skill",
    "assignSkill",
    "unAssignSkill",
];

/// The names of other fields that may have one have such a part, in any case.
const SECRET_PARTS: [&str; 7] = ["key", "token", "secret", "pass", "pwd", "auth", "cred"];

/// Records a call, if it names an account.
pub fn record(
    service: &Service,
    (head, bytes): (&Parts, &[u8]),
    answer: &Answer,
    id: RequestId,
    begun: Instant,
) {
    let secrets: Vec<_> = secrets(&head.headers).collect();
    // Check 1 is before the body is read.
    let is_json = answer.reply.check != Some(1);
    let body = Body::read(&String::from_utf8_lossy(bytes), is_json, &secrets);
    let Some(user_name) = body.user_name else { return };
    let mut request = body.text;
    let is_cut = request.len() > REQUEST_BYTES_MAX;
    if is_cut {
        let is_boundary = |at: &usize| request.is_char_boundary(*at);
        let end = (0..=REQUEST_BYTES_MAX).rev().find(is_boundary).unwrap_or_default();
        request.truncate(end);
    }
    let reason = answer.reason.as_deref().map(|why| {
        // What it quotes is escaped.
        let secrets: Vec<_> = secrets.iter().map(|secret| reason::escaped(secret)).collect();
        let text = String::from_utf8_lossy(reason::header(why).as_bytes()).into_owned();
        masked(text.into(), &secrets).into_owned()
    });
    let call = Call {
        at_us: service.now_us(),
        id,
        action: body.action.map(|action| CallAction(action.as_str())),
        outcome: outcome(&answer.reply),
        status: answer.reply.status,
        reason,
        phone: answer.phone,
        time_us: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        request: request.into_boxed_str(),
        is_cut,
        reply: match &answer.reply.body {
            Cow::Borrowed(fixed) => Cow::Borrowed(fixed),
            Cow::Owned(made) => Cow::Owned(masked(Cow::Borrowed(made), &secrets).into_owned()),
        },
    };
    service.record_call(&user_name, call);
}

fn outcome(reply: &Reply) -> CallOutcome {
    match &reply.body {
        _ if reply.status >= 500 => CallOutcome::Failed,
        _ if reply.outcome == "found" => CallOutcome::Done,
        body if *body == Reply::DONE.body => CallOutcome::Done,
        body if *body == Reply::DONE_SKILLS_NOT.body => CallOutcome::SkillsNotSaved,
        _ => CallOutcome::Refused,
    }
}

/// Each word of the headers for credentials: the schemes are too short.
fn secrets(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = [API_KEY, AUTHORIZATION].into_iter().flat_map(|name| headers.get_all(name));
    let words = values.filter_map(|value| value.to_str().ok()).flat_map(str::split_whitespace);
    words.filter(|word| word.len() >= KEY_CHARACTERS_MIN)
}

/// A body without keys, and what it says of itself.
struct Body {
    text: String,
    user_name: Option<String>,
    action: Option<Action>,
}

impl Body {
    /// Reads it literal by literal, as far as it is JSON: what is mistaken should be seen, too.
    fn read(text: &str, is_json: bool, secrets: &[&str]) -> Self {
        let mut body = Self { text: String::new(), user_name: None, action: None };
        body.text.reserve_exact(text.len());
        let (mut rest, mut name) = (text, Cow::Borrowed(""));
        let mut is_withheld = false;
        while let Some((before, after)) = rest.split_once('"') {
            let (raw, after) = after.split_at(end(after));
            let value = unescaped(raw);
            let behind = after.strip_prefix('"').unwrap_or(after).trim_start();
            let is_name = behind.starts_with(':');
            let is_hidden = !is_name && may_be_secret(&name)
                || raw.contains('\\') && masked(value.clone(), secrets) != value;
            body.text.extend([before, "\"", if is_hidden { MARK } else { raw }]);
            if is_name {
                // A key that is no string would stand between the literals.
                let behind = behind[1..].trim_start();
                is_withheld |= may_be_secret(&value) && !behind.starts_with(['"', 'n']);
                name = value;
            } else {
                match &*std::mem::take(&mut name) {
                    "userName" => body.user_name = Some(value.into_owned()),
                    "action" => body.action = Action::parse(Some(&value)).ok(),
                    _ => {}
                }
            }
            rest = after.strip_prefix('"').map_or("", |after| {
                body.text.push('"');
                after
            });
        }
        body.text.push_str(rest);
        if is_withheld || !is_json && has_secret_part(&body.text) {
            body.text = WITHHELD.into();
        }
        body.text = masked(Cow::Owned(body.text), secrets).into_owned();
        body
    }
}

/// Where a literal ends: at a quotation mark that is not escaped.
fn end(literal: &str) -> usize {
    let mut is_escaped = false;
    let ends = |byte: u8| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    };
    literal.bytes().position(ends).unwrap_or(literal.len())
}

fn unescaped(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    serde_json::from_str(&format!("\"{raw}\"")).map_or(Cow::Borrowed(raw), Cow::Owned)
}

fn may_be_secret(name: &str) -> bool {
    !FIELDS.contains(&name) && has_secret_part(name)
}

fn has_secret_part(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SECRET_PARTS.iter().any(|part| text.contains(part))
}

/// The text without these secrets, and without what looks like one of ours.
fn masked<'t>(mut text: Cow<'t, str>, secrets: &[impl AsRef<str>]) -> Cow<'t, str> {
    for secret in secrets.iter().map(AsRef::as_ref) {
        if text.contains(secret) {
            text = text.replace(secret, MARK).into();
        }
    }
    // A key and the beginning of one; a token.
    for (begin, length_min) in [("KK", 12), ("RBO", 12), ("eyJ", 24)] {
        let is_part = |byte: u8| match begin {
            "eyJ" => byte.is_ascii_alphanumeric() || b"._-".contains(&byte),
            _ => byte.is_ascii_hexdigit(),
        };
        let mut from = 0;
        while let Some(found) = text[from..].find(begin) {
            let (at, behind) = (from + found, from + found + begin.len());
            let length = text.bytes().skip(behind).take_while(|byte| is_part(*byte)).count();
            if length >= length_min {
                text.to_mut().replace_range(at..behind + length, MARK);
            }
            from = at + 1;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const KEY: &str = "KK0123456789abcdef0123456789abcdef";
    const BROUGHT: &str = "a+b/c\"d\\e-key";
    const TOKEN: &str = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJkZW1vIn0.c2ln-bmF0dXJl_c2lnbmF0dXJl";

    #[test]
    fn keeps_no_key_however_it_is_sent() {
        let json = |text: &str| serde_json::to_string(text).unwrap();
        let demo = "{\"userName\":\"demo\",\"action\":\"get\",\"phoneName\":";
        let (brought, begun) = (json(BROUGHT), &KEY[..20]);
        // The header, the body, and what is kept of it after `demo`.
        for (name, header, body, kept) in [
            ("apikey", KEY, format!("{demo}\"Ravi\"}}"), "\"Ravi\"}"),
            ("apikey", KEY, format!("{demo}\"Turkey\"}}"), "\"Turkey\"}"),
            ("apikey", "none", format!("{demo}\"{KEY}\"}}"), "\"[key]\"}"),
            ("apikey", "none", format!("{demo}\"a{begun} {TOKEN}\"}}"), "\"a[key] [key]\"}"),
            ("apikey", "none", format!("{demo}\"\\u004b{}\"}}", &KEY[1..]), "\"[key]\"}"),
            ("apikey", BROUGHT, format!("{demo}{brought}}}"), "\"[key]\"}"),
            ("authorization", "Bearer own-token", format!("{demo}\"own-token\"}}"), "\"[key]\"}"),
            ("authorization", "own-token", format!("{demo}\"own-token\"}}"), "\"[key]\"}"),
            ("x", "", format!("{demo}1,\"apiKey\":{brought}}}"), "1,\"apiKey\":\"[key]\"}"),
            ("x", "", format!("{demo}1,\"Api_key\" : \"short\"}}"), "1,\"Api_key\" : \"[key]\"}"),
            ("x", "", format!("{demo}1,\"api\\u004bey\":\"x\"}}"), "1,\"api\\u004bey\":\"[key]\"}"),
            (
                "x",
                "",
                format!("{demo}1,\"a\":{{\"token\":\"x\"}}}}"),
                "1,\"a\":{\"token\":\"[key]\"}}",
            ),
            ("x", "", format!("{demo}1,\"token\":null}}"), "1,\"token\":null}"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(header).unwrap());
            let secrets: Vec<_> = secrets(&headers).collect();
            let read = Body::read(&body, true, &secrets);
            assert_eq!(read.text, format!("{demo}{kept}"), "{name}: {header}");
            assert_eq!(read.user_name.as_deref(), Some("demo"));
            assert_eq!(read.action, Some(Action::Get));
        }
    }

    #[test]
    fn keeps_nothing_where_a_key_cannot_be_found_for_sure() {
        for (is_json, body) in [
            (true, "{\"userName\":\"demo\",\"apiKey\":12345678}"),
            (true, "{\"userName\":\"demo\",\"tokens\":[\"abcdefgh\"]}"),
            (false, "{\"userName\":\"demo\", apiKey: abcdefgh}"),
            (false, "{\"userName\":\"demo\",\"apiKey:\"abcdefgh\",\"action\":\"get\"}"),
            (false, "{\"userName\":\"demo\",'PASSWORD':'abcdefgh'}"),
        ] {
            let read = Body::read(body, is_json, &[]);
            assert_eq!(
                (&*read.text, read.user_name.as_deref()),
                (WITHHELD, Some("demo")),
                "{body}"
            );
        }
        let mistaken = "{\"userName\":\"demo\" \"action\":\"get\",\"phoneName\":\"Ravi";
        assert_eq!(Body::read(mistaken, false, &[]).text, mistaken);
    }
}
