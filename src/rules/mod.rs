//! Every rule, one line each.

mod bash_feature_too_new;
mod missing_command;
mod suppression_without_reason;
mod unportable_option;
mod unreadable_script;

use crate::rule::Rule;

/// All rules, by article and name.
pub const RULES: &[&Rule] = &[
    &bash_feature_too_new::RULE,
    &missing_command::RULE,
    &unportable_option::RULE,
    &suppression_without_reason::RULE,
    &unreadable_script::RULE,
];

/// Looks a rule up by its name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
