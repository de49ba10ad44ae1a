//! `short-stagger`: a pause between launches that is too short.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::launches::Pause;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "short-stagger",
    article: 5,
    summary: "a pause of less than 3 seconds between two launches",
    why: "\
The protocol asks for 3 to 5 seconds: that is what a worker needs to read its state and get its first answer before the next one does \
the same. `STAGGER=2` stood in the orchestrator the protocol comes from, and its streams still met.

Write 3 or more. The length is followed through variables, defaults and arithmetic; what cannot be known is not accused.",
    level: Level::Warn,
    bad: &[
        "STAGGER=2\nfor stream in 1 2 3; do\n    ./stream.sh \"$stream\" &\n    sleep \"$STAGGER\"\ndone\nwait",
        "for stream in \"$@\"; do ./stream.sh \"$stream\" & sleep 0.5; done",
        "pause() { sleep \"${STAGGER:-1}\"; }\nfor stream in 1 2; do ./stream.sh \"$stream\" & pause; done",
        "parallel --delay 1 -j 4 ./stream.sh ::: 1 2 3 4",
    ],
    good: &[
        "STAGGER=3\nfor stream in 1 2 3; do ./stream.sh \"$stream\" & sleep \"$STAGGER\"; done",
        "for stream in 1 2 3; do ./stream.sh \"$stream\" & sleep \"$1\"; done",
        "base=2\nfor stream in 1 2 3; do ./stream.sh \"$stream\" & sleep $((base * 2)); done",
        "for i in 1 2 3; do curl -sf localhost && break; sleep 1; done\n./server & sleep 1",
    ],
    check: Check::Script(check),
};

/// The least pause between two launches, in seconds.
const LEAST: f64 = 3.0;

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for launch in script.launches() {
        let Pause::Seconds(pause) = launch.pause else { continue };
        if pause < LEAST {
            let message = format!("only {pause} s pass between two launches here; the protocol asks for 3 to 5");
            let help = format!("Make the pause 3 seconds or longer:\n    {}", launch.waits(script));
            sink.report(script.place(&launch.bytes), message, help);
        }
    }
}
