//! Every rule, one line each.

use crate::rule::Rule;

mod add_everything;
mod autostash_configured;
mod autostash_in_script;
mod autostash_over_fleet;
mod bash_feature_too_new;
mod bashism_in_sh;
mod brace_range;
mod branch_in_primary_checkout;
mod branch_without_worktree;
mod bypassed_hooks;
mod canonical_file_removed;
mod canonical_state_commit;
mod canonical_state_in_worktree;
mod cleanup_of_another_name;
mod collapsed_counter;
mod conflict_marker;
mod delta_overwritten;
mod discard_in_script;
mod duplicate_key;
mod emptied_collection;
mod empty_array_under_nounset;
mod force_push_to_protected;
mod incomplete_cleanup;
mod invalid_json;
mod invalid_policy;
mod malformed_delta;
mod misnamed_stream_branch;
mod missing_command;
mod missing_delta;
mod missing_fallback_delta;
mod mixed_commit;
mod orphaned_worktree;
mod policy_loosened;
mod protected_branch_removed;
mod pull_rebase_in_script;
#[cfg(test)]
mod sample;
mod second_commit_on_main;
mod short_stagger;
mod shrunk_collection;
mod side_picked_on_state;
mod stale_revert;
mod stash_in_script;
mod stash_over_fleet;
mod state_write_in_script;
mod suppression_without_reason;
mod tree_touching_hook_manager;
mod uncarried_file;
mod unhandled_rebase;
mod unportable_option;
mod unportable_pattern;
mod unreadable_script;
mod unstaggered_launch;
mod worktree_without_trap;
mod write_before_worktree;

/// All rules, by article and name.
pub const RULES: &[&Rule] = &[
    &bypassed_hooks::RULE,
    &invalid_policy::RULE,
    &policy_loosened::RULE,
    &suppression_without_reason::RULE,
    &unreadable_script::RULE,
    &branch_in_primary_checkout::RULE,
    &branch_without_worktree::RULE,
    &force_push_to_protected::RULE,
    &misnamed_stream_branch::RULE,
    &mixed_commit::RULE,
    &protected_branch_removed::RULE,
    &second_commit_on_main::RULE,
    &cleanup_of_another_name::RULE,
    &incomplete_cleanup::RULE,
    &orphaned_worktree::RULE,
    &worktree_without_trap::RULE,
    &add_everything::RULE,
    &autostash_configured::RULE,
    &autostash_in_script::RULE,
    &autostash_over_fleet::RULE,
    &discard_in_script::RULE,
    &pull_rebase_in_script::RULE,
    &side_picked_on_state::RULE,
    &stash_in_script::RULE,
    &stash_over_fleet::RULE,
    &tree_touching_hook_manager::RULE,
    &unhandled_rebase::RULE,
    &uncarried_file::RULE,
    &write_before_worktree::RULE,
    &short_stagger::RULE,
    &unstaggered_launch::RULE,
    &canonical_file_removed::RULE,
    &canonical_state_commit::RULE,
    &canonical_state_in_worktree::RULE,
    &collapsed_counter::RULE,
    &conflict_marker::RULE,
    &delta_overwritten::RULE,
    &duplicate_key::RULE,
    &emptied_collection::RULE,
    &invalid_json::RULE,
    &malformed_delta::RULE,
    &shrunk_collection::RULE,
    &stale_revert::RULE,
    &state_write_in_script::RULE,
    &missing_delta::RULE,
    &missing_fallback_delta::RULE,
    &bash_feature_too_new::RULE,
    &bashism_in_sh::RULE,
    &brace_range::RULE,
    &empty_array_under_nounset::RULE,
    &missing_command::RULE,
    &unportable_option::RULE,
    &unportable_pattern::RULE,
];

/// Rules about lost state, the gravest first: of one path only the first that applies is reported.
pub const LOSSES: &[&str] = &[
    "canonical-file-removed",
    "conflict-marker",
    "invalid-json",
    "duplicate-key",
    "emptied-collection",
    "shrunk-collection",
    "collapsed-counter",
    "stale-revert",
];

/// Rules that ask who made a change: what they say hangs on the subject, which is known after everything else has been judged.
pub const ABOUT_WRITERS: &[&str] =
    &["canonical-state-commit", "canonical-state-in-worktree", "delta-overwritten", "missing-delta", "policy-loosened"];

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
    RULES.iter().map(|rule| rule.name)
}
