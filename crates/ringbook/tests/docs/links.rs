//! Links, and paths that are named, lead somewhere.

use std::path::Path;

use crate::page::Page;
use crate::{pages, root};

/// What `bench/run` and `scripts/fuzz` make, so it may not be there yet.
const MADE_LATER: [&str; 2] = ["docs/performance.md", "fuzz/artifacts"];

/// Where paths begin that are named in the text.
const FOLDERS: [&str; 9] = [
    "crates/",
    "testing/",
    "docs/",
    "bench/",
    "examples/",
    "fuzz/",
    "packaging/",
    "scripts/",
    ".ci/",
];

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        for link in page.text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if !link.starts_with("http") {
                check_link(&page, link);
            }
        }
    }
}

fn check_link(page: &Page, link: &str) {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let directory = page.path.parent().expect("a page lies in a directory");
    let file = if path.is_empty() { page.path.clone() } else { directory.join(path) };
    let file = root().join(file);
    let is_made_later = MADE_LATER.iter().any(|made| root().join(made) == file);
    assert!(
        is_made_later || file.exists(),
        "{}: the link {link} leads nowhere",
        page.path.display()
    );
    if !anchor.is_empty() {
        let text = std::fs::read_to_string(&file).expect("a page");
        let is_found = text.lines().any(|line| line.starts_with('#') && slug(line) == anchor);
        assert!(is_found, "{}: the link {link} names no heading", page.path.display());
    }
}

#[test]
fn the_list_of_pages_has_all_of_them() {
    let list = Page::read(Path::new("docs/README.md"));
    for page in pages() {
        let name = page.path.file_name().unwrap().to_str().unwrap();
        let is_listed = list.text.contains(&format!("]({name})")) || name == "README.md";
        assert!(page.path.parent() != Some(Path::new("docs")) || is_listed, "{name} is missing");
    }
}

/// The anchor of a heading.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[test]
fn paths_that_are_named_exist() {
    for page in pages() {
        // What stands between two backticks is every second piece.
        let mut is_block = false;
        for line in page.text.lines() {
            is_block ^= line.starts_with("```");
            for code in line.split('`').skip(1).step_by(2).filter(|_| !is_block) {
                let path = code.split(' ').next().unwrap_or_default();
                let is_path = FOLDERS.iter().any(|folder| path.starts_with(folder));
                if is_path && !path.contains('*') && !MADE_LATER.contains(&path) {
                    let test_store = page.path.display();
                    assert!(root().join(path).exists(), "{test_store}: there is no {path}");
                }
            }
        }
    }
}
