//! `bashism-in-sh`: bash in a script that a plain `sh` runs.

use crate::facts::Failure;
use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::shell::{Feature, Script};
use crate::subject::Subject;

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
        "#!/bin/sh\nif x=a && x+=b 2>/dev/null && test ab = \"$x\"; then add() { eval \"$1+=\\$2\"; }; fi",
        "#!/bin/sh\nif (test \"$1\" = \"${@:1:1}\") 2>/dev/null; then set -- \"${@:2}\"; else shift; fi",
        "#!/bin/sh\nif [ \"x${BASH_VERSION-}\" != x -a \"x${PS1-}\" != x ]; then echo \"${BASH_VERSINFO[0]}\"; shopt -q progcomp; fi",
        "#!/bin/sh\nif [ -n \"${ZSH_VERSION:-}\" ]; then source ./env.zsh; fi",
        "#!/bin/sh\ncase $(uname -s) in *MINGW*) pwd() { builtin pwd -W; } ;; esac",
        "#!/bin/sh\nkib=$((`blockdev --getra /dev/sda` / 2)); age=$((now - $(stat -L --format %Y f || stat -f %m f)))",
        "#!/bin/sh\nif [ \"$(echo -e x)\" = '-e x' ]; then say=echo; fi; case `echo -e x` in -e*) say=echo ;; esac",
        "#!/bin/sh\ncommand -v local >/dev/null && local name=x || typeset name=x",
        "#!/bin/sh\ntest -n \"$RANDOM\" && tmp=$TMPDIR/x$$-$RANDOM",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    if names_another_shell(script) {
        return;
    }
    for breach in script.breaches(|fact| fact.dash.is_some()) {
        let fact = breach.fact;
        if fact.feature == Feature::Random.name() && is_asked(&script.text, breach.bytes.start) {
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
        breach.report(place, message, help, &mut sink.with_fix(script.cure(breach)));
    }
}

/// Whether an expansion is what `[ -n "$RANDOM" ]` is about.
fn is_asked(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.strip_suffix('"').unwrap_or(before);
    before.ends_with("-n ") || before.ends_with("-z ")
}

/// The shebangs of shells that are called neither `sh` nor `dash` and know more.
fn names_another_shell(script: &Script) -> bool {
    let first = script.text.lines().next().unwrap_or_default();
    let mut names = first.split(|char: char| char.is_whitespace() || char == '/');
    first.starts_with("#!") && names.any(|name| matches!(name, "ash" | "busybox" | "posh" | "yash"))
}
