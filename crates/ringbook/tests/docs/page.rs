//! A document and the blocks in it.

use std::path::{Path, PathBuf};

use crate::root;

/// Stands before a block of commands that is run.
const RUN: &str = "<!-- run -->";
/// Stands before a block with what the commands before it print.
const OUTPUT: &str = "<!-- output -->";

/// A document.
pub struct Page {
    /// Its path from the root.
    pub path: PathBuf,
    /// The whole of it.
    pub text: String,
}

/// Commands that are run.
pub struct Block {
    /// The line of the mark.
    pub line: usize,
    /// The commands.
    pub commands: String,
    /// What they print. Whatever stands in a line for `…` is not compared.
    pub output: Option<String>,
}

impl Page {
    /// Reads the document at a path from the root.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(root().join(path));
        Self {
            path: path.to_owned(),
            text: text.unwrap_or_else(|e| panic!("{}: {e}", path.display())),
        }
    }

    /// The commands that are run, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            let line_number = index + 1;
            match line {
                RUN => {
                    let commands = self.fenced(line_number, "```sh");
                    blocks.push(Block { line: line_number, commands, output: None });
                }
                OUTPUT => {
                    let output = self.fenced(line_number, "```text");
                    let block = blocks.last_mut().expect("output stands after its commands");
                    assert!(block.output.replace(output).is_none(), "line {line_number}: twice");
                }
                _ => {}
            }
        }
        blocks
    }

    /// The content of the block that stands right after a mark.
    pub fn marked(&self, mark: &str, fence: &str) -> String {
        let line = self.text.lines().position(|line| line == mark);
        self.fenced(line.unwrap_or_else(|| panic!("{}: no {mark}", self.path.display())) + 1, fence)
    }

    /// The content of the block that begins after that many lines.
    fn fenced(&self, after: usize, fence: &str) -> String {
        let test_store = format!("{}:{after}", self.path.display());
        let mut lines = self.text.lines().skip(after);
        assert_eq!(lines.next(), Some(fence), "{test_store}: a block follows its mark");
        let lines: Vec<_> = lines.collect();
        let end = lines.iter().position(|line| *line == "```");
        let end = end.unwrap_or_else(|| panic!("{test_store}: the block has no end"));
        lines[..end].iter().flat_map(|line| [line, "\n"]).collect()
    }
}
