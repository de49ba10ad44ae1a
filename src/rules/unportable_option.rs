//! `unportable-option`: options and operands that a target refuses or takes for something else.

use crate::breach::is_usage;
use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "unportable-option",
    article: 8,
    summary: "an option that one of the targets refuses or takes for something else",
    why: "\
GNU's and BSD's tools share names, not options. `sed -i 's/a/b/' f` takes the script for a suffix on macOS, and `sed -i '' …` takes the \
empty word for the script on Linux; `date -d`, `stat -c`, `readlink -f`, `xargs -d` are errors on one side, and `grep -Z`, `stat -f` \
mean something else without a word. State files are rewritten by just these commands.

Write the form that both take (the help names it), or choose by `case \"$(uname -s)\"`. Options are read as getopt reads them, so \
`-nEi`, `--in-pl` and `env sed` are no hiding places. Where the script has a constant for a failure, `$(stat -c %Y f || echo 0)`, it is \
only warned of: it goes on everywhere, on one system with the constant alone.",
    level: Level::Deny,
    bad: &[
        "sed -i 's/a/b/' state.json",
        "sed -nEi -e 's/a/b/p' state.json",
        "sed -i '' 's/a/b/' state.json",
        "age=$(( $(date +%s) - $(date -d '1 hour ago' +%s) ))",
        "find . -print0 | xargs -0 -n1 readlink --canonicalize",
    ],
    good: &[
        "sed -i.bak 's/a/b/' state.json && rm state.json.bak",
        "case \"$(uname -s)\" in Darwin) date -v-1H +%s;; *) date -d '1 hour ago' +%s;; esac",
        "modified=$(stat -c %Y f 2>/dev/null || stat -f %m f)",
        "case \"$(uname)\" in Darwin | *BSD) date -j +%s ;; *) date +%s ;; esac",
        "tmp=$(TMPDIR=/tmp mktemp -d -t x.XXXXXX)",
        "sed -n -- '-i' f; echo sed -i x; grep -e -P f",
        "if sed --version >/dev/null 2>&1; then sed -i 's/a/b/' f; else sed -i '' 's/a/b/' f; fi",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for breach in script.breaches(is_usage) {
        breach.report_refused(script, &mut sink.with_fix(script.cure(breach)));
    }
}
