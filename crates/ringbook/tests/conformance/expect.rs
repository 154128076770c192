//! What a response must be like.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::case::{Case, Response};
use crate::wire::RawResponse;

/// In what the response differs from what the case expects; one line each.
pub fn compare(case: &Case, found: &RawResponse, now_us: i64) -> Vec<String> {
    let expected = &case.response;
    // The length of a reply to HEAD is that of the body which it would have had.
    let length = found.single("Content-Length").and_then(|length| length.parse().ok());
    let is_length_right = case.request.method == "HEAD" || length == Some(found.body.len());
    let id = found.single("Ringbook-Request-Id").unwrap_or_default();
    let is_id = id
        .strip_prefix('r')
        .is_some_and(|hex| hex.len() == 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let is_uncached = found.single("Cache-Control") == Some("no-store");
    let is_json = found.single("Content-Type") == Some("application/json");
    let checks = [
        (found.status == expected.status, format!("the status must be {}", expected.status)),
        (is_json, "Content-Type must be application/json".to_owned()),
        (is_length_right, format!("Content-Length must be {}", found.body.len())),
        (is_id, "Ringbook-Request-Id must be r and 16 hex digits".to_owned()),
        (is_uncached, "Cache-Control must be no-store".to_owned()),
    ];
    let headers = expected.headers.iter().map(|(name, value)| {
        (found.single(name) == Some(value), format!("{name} must be {value}"))
    });
    let failed = checks.into_iter().chain(headers).filter(|(holds, _)| !holds);
    let body = compare_body(expected, &found.body, now_us).err();
    failed.map(|(_, what)| what).chain(body).chain(compare_reason(expected, found)).collect()
}

fn compare_reason(expected: &Response, found: &RawResponse) -> Option<String> {
    let reason = found.single("Ringbook-Reason");
    match (&expected.reason, &expected.reason_prefix) {
        (Some(_), Some(_)) => panic!("a response has one of reason and reason_prefix"),
        (Some(all), None) if reason != Some(all) => {
            Some(format!("Ringbook-Reason must be\n  {all}"))
        }
        (None, Some(prefix)) if !reason.is_some_and(|reason| reason.starts_with(prefix)) => {
            Some(format!("Ringbook-Reason must begin with\n  {prefix}"))
        }
        (None, None) if !found.header("Ringbook-Reason").is_empty() => {
            Some("Ringbook-Reason must be absent".to_owned())
        }
        _ => None,
    }
}

fn compare_body(expected: &Response, found: &[u8], now_us: i64) -> Result<(), String> {
    let body = expected.body();
    let Some(user_name) = &expected.body_token else {
        let is_equal = found == body.as_bytes();
        return is_equal.then_some(()).ok_or_else(|| format!("the body must be\n  {body}"));
    };
    let (before, after) = body.split_once("<token>").expect("it stands for the token");
    let token = str::from_utf8(found)
        .ok()
        .and_then(|found| found.strip_prefix(before)?.strip_suffix(after))
        .ok_or_else(|| format!("the body must be\n  {body}"))?;
    check_token(token, user_name, now_us)
}

/// A JWT of the contract (section "Generate Token"): HS512, `sub`, and an hour from `iat` to `exp`.
fn check_token(token: &str, user_name: &str, now_us: i64) -> Result<(), String> {
    let parts: Option<Vec<_>> =
        token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok()).collect();
    let [header, claims, signature]: [Vec<u8>; 3] =
        parts
            .and_then(|parts| parts.try_into().ok())
            .ok_or("a token must have three parts in base64url")?;
    let json = |part: &[u8]| serde_json::from_slice::<serde_json::Value>(part).ok();
    let issued_s = now_us / 1_000_000;
    let expected_header = serde_json::json!({"alg": "HS512", "typ": "JWT"});
    let expected_claims =
        serde_json::json!({"sub": user_name, "iat": issued_s, "exp": issued_s + 3600});
    if json(&header).as_ref() != Some(&expected_header) {
        return Err(format!("the header of the token must be {expected_header}"));
    }
    if json(&claims).as_ref() != Some(&expected_claims) {
        return Err(format!("the claims of the token must be {expected_claims}"));
    }
    let is_sha512 = signature.len() == 64;
    is_sha512.then_some(()).ok_or_else(|| "the signature must have 64 bytes".to_owned())
}
