//! `bash-feature-too-new`: bash that the oldest target does not know.

use crate::breach::{Lacking, shown_version};
use crate::facts::{Fact, Failure};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "bash-feature-too-new",
    article: 8,
    summary: "bash syntax, builtins, options or variables that the oldest target does not have",
    why: "\
macOS ships bash 3.2 and always will. A script that uses `${pids[-1]}` works on the machine it was written on and leaves an empty \
value on the next; the error handler that would clean up often uses the same feature and fails with it. Four things can happen, \
and the message says which: the shell stops at a syntax error before the line runs (a version test does not help, as the parser \
reads the line all the same), the script ends there, it goes on with a wrong value, or nothing is reported and the outcome differs.

Write what bash 3.2 knows too, test `BASH_VERSINFO` first where that helps, or raise `[targets] bash` in the policy for scripts that \
run on newer systems alone.",
    level: Level::Deny,
    bad: &[
        "pids=(1 2 3)\nwait \"${pids[-1]}\"",
        "declare -A count\ncount[a]=1",
        "make |& tee log",
        "if (( BASH_VERSINFO[0] >= 4 )); then make &>> log; fi",
    ],
    good: &[
        "pids=(1 2 3)\nwait \"${pids[${#pids[@]}-1]}\"",
        "echo '${pids[-1]}' # ${pids[-1]}",
        "if (( BASH_VERSINFO[0] >= 4 )); then declare -A count; fi",
        "make 2>&1 | tee log",
        "if [[ -n \"${ZSH_VERSION:-}\" ]]; then local -A count; fi",
        "if [[ -n \"${EPOCHREALTIME-}\" ]]; then echo \"$EPOCHREALTIME\"; fi",
        "if ((BASH_VERSINFO[0] < 4)); then BASHPID=$(sh -c 'echo $PPID'); fi\necho \"$BASHPID\"",
        "echo \"${list//,/$'\\n'}\"",
        "printf $\"QUILT(%s) is not Q(%s)\\n\" a b",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for breach in script.breaches(concerns) {
        let fact = breach.fact;
        let Some(Lacking::Bash(needed)) = breach.on.first() else { continue };
        let place = script.place(&breach.bytes);
        let snippet = crate::report::shown(script.text.get(breach.bytes.clone()).unwrap_or_default());
        let what = if fact.what.contains(&format!("`{snippet}`")) { fact.what.to_string() } else { format!("`{snippet}`: {}", fact.what) };
        let message = format!(
            "{what} needs bash {}, and the target is {}: {}",
            shown_version(*needed),
            shown_version(script.targets.bash),
            breach.effect()
        );
        let mut help = format!("{}.", fact.advice());
        if fact.fails == Failure::StopsAtParse {
            help.push_str(" A version test around it does not help: the shell reads the line all the same.");
        }
        breach.report(place, message, help, &mut sink.with_fix(script.cure(breach)));
    }
}

fn concerns(fact: &Fact) -> bool {
    fact.bash.is_some()
}
