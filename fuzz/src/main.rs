//! Fuzzes the parser that `FUZZ_TARGET` names.

#![no_main]

mod promises;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use promises::{CHECKS, Check};

static CHECK: LazyLock<Check> = LazyLock::new(|| {
    let target = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = CHECKS.iter().find(|(name, _)| *name == target);
    found.unwrap_or_else(|| panic!("FUZZ_TARGET names no parser: {target:?}")).1
});

fuzz_target!(|input: &[u8]| CHECK(input));
