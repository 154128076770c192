//! The `ringbook` program.

use std::process::ExitCode;

/// Phones are many small values: this allocator gives them no headers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringbook::cli::main()
}
