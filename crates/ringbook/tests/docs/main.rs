//! The documents are right: their commands run and print what the page says, their links and paths
//! exist, and their lists are complete.

mod demo;
mod links;
mod lists;
mod page;
mod shell;

use std::path::{Path, PathBuf};

use page::Page;

/// The root of the repository.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate is two levels down").to_owned()
}

/// All documents but the licence.
fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    for directory in ["", "docs", "docs/adr"] {
        let listed = std::fs::read_dir(root().join(directory)).expect(directory);
        for entry in listed {
            let name = entry.expect(directory).file_name().into_string().expect("UTF-8");
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                pages.push(Page::read(&Path::new(directory).join(name)));
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

#[test]
fn commands_print_what_the_page_says() {
    let pages: Vec<_> = pages().into_iter().filter(|page| !page.blocks().is_empty()).collect();
    for page in &pages {
        shell::check(page);
    }
    assert!(pages.len() >= 2, "the marks are not found");
}
