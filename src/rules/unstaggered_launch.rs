//! `unstaggered-launch`: jobs that all start at the same moment.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::launches::{By, Pause};
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "unstaggered-launch",
    article: 5,
    summary: "a loop, `xargs -P` or `parallel` that starts jobs with no pause between them",
    why: "\
Ten streams that start in the same second ask the same service at once, and most of them are turned away; they read the same state, take \
the same locks of git, and fail together. With a few seconds between two starts each finds its neighbours already at work.

Sleep 3 to 5 seconds between two launches; the last needs none, so `if [ \"$i\" -lt \"$n\" ]` around the pause is fine. Jobs that the \
same round waits for do not run side by side, and small tools such as `gzip` or `curl` are left alone.",
    level: Level::Warn,
    bad: &[
        "for stream in 1 2 3; do\n    ./stream.sh \"$stream\" &\ndone\nwait",
        "start() { nohup \"$CLI\" run \"$1\" >\"$1.log\" 2>&1 & }\nfor stream in \"$@\"; do start \"$stream\"; done",
        "while read -r stream; do\n    ( cd \"$stream\" && claude -p 'go on' ) &\n    pids+=($!)\ndone < streams\nwait",
        "ls streams | xargs -n 1 -P 4 ./stream.sh",
        "parallel -j 4 ./stream.sh ::: 1 2 3 4",
    ],
    good: &[
        "for stream in 1 2 3; do\n    ./stream.sh \"$stream\" &\n    sleep 4\ndone\nwait",
        "n=3\nfor i in 1 2 3; do\n    ./stream.sh \"$i\" &\n    if [ \"$i\" -lt \"$n\" ]; then sleep 5; fi\ndone\nwait",
        "./server &\nfor pid in $pids; do wait \"$pid\" || kill \"$pid\"; done",
        "for stream in 1 2 3; do ./stream.sh \"$stream\" & wait $!; done",
        "pause() { sleep \"$STAGGER\"; }\nfor stream in 1 2 3; do ./stream.sh \"$stream\" & pause; done",
        "while read -r answer; do\n    if [ \"$answer\" = yes ]; then\n        ./burn &\n        ./dump\n        exit 0\n    fi\ndone",
        "for f in *.log; do gzip \"$f\" & done\nwait\nls | xargs -P 4 gzip\nparallel --delay 3 ./stream.sh ::: 1 2",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for launch in script.launches() {
        if launch.pause != Pause::None {
            continue;
        }
        let (message, help) = match launch.by {
            By::Loop => (
                "this loop starts its jobs all at once: there is no pause between two launches",
                format!("Wait between two launches:\n    {}", launch.waits(script)),
            ),
            By::Xargs => (
                "`xargs -P` starts its jobs all at once",
                "Start them in a loop, with a pause between two:\n    \
                 while read -r stream; do ./stream.sh \"$stream\" & sleep 4; done; wait"
                    .to_owned(),
            ),
            By::Parallel => {
                ("`parallel` starts its jobs all at once", "Give it a delay between two launches:\n    parallel --delay 4 …".to_owned())
            }
        };
        sink.report(script.place(&launch.bytes), message, help);
    }
}
