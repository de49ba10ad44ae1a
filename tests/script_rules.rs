//! The examples of script rules are linted; guards, wrappers and suppressions do what they promise.

mod script_support;

use gnp_lint::rule::{Check, Level};
use gnp_lint::rules::RULES;
use script_support::{findings, told};

#[test]
fn bad_examples_are_found_and_good_ones_are_clean() {
    let mut wrong = Vec::new();
    for rule in RULES.iter().filter(|rule| matches!(rule.check, Check::Script(_))) {
        for bad in rule.bad {
            let found = findings(bad);
            if !found.iter().any(|finding| finding.rule == rule.name) {
                wrong.push(format!("{}: nothing found in `{bad}`: {:?}", rule.name, told(&found)));
            }
            if rule.level == Level::Deny && found.iter().any(|finding| finding.level == Level::Deny && finding.rule != rule.name) {
                wrong.push(format!("{}: other rules deny `{bad}`: {:?}", rule.name, told(&found)));
            }
        }
        for good in rule.good {
            let found = findings(good);
            if !found.is_empty() {
                wrong.push(format!("{}: `{good}` is not clean: {:?}", rule.name, told(&found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
