//! Reads answers as each PBX does, by its sources. Nothing here is shared with what writes them.

use std::collections::BTreeMap;

use serde_json::Value;

/// Asterisk's `ast_uri_decode` with `ast_uri_http`: `%XX` alone, so a `+` is a plus.
pub fn asterisk_uri(text: &str) -> String {
    let (bytes, mut decoded, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|code| u8::from_str_radix(code, 16).ok());
        let code = code.filter(|_| bytes[at] == b'%');
        decoded.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).expect("names are UTF-8")
}

/// `realtime_multi_curl`: rows at line ends, pairs at `&`, the value after the first `=`. A field of a
/// member has 80 bytes with the zero at its end.
pub fn rows(body: &str) -> Vec<BTreeMap<String, String>> {
    let lines = body.split(['\r', '\n']).filter(|line| !line.is_empty());
    let row = |line: &str| {
        let pairs = line.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let pairs = pairs.map(|(key, value)| (asterisk_uri(key), asterisk_uri(value)));
        let row: BTreeMap<_, _> = pairs.collect();
        assert!(row.values().all(|value| value.len() <= 79), "{row:?} is cut");
        row
    };
    lines.map(row).collect()
}

/// `CURL()` into a variable of 4,096 bytes, then `Dial()`: the first line, at `&`; or `CUT()` at `,`.
pub fn dial(body: &str) -> Option<Vec<String>> {
    assert!(body.len() < 4092, "{} bytes are cut", body.len());
    let line = body.lines().next()?;
    Some(line.split(['&', ',']).filter(|address| *address != "-").map(str::to_owned).collect())
}

/// `update_curl`: `sscanf` after white space, which it looks for beyond the end of an empty body.
pub fn row_count(body: &str) -> i32 {
    let text = body.trim_start();
    assert!(!text.is_empty(), "it reads beyond the end");
    let end = text[1..].find(|character: char| !character.is_ascii_digit());
    text[..end.map_or(text.len(), |end| end + 1)].parse().unwrap_or(-1)
}

/// A route of Kamailio.
#[derive(Debug, PartialEq)]
pub struct Route {
    pub uri: String,
    pub dst_uri: String,
    pub timer_ms: Option<u64>,
}

/// `rtjson_init_routes`: the mode and the routes.
pub fn kamailio(body: &str) -> (String, Vec<Route>) {
    assert!(body.len() < 8192 && !body.contains(['\r', '\n']), "{body}");
    let document: Value = serde_json::from_str(body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let route = |route: &Value| Route {
        uri: text(&route["uri"]),
        dst_uri: text(&route["dst_uri"]),
        timer_ms: route["fr_inv_timer"].as_u64(),
    };
    let routes: Vec<_> = document["routes"].as_array().unwrap().iter().map(route).collect();
    assert!(routes.len() <= 12, "max_branches");
    (text(&document["routing"]), routes)
}

/// What FreeSWITCH does with a document.
#[derive(Debug, PartialEq)]
pub enum Dialplan {
    NotFound,
    Respond(String),
    /// Groups that ring one after another, of legs that ring at once: the variables and the address.
    Bridge(Vec<Vec<(BTreeMap<String, String>, String)>>),
}

/// `mod_xml_curl`, `mod_dialplan_xml` and `switch_ivr_originate`, in that context.
pub fn freeswitch(body: &str, context: &str) -> Dialplan {
    assert!(body.len() <= 1024 * 1024);
    let document = roxmltree::Document::parse(body).unwrap();
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        let mut children = node.children();
        let (child, more) = (children.next().unwrap(), children.next());
        assert!(more.is_none() && child.has_tag_name(name), "{body}");
        child.id()
    };
    let section = document.get_node(child(document.root_element(), "section")).unwrap();
    if section.attribute("name") == Some("result") {
        let result = document.get_node(child(section, "result")).unwrap();
        assert_eq!(result.attribute("status"), Some("not found"));
        return Dialplan::NotFound;
    }
    assert_eq!(section.attribute("name"), Some("dialplan"));
    let named = document.get_node(child(section, "context")).unwrap();
    assert_eq!(named.attribute("name"), Some(context));
    let extension = document.get_node(child(named, "extension")).unwrap();
    let condition = document.get_node(child(extension, "condition")).unwrap();
    assert_eq!(condition.attribute("field"), None, "it always matches");
    let mut bridged = None;
    for action in condition.children() {
        let (application, data) = ("application", "data");
        let [application, data] = [application, data].map(|name| action.attribute(name).unwrap());
        // Nothing is expanded, so nothing runs.
        assert!(!data.contains(['$', '{', '\'', '"', '\\']), "{data}");
        match application {
            "bridge" => bridged = Some(legs(data)),
            "respond" => {
                return bridged.map_or(Dialplan::Respond(data.to_owned()), Dialplan::Bridge);
            }
            _ => assert_eq!(application, "set"),
        }
    }
    panic!("it ends without an answer: {body}");
}

fn legs(data: &str) -> Vec<Vec<(BTreeMap<String, String>, String)>> {
    let leg = |text: &str| {
        let (variables, address) = text.strip_prefix('[').unwrap().split_once(']').unwrap();
        let pairs = variables.split(',').map(|pair| pair.split_once('=').unwrap());
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        (pairs.collect(), address.to_owned())
    };
    let groups = data.split('|').map(|group| {
        // A comma within brackets separates variables.
        let starts = group.match_indices(",[").map(|(at, _)| at + 1);
        let starts: Vec<_> = [0].into_iter().chain(starts).chain([group.len() + 1]).collect();
        starts.windows(2).map(|part| leg(&group[part[0]..part[1] - 1])).collect()
    });
    let groups: Vec<Vec<_>> = groups.collect();
    assert!(groups.iter().map(Vec::len).sum::<usize>() <= 128, "MAX_PEERS");
    groups
}
