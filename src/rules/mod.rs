//! Every rule, one line each.

use crate::rule::Rule;

/// All rules, by article and name.
pub const RULES: &[&Rule] = &[];

/// Looks a rule up by its name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
