//! Replays the inputs in `fuzz/corpus`: found by the fuzzer, or made by hand for a boundary.

use std::collections::BTreeSet;
use std::path::Path;

#[path = "../../../../fuzz/src/promises/mod.rs"]
mod promises;

#[test]
fn parsers_keep_their_promises_for_every_input_of_the_corpus() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus"));
    let names = promises::CHECKS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(list(corpus), names, "each parser has a corpus, each corpus a parser");
    for (name, check) in promises::CHECKS {
        let folder = corpus.join(name);
        let inputs = list(&folder);
        assert!(!inputs.is_empty(), "{name}: the corpus is empty");
        for input in inputs {
            // Shown if the check panics.
            println!("{name}/{input}");
            check(&std::fs::read(folder.join(input)).unwrap());
        }
    }
}

fn list(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
