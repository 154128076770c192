//! Records calls for those who write clients. Whatever may be a key or a token is replaced first, the
//! wrong ones too: somebody may have mistaken the server, or a letter.

use std::borrow::Cow;
use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde_json::Value;

use super::action::Action;
use super::answer::Answer;
use super::body::Fields;
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

/// Each is looked for in the whole body, so a call with more of them is not recorded: no client sends
/// as many.
const SECRETS_MAX: usize = 4;

/// The name of a field with a key has such a part, in any case. Those of the contract have none.
const SECRET_PARTS: [&str; 7] = ["key", "token", "secret", "pass", "pwd", "auth", "cred"];

/// Records a call, if it names an account.
pub fn record(
    service: &Service,
    (head, bytes): (&Parts, &[u8]),
    fields: Option<&Fields<'_>>,
    answer: &Answer,
    id: RequestId,
    begun: Instant,
) {
    let Some(secrets) = secrets(&head.headers) else { return };
    let text = String::from_utf8_lossy(bytes);
    let (user_name, action) = match fields {
        Some(fields) => (fields.user_name.clone(), fields.action.clone()),
        None => (member(&text, "userName"), member(&text, "action")),
    };
    let Some(user_name) = user_name else { return };
    let mut request = without_keys(&text, fields.is_some(), &secrets);
    if request.len() > REQUEST_BYTES_MAX {
        let is_boundary = |at: &usize| request.is_char_boundary(*at);
        let end = (0..=REQUEST_BYTES_MAX).rev().find(is_boundary).unwrap_or_default();
        request.truncate(end);
        request.push_str("[cut]");
    }
    let reason = answer.reason.as_deref().map(|why| {
        // What it quotes is escaped.
        let secrets: Vec<_> = secrets.iter().map(|secret| reason::escaped(secret)).collect();
        masked(&String::from_utf8_lossy(reason::header(why).as_bytes()), &secrets)
    });
    let reply = match &answer.reply.body {
        Cow::Borrowed(fixed) => Cow::Borrowed(*fixed),
        Cow::Owned(made) => masked(made, &secrets).into(),
    };
    let call = Call {
        at_us: service.now_us(),
        id,
        action: Action::parse(action.as_ref()).ok().map(|action| CallAction(action.as_str())),
        outcome: outcome(&answer.reply),
        status: answer.reply.status,
        reason,
        phone: answer.phone,
        time_us: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        request: request.into_boxed_str(),
        reply,
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

/// Each word of the headers for credentials: the schemes are too short. None if they are too many.
fn secrets(headers: &HeaderMap) -> Option<Vec<&str>> {
    let values = [API_KEY, AUTHORIZATION].into_iter().flat_map(|name| headers.get_all(name));
    let words = values.filter_map(|value| value.to_str().ok()).flat_map(str::split_whitespace);
    let words = words.filter(|word| word.len() >= KEY_CHARACTERS_MIN);
    let words: Vec<_> = words.take(SECRETS_MAX + 1).collect();
    (words.len() <= SECRETS_MAX).then_some(words)
}

/// The text of a member where the body has a fault.
fn member<'t>(text: &'t str, name: &str) -> Option<Cow<'t, str>> {
    let (_, rest) = text.split_once(&format!("\"{name}\""))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    Some(value.split('"').next()?.into())
}

/// A body as it was sent, but for keys. Where one may be in a fault of it, nothing of it is kept.
fn without_keys(text: &str, is_sound: bool, secrets: &[&str]) -> String {
    if !has_secret_part(text) && !text.contains('\\') {
        return masked(text, secrets);
    }
    let body = serde_json::from_str::<Value>(text).ok().filter(|_| is_sound);
    let Some(body) = body else { return WITHHELD.to_owned() };
    let mut kept = body.clone();
    hide(&mut kept, secrets);
    if kept == body { masked(text, secrets) } else { masked(&kept.to_string(), secrets) }
}

