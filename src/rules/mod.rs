//! Every rule, one line each.

use crate::rule::Rule;

mod autostash_over_fleet;
mod bash_feature_too_new;
mod bashism_in_sh;
mod brace_range;
mod branch_in_primary_checkout;
mod canonical_state_commit;
mod conflict_marker;
mod emptied_collection;
mod empty_array_under_nounset;
mod invalid_json;
mod invalid_policy;
mod missing_command;
mod planned;
mod policy_loosened;
mod protected_branch_removed;
#[cfg(test)]
mod sample;
mod second_commit_on_main;
mod stash_over_fleet;
mod suppression_without_reason;
mod uncarried_file;
mod unportable_option;
mod unportable_pattern;
mod unreadable_script;

pub use planned::PLANNED;

/// All rules, by article and name.
pub const RULES: &[&Rule] = &[
    &invalid_policy::RULE,
    &policy_loosened::RULE,
    &suppression_without_reason::RULE,
    &unreadable_script::RULE,
    &branch_in_primary_checkout::RULE,
    &protected_branch_removed::RULE,
    &second_commit_on_main::RULE,
    &autostash_over_fleet::RULE,
    &stash_over_fleet::RULE,
    &uncarried_file::RULE,
    &canonical_state_commit::RULE,
    &conflict_marker::RULE,
    &emptied_collection::RULE,
    &invalid_json::RULE,
    &bash_feature_too_new::RULE,
    &bashism_in_sh::RULE,
    &brace_range::RULE,
    &empty_array_under_nounset::RULE,
    &missing_command::RULE,
    &unportable_option::RULE,
    &unportable_pattern::RULE,
];

/// Rules about lost state, the gravest first: of one path only the first that applies is reported.
pub const LOSSES: &[&str] = &["conflict-marker", "invalid-json", "emptied-collection"];

/// Looks a rule up by its name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// Whether a policy may speak of a rule of this name.
pub fn known(name: &str) -> bool {
    names().any(|known| known == name)
}

/// Every name of a rule that a policy may speak of.
pub fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name).chain(PLANNED.iter().copied())
}
