//! Names of rules that a policy may already speak of, although no version of this program has them yet.

/// The rules that are to come, by article. A rule that comes leaves this list.
pub const PLANNED: &[&str] = &[
    "branch-without-worktree",
    "stash-in-script",
    "autostash-in-script",
    "pull-rebase-in-script",
    "side-picked-on-state",
    "add-everything",
    "discard-in-script",
    "unhandled-rebase",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_either_there_or_planned() {
        let both: Vec<_> = super::super::RULES.iter().map(|rule| rule.name).filter(|name| PLANNED.contains(name)).collect();
        assert!(both.is_empty(), "remove these from `PLANNED`, they are there now: {both:?}");
        let mut names: Vec<_> = super::super::names().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), super::super::names().count(), "a name stands there twice");
    }
}
