//! `bashism-in-sh`: bash in a script that a plain `sh` runs.

use crate::breach::breaches;
use crate::facts::{Fact, Failure};
use crate::finding::Sink;
use crate::fix::Cures;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::shell::{Feature, Script};

pub(super) const RULE: Rule = Rule {
    name: "bashism-in-sh",
    article: 8,
    summary: "bash syntax or a bash builtin in a script that `sh` runs",
    why: "\
`#!/bin/sh` is bash on macOS and dash on Debian, Ubuntu and their images. The same script runs on one machine and on the other stops \
at a syntax error, or worse goes on: `[[` is not found there and counts as a failed test, `make &> log` sends make to the background, \
`echo {1..5}` prints just that. A clean-up or a lock that depends on such a test is skipped without a word.

Write what dash knows too (the help names it), or say what the script needs: `#!/usr/bin/env bash`. Scripts that ask for \
`$BASH_VERSION` first, and what dash has beyond POSIX (`local`, `test -nt`, `read -p`), are left alone.",
    level: Level::Deny,
    bad: &[
        "#!/bin/sh\nif [[ -f lock ]]; then exit 1; fi",
        "#!/bin/sh\nfor i in {1..5}; do sleep 3; done",
        "#!/bin/sh -e\npids=(1 2 3)",
        "#!/usr/bin/env sh\nmake &> log",
        "sh -c 'source ./env.sh'",
    ],
    good: &[
        "#!/bin/sh\nf() { local x=1; echo \"${x%1}\" \"$((x + 1))\"; }\nif [ -f lock ]; then exit 1; fi",
        "#!/bin/sh\nif [ -z \"$BASH_VERSION\" ]; then exec bash \"$0\" \"$@\"; fi\npids=(1 2 3)",
        "#!/usr/bin/env bash\nif [[ -f lock ]]; then exit 1; fi",
        "#!/bin/sh\nbash -c 'make &> log'; echo '[[ x ]]'",
        "#!/bin/sh\nif (eval 'x=1; x+=2; test $x = 12') 2>/dev/null; then echo bash; fi",
        "#!/bin/busybox ash\nif [[ -f lock ]]; then exit 1; fi",
    ],
    check: Check::Script(check),
};

fn check(script: &Script, _: &Policy, sink: &mut Sink<'_>) {
    if names_another_shell(script) {
        return;
    }
    let cures = Cures::of(script);
    for breach in breaches(script, |fact: &Fact| fact.dash.is_some()) {
        let fact = breach.fact;
        if fact.feature == Feature::Random.name() && script.text.contains("RANDOM=") {
            continue;
        }
        let how = if fact.fails == Failure::StopsAtParse {
            "the shell stops there at a syntax error".to_owned()
        } else {
            breach.effect().to_owned()
        };
        let message = format!("{} in a script that `sh` runs: {how}", fact.what);
        let bash = if script.is_carried() { "let bash run it" } else { "let bash run the script: `#!/usr/bin/env bash`" };
        let help = format!("{}, or {bash}.", fact.advice());
        let place = script.place(&breach.bytes);
        let mut sink = sink.with_fix(cures.cure(&breach));
        if fact.denies() { sink.report(place, message, help) } else { sink.warn(place, message, help) }
    }
}

/// The shebangs of shells that are called neither `sh` nor `dash` and know more.
fn names_another_shell(script: &Script) -> bool {
    let first = script.text.lines().next().unwrap_or_default();
    let mut names = first.split(|char: char| char.is_whitespace() || char == '/');
    first.starts_with("#!") && names.any(|name| matches!(name, "ash" | "busybox" | "posh" | "yash"))
}
