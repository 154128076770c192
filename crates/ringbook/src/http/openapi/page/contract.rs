//! The contract of PhoneManageV2 as HTML, as far as callers look things up in it. Knows only as much
//! Markdown as the contract has.

use super::text::{each, escaped, inline};

/// The whole contract, as it is written.
pub const CONTRACT: &str = include_str!("../../../../../../docs/phone-manage-v2.md");

/// What the page shows of it: the rules of the fields, and the replies.
const SHOWN: [&str; 4] = ["Request", "Order of checks", "Skills", "Replies"];

/// A link to all of it.
const LINK: &str =
    r#"<p>All of the contract: <a href="docs/phone-manage-v2.md">phone-manage-v2</a>.</p>"#;

/// The shown sections, each with its title, its id on the page and its text.
fn shown() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let sections = CONTRACT.split("\n## ").filter_map(|section| section.split_once('\n'));
    let shown = sections.filter(|(title, _)| SHOWN.contains(title));
    shown.map(|(title, text)| (title, title.to_lowercase().replace(' ', "-"), text))
}

/// The shown sections as HTML.
pub fn sections() -> String {
    let sections = each(shown(), |(title, id, text)| {
        let blocks = each(text.trim().split("\n\n"), block);
        format!(r#"<section id="{id}" class="contract"><h3>{title}</h3>{blocks}</section>"#)
    });
    LINK.to_owned() + &sections
}

/// The links to them.
pub fn contents() -> String {
    each(shown(), |(title, id, _)| format!(r##"<a href="#{id}">{title}</a>"##))
}

/// A block: what is between two empty lines.
fn block(block: &str) -> String {
    // After `- ` or `1. `.
    let item = |line: &str| {
        format!("<li>{}</li>", prose(line.split_once(' ').map_or(line, |(_, item)| item)))
    };
    let items = || each(block.lines(), item);
    match block.as_bytes() {
        [b'#', ..] => format!("<h4>{}</h4>", prose(block.trim_start_matches(['#', ' ']))),
        [b'|', ..] => table(block),
        [b'`', b'`', b'`', ..] => {
            let code = block.lines().filter(|line| !line.starts_with("```"));
            format!("<pre>{}</pre>", each(code, |line| format!("{}\n", escaped(line))))
        }
        [b'-', b' ', ..] => format!("<ul>{}</ul>", items()),
        [b'1', b'.', ..] => format!("<ol>{}</ol>", items()),
        _ => format!("<p>{}</p>", prose(block)),
    }
}

fn table(block: &str) -> String {
    let row = |line: &str, cell: &str| {
        let cells = line.trim_matches('|').split('|');
        let cells = each(cells, |text| format!("<{cell}>{}</{cell}>", prose(text.trim())));
        format!("<tr>{cells}</tr>")
    };
    let (head, rows) = block.split_once('\n').unwrap_or_default();
    // The line below the head only separates it.
    let rows = each(rows.lines().skip(1), |line| row(line, "td"));
    format!("<table>{}{rows}</table>", row(head, "th"))
}

/// A text without emphasis. A link becomes its label, as the server does not have what it leads to.
fn prose(text: &str) -> String {
    let plain = each(text.split('['), |part| match part.split_once("](") {
        Some((label, link)) => {
            format!("{label}{}", link.split_once(')').map_or("", |(_, end)| end))
        }
        None => part.to_owned(),
    });
    inline(&plain.replace('*', ""))
}
