//! Every rule, one line each.

use crate::rule::Rule;

mod conflict_marker;
mod emptied_collection;
mod invalid_json;
#[cfg(test)]
mod sample;

/// All rules, by article and name.
pub const RULES: &[&Rule] = &[&conflict_marker::RULE, &emptied_collection::RULE, &invalid_json::RULE];

/// Looks a rule up by its name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
