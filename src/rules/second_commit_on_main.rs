//! A second unpushed commit in a row on a protected branch by someone who is not a writer.

use crate::change::{After, Change};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "second-commit-on-main",
    article: 1,
    summary: "a second unpushed commit in a row on a protected branch, by someone who is not a writer",
    why: "One small commit that is pushed at once does no harm. Work of several commits belongs into a worktree: on the shared branch the \
fleet's commits come in between, the push is refused, and the pull that follows rebases or merges over uncommitted state.",
    level: Level::Warn,
    // A writer that only its environment tells could have made the first one; this policy knows its writer by author.
    bad: &["printf '[[writer]]\\nname = \"bot\"\\nauthor = [\"bot@example.org\"]\\n' > gnp.toml\n\
         git add gnp.toml && fleet git commit -qm 'set policy'\n\
         git init -q --bare ../up.git && git remote add origin ../up.git && git push -q -u origin main\n\
         echo one > one && git add one && git commit -qm one\necho two > two && git add two && git commit -qm two"],
    good: &[
        "git init -q --bare ../up.git && git remote add origin ../up.git && git push -q -u origin main\n\
         echo one > one && git add one && git commit -qm one && git commit -q --amend -m 'one, said better'",
        "git init -q --bare ../up.git && git remote add origin ../up.git && git push -q -u origin main\n\
         echo one > one && git add one && git commit -qm one && git push -q\necho two > two && git add two && git commit -qm two",
        "git init -q --bare ../up.git && git remote add origin ../up.git && git push -q -u origin main\n\
         fleet git commit -q --allow-empty -m sync && echo two > two && git add two && git commit -qm two",
        // No upstream is known.
        "echo one > one && git add one && git commit -qm one\necho two > two && git add two && git commit -qm two",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, _: &Policy, sink: &mut Sink<'_>) {
    if !change.protected || !matches!(change.after, After::Commit(_)) {
        return;
    }
    if let Some(before) = change.authors.stranger_before() {
        let name = change.reference.as_deref().map_or("HEAD", |name| name.trim_start_matches("refs/heads/"));
        let subject = before.subject.as_deref().unwrap_or_default();
        let message = format!("a second commit on `{}` while \"{}\" is not pushed yet", shown(name), shown(subject));
        let help = "push now; do work of more than one commit in a worktree\n    git push\n    git worktree add -b BRANCH ../BRANCH";
        sink.report(change.locate(Place::default()), message, help);
    }
}
