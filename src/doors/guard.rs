//! Our own failures: git must never be wedged by them, and a protected branch never moves unjudged.

use std::panic;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use super::eprint;
use crate::repo::Error;

/// Whether the act at hand moves a protected branch (or may, as far as is known).
static MOVES_PROTECTED: AtomicBool = AtomicBool::new(false);

/// Notes whether a failure from here on must refuse the act.
pub(super) fn moves_protected(moves: bool) {
    MOVES_PROTECTED.store(moves, Ordering::Relaxed);
}

/// Turns a failure of our own into an exit code: loud, and a refusal only where a protected branch would move unjudged.
pub(super) fn failed(hook: &str, error: &Error) -> u8 {
    let (code, way_out) = verdict(hook);
    eprint(&format!("gnp-lint: {hook}: {error}\n{way_out}"));
    code
}

/// Ends the process by the same rule when it panics: an abort would be a refusal to git, whatever it was about.
pub fn on_panic(hook: String) {
    panic::set_hook(Box::new(move |info| {
        let (code, way_out) = verdict(&hook);
        eprint(&format!("gnp-lint: {hook}: a defect of gnp-lint, please report it: {info}\n{way_out}"));
        #[allow(clippy::exit, reason = "unwinding is off, and an abort would refuse what must pass")]
        process::exit(code.into());
    }));
}

fn verdict(hook: &str) -> (u8, &'static str) {
    // The reference door stands behind these two, and judges the commit itself.
    let early = matches!(hook, "pre-commit" | "pre-merge-commit" | "post-checkout" | "post-index-change");
    if MOVES_PROTECTED.load(Ordering::Relaxed) && !early {
        (
            1,
            "  refused, because a protected branch would move unjudged. Mend the cause and try again;\n  the operator takes the hooks out with `gnp-lint uninstall`\n",
        )
    } else {
        (0, "  the act goes on unjudged at this door\n")
    }
}