/// Hides keys in what was sent.
fn hide(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::String(text) => *text = masked(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secrets)),
        Value::Object(members) => {
            for (name, value) in members {
                if has_secret_part(name) && !value.is_null() {
                    *value = MARK.into();
                }
                hide(value, secrets);
            }
        }
        _ => {}
    }
}

fn has_secret_part(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SECRET_PARTS.iter().any(|part| text.contains(part))
}

/// The text without these secrets, and without what looks like one of ours.
fn masked(text: &str, secrets: &[impl AsRef<str>]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(AsRef::as_ref) {
        if text.contains(secret) {
            text = text.replace(secret, MARK);
        }
    }
    // A key, or the beginning of one; a token.
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
                text.replace_range(at..behind + length, MARK);
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
        let brought = serde_json::to_string(BROUGHT).unwrap();
        let begun = &KEY[..20];
        // A header, what the body has, and what is kept of it.
        for (name, header, sent, kept) in [
            ("apikey", KEY, "\"a\": \"Ravi\"", "\"a\": \"Ravi\""),
            ("apikey", KEY, "\"a\": \"Turkey\"", "\"a\": \"Turkey\""),
            ("apikey", "none", &format!("\"a\": \"{KEY}\""), "\"a\": \"[key]\""),
            ("apikey", "none", &format!("\"a\":\"b{begun} {TOKEN}\""), "\"a\":\"b[key] [key]\""),
            ("apikey", "none", &format!("\"a\":\"\\u004b{}\"", &KEY[1..]), "\"a\":\"[key]\""),
            ("apikey", BROUGHT, &format!("\"a\":{brought}"), "\"a\":\"[key]\""),
            ("authorization", "Bearer own-token", "\"a\":\"own-token\"", "\"a\":\"[key]\""),
            ("authorization", "own-token", "\"a\":\"own-token\"", "\"a\":\"[key]\""),
            ("x", "", &format!("\"apiKey\":{brought}"), "\"apiKey\":\"[key]\""),
            ("x", "", "\"API_Key\": \"short\"", "\"API_Key\":\"[key]\""),
            ("x", "", "\"api\\u004bey\":\"short\"", "\"apiKey\":\"[key]\""),
            ("x", "", "\"a\":[{\"token\":[12345678]}]", "\"a\":[{\"token\":\"[key]\"}]"),
            ("x", "", "\"token\": null", "\"token\": null"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(header).unwrap());
            let secrets = secrets(&headers).unwrap();
            let sent = format!("{{{sent}}}");
            assert_eq!(without_keys(&sent, true, &secrets), format!("{{{kept}}}"), "{header}");
        }
    }

    #[test]
    fn looks_for_a_few_keys_only() {
        let headers = |words| {
            let value = HeaderValue::from_str(&"own-token ".repeat(words)).unwrap();
            HeaderMap::from_iter([(AUTHORIZATION, value)])
        };
        assert_eq!(secrets(&headers(4)), Some(vec!["own-token"; 4]));
        assert_eq!(secrets(&headers(5)), None);
    }

    #[test]
    fn keeps_a_body_with_a_fault_unless_there_may_be_a_key_in_it() {
        for (sent, is_kept) in [
            ("{\"userName\" : \"demo\" \"phoneName\":\"Ravi", true),
            ("{\"userName\":\"demo\", apiKey: abcdefgh}", false),
            ("{\"userName\":\"demo\",\"apiKey:\"abcdefgh\"}", false),
            ("{\"userName\":\"demo\",'PASSWORD':'abcdefgh'}", false),
            ("{\"userName\":\"demo\",\"a\":\"\\u004bK0123456789abcd", false),
        ] {
            let kept = without_keys(sent, false, &[]);
            assert_eq!(kept, if is_kept { sent } else { WITHHELD });
            assert_eq!(member(sent, "userName").as_deref(), Some("demo"));
        }
    }
}
