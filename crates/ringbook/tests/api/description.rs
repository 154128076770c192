//! `/openapi.json` and `/docs`

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringbook::http::api::problem_codes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::requests::scopes;
use crate::world::World;

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "PATCH", "DELETE"];

/// Each described operation exists and needs credentials, and no other method is allowed.
#[test]
fn openapi_and_router_agree() {
    let world = &mut World::new();
    let described = world.request("GET", "/openapi.json", &[], Value::Null);
    assert_eq!(described.header("content-type"), Some("application/json"));
    let paths = described.json["paths"].as_object().expect("there are paths").clone();
    let mut operations = 0;
    for (path, described) in &paths {
        let filled = path.replace("{phone}", "p1").replace("{skill}", "Sales");
        let filled = filled.replace("{change}", "c1").replace("{key}", "k1");
        let filled = filled.replace("{import}", "i7");
        let filled = filled.replace("{user_name}", "acme");
        assert!(!filled.contains('{'), "{path} has a parameter of another name");
        for method in METHODS {
            let is_described = described.get(method.to_lowercase()).is_some();
            operations += usize::from(is_described);
            let answer = world.request(method, &filled, &[], Value::Null);
            if !path.starts_with("/v1") {
                continue;
            }
            let expected = if is_described { 401 } else { 405 };
            assert_eq!(answer.status, expected, "{method} {path}: {answer:?}");
            if is_described && !path.starts_with("/v1/operator") {
                let has_scope = scopes().any(|(other, route, _)| {
                    other == method && route.split('?').next() == Some(filled.as_str())
                });
                assert!(has_scope, "{method} {path} is not in scopes.txt");
            }
        }
    }
    assert!(operations > 30, "the operations were found: {operations}");
    let page = world.request("GET", "/docs", &[], Value::Null);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.reply.body.contains("<h1>Ringbook</h1>"));
}

/// The client calls the server `test`.
#[test]
fn names_the_server_by_the_address_that_was_asked() {
    let servers = document()["servers"].clone();
    assert_eq!(servers, serde_json::json!([{"url": "http://test"}]));
    let page = World::new().request("GET", "/docs", &[], Value::Null).reply.body;
    assert!(page.contains("http://test/v1/phones"));
    assert!(page.contains("curl -u &quot;$USER_NAME:$API_KEY&quot;"), "HTML is escaped");
    assert!(page.contains("takes <code>dry_run=true</code>"));
}

/// The description, as programs get it.
fn document() -> Value {
    World::new().request("GET", "/openapi.json", &[], Value::Null).json
}

/// All references anywhere in a value.
fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(reference) if name == "$ref" => found.push(reference),
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn resolves_every_reference_of_the_document() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "the references were found");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

/// The path, the method and the description of each operation.
fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, json)| (path, method, json))
    })
}

#[test]
fn describes_no_parameter_as_nullable() {
    let document = document();
    let parameters: Vec<_> = operations(&document)
        .flat_map(|(.., operation)| operation["parameters"].as_array().into_iter().flatten())
        .collect();
    let headers = parameters.iter().filter(|parameter| parameter["in"] == "header").count();
    assert!(headers > 20 && parameters.len() > 50, "{headers} {}", parameters.len());
    for parameter in parameters {
        assert!(!parameter["schema"].to_string().contains("null"), "{parameter}");
    }
}

#[test]
fn gives_each_operation_a_unique_name_a_summary_and_credentials() {
    let mut names = HashSet::new();
    for (path, method, operation) in operations(&document()) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(name.chars().all(|one| one.is_ascii_alphanumeric()), "{name}");
        assert!(operation["description"].is_string(), "{name} has no sentence");
        assert!(names.insert(name), "{method} {path} has the name of another operation");
        assert!(operation["summary"].is_string(), "{method} {path}");
        assert!(operation["tags"].is_array(), "{method} {path}");
        assert!(operation["security"].is_array(), "{method} {path}");
    }
}

#[test]
fn renders_every_operation_and_code_without_external_resources() {
    let page = World::new().request("GET", "/docs", &[], Value::Null).reply.body;
    let document = document();
    for (path, method, _) in operations(&document) {
        let heading = format!("<b>{}</b> {path}", method.to_uppercase());
        assert!(page.contains(&heading), "{heading}");
    }
    for schema in document["components"]["schemas"].as_object().unwrap().keys() {
        let nothing = format!("<h3>{schema}</h3></section>");
        assert!(!page.contains(&nothing), "{schema} is described");
    }
    for (code, ..) in problem_codes() {
        assert!(page.contains(&format!("id=\"{code}\"")), "{code}");
    }
    for elsewhere in ["src=", "href=\"http", "url(", "@import"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn shows_the_contract_of_phone_manage_v2_first() {
    let world = &mut World::new();
    let page = world.request("GET", "/docs", &[], Value::Null);
    let (first, _) = page.reply.body.split_once("<h2>phones</h2>").unwrap();
    for shown in ["<h4>Fields</h4>", "<h4>Refused</h4>", "<code>phoneNumberNew</code>"] {
        assert!(first.contains(shown), "{shown}");
    }
    for markdown in ["](", "**", "| ---"] {
        assert!(!first.contains(markdown), "{markdown}");
    }
    assert!(first.contains("href=\"docs/phone-manage-v2.md\""));
    let contract = world.request("GET", "/docs/phone-manage-v2.md", &[], Value::Null);
    assert_eq!(contract.reply.body, include_str!("../../../../docs/phone-manage-v2.md"));
}

/// Otherwise browsers do not run it.
#[test]
fn names_the_hash_of_the_pages_script_in_its_policy() {
    let page = World::new().request("GET", "/docs", &[], Value::Null);
    let (_, script) = page.reply.body.split_once("<script>").unwrap();
    let (script, _) = script.split_once("</script>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(script));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with(&format!("script-src 'sha256-{hash}'")), "{policy}");
}

#[test]
fn codes_are_unique_snake_case_and_errors() {
    let mut seen = HashSet::new();
    for (name, status, _) in problem_codes() {
        assert!(seen.insert(name), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert!((400..600).contains(&status), "{name}");
    }
}
