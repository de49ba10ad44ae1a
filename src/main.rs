//! Arguments → library → exit code, nothing else.

use std::process::ExitCode;

/// Fast in static and dynamic binaries alike; glibc's own is as fast, musl's is half as fast.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    gnp_lint::cli::main(std::env::args_os().collect())
}
