//! The `ringbook` program.

use std::process::ExitCode;

/// Phones are many small allocations, which take no headers here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringbook::cli::main()
}
