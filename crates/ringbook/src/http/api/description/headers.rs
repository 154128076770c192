//! The headers of responses.

use serde_json::{Value, json};

use super::{items, members};

/// Adds to the responses of an operation the headers that all of their kind have.
pub fn describe(operation: &mut Value) {
    let has = |name| items(operation, "parameters").any(|parameter| parameter["name"] == name);
    let [has_idempotency, has_dry_run] = ["Idempotency-Key", "dry_run"].map(has);
    let is_limited = operation["security"][0].get("account").is_some();
    for (status, response) in members(&mut operation["responses"]) {
        let is_done = status.starts_with('2');
        let mut names = vec!["Ringbook-Request-Id"];
        match status.as_str() {
            "401" => names.push("WWW-Authenticate"),
            "429" => names.extend(["Retry-After", "RateLimit", "RateLimit-Policy"]),
            "503" => names.push("Retry-After"),
            _ if is_done && is_limited => names.extend(["RateLimit", "RateLimit-Policy"]),
            _ => {}
        }
        if has_idempotency && (is_done || ["404", "409", "410", "412", "422"].contains(&&**status))
        {
            names.push("Idempotent-Replayed");
        }
        if has_dry_run && is_done {
            names.push("Ringbook-Dry-Run");
        }
        for name in names {
            response["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
        }
    }
}

/// Adds the `ETag` to what a client may hold against it, and the answer to a client that has it.
pub fn describe_version(method: &str, path: &str, operation: &mut Value) {
    if !items(operation, "parameters").any(|parameter| parameter["name"] == "If-None-Match") {
        return;
    }
    let is_several = path.ends_with("/routing");
    let (whose, is) = if is_several { ("Their", "They are") } else { ("Its", "It is") };
    let responses = &mut operation["responses"];
    if let Some(header) = responses.get_mut("200").map(|done| &mut done["headers"]["ETag"])
        && header.is_null()
    {
        let about = format!("{whose} version");
        *header = json!({"description": about, "schema": {"type": "string"}});
    }
    if method == "get" {
        responses["304"] = json!({"description": format!("{is} as If-None-Match has it")});
    }
}

/// The headers that responses refer to.
pub fn components() -> Value {
    let text = |about: &str, example: &str| json!({"description": about, "schema": {"type": "string"}, "example": example});
    let count = |about: &str, minimum: u32| {
        let schema = json!({"type": "integer", "format": "int64", "minimum": minimum});
        json!({"description": about, "schema": schema})
    };
    let replayed = json!({"type": "string", "enum": ["true"]});
    json!({
        "Idempotent-Replayed": {
            "description": "`true` where the answer is that of an earlier request with this \
                            `Idempotency-Key`; else absent",
            "schema": replayed,
        },
        "RateLimit": text(
            "What is left of each rate limit that the request counts towards, and in how many \
             seconds all of it is back; absent without a limit",
            "\"key\";r=499;t=1",
        ),
        "RateLimit-Policy": text(
            "How many requests each of these limits allows at once after how many seconds without \
             one",
            "\"key\";q=500;w=5",
        ),
        "Retry-After": count("In how many seconds the request can be sent again", 0),
        "Ringbook-Dry-Run": count("With `dry_run`: how many changes there would be", 0),
        "Ringbook-Request-Id": text(
            "The id of the request, as in the history and in the log",
            "r8c3f0a917d24be65",
        ),
        "WWW-Authenticate": text("The credentials that are wanted", "Basic realm=\"ringbook\""),
    })
}
