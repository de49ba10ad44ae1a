//! Every rule, one line each.

mod planned;

pub use planned::PLANNED;

use crate::rule::Rule;

/// All rules, by article and name.
pub const RULES: &[&Rule] = &[];

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
