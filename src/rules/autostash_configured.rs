//! A configuration in which rebase or merge put uncommitted changes aside by themselves.

use crate::checkup::Checkup;
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::{shell_quote, shown};
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "autostash-configured",
    article: 3,
    summary: "`rebase.autoStash` or `merge.autoStash` is on here",
    why: "With it every `git pull` on a dirty checkout takes the fleet's uncommitted files away and puts stale copies back over what the fleet \
has written since, without anybody having asked for a stash. `gnp-lint install` sets both to false in the repository, which beats a person's own \
configuration; a worktree's own configuration, or a value that was set here on purpose, beats that.\n\nAn autostash over fleet paths is refused \
all the same (`autostash-over-fleet`); without the setting it is not even tried.",
    level: Level::Warn,
    bad: &["git config rebase.autoStash true", "git config extensions.worktreeConfig true && git config --worktree merge.autoStash yes"],
    good: &["git config --global rebase.autoStash true", "git config rebase.autoStash off"],
    check: Check::Repository(check),
};

fn check(checkup: &Checkup, _: &Policy, sink: &mut Sink<'_>) {
    for setting in &checkup.autostashes {
        let key = &setting.key;
        let checkout = setting.checkout.to_string_lossy();
        let message = format!("`{key}` is on in `{}` ({})", shown(&checkout), shown(&setting.scope));
        let git = format!("git -C {} config", shell_quote(&checkout));
        let command = match setting.scope.as_str() {
            "command" => "unset GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS".to_owned(),
            "worktree" => format!("{git} --worktree {key} false"),
            _ => format!("{git} --local {key} false"),
        };
        sink.report(Place::default(), message, format!("turn it off\n    {command}"));
    }
}
