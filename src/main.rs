//! Arguments → library → exit code, nothing else.

use std::process::ExitCode;

/// musl's own is half as fast; glibc's has a store for each thread and needs no lock.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    gnp_lint::cli::main(std::env::args_os().collect())
}
