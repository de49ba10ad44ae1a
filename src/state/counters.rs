//! Old text against new text → the numbers that collapsed.

use super::census::{Census, Holds};
use super::compare::Pairs;
use super::terms::Terms;

/// A number that fell so far that it was rather overwritten than counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Collapse {
    /// Its JSON pointer; empty for the whole document.
    pub pointer: String,
    /// What it was.
    pub before: f64,
    /// What it is.
    pub after: f64,
}

/// From which size on a number is looked at.
const FROM: f64 = 100.0;

/// What must be left of it, at least.
const LEFT: f64 = 0.15;

/// The numbers at the root and its members that have collapsed, and deeper ones that the policy calls counters.
pub fn collapsed(old: &Census, new: &Census, terms: &Terms<'_>) -> Vec<Collapse> {
    let mut pairs = Pairs::new(old, new);
    let mut found = Vec::new();
    for place in old.places() {
        let Some(counterpart) = pairs.of(place) else { continue };
        let Some(now) = counterpart.index.map(|index| new.place(index)) else { continue };
        match (place.holds(), now.holds()) {
            (Holds::Entries(kind, _), Holds::Entries(same, _)) if kind == same => pairs.still_there(place, counterpart),
            (Holds::Number(before), Holds::Number(after)) if before >= FROM && after <= before * LEFT => {
                let pointer = place.pointer();
                let counts = match terms.nearest(&pointer, |entry| entry.counter) {
                    Some((closeness, counter)) => counter && (closeness > 0 || place.level() <= 1),
                    None => place.level() <= 1,
                };
                if counts {
                    found.push(Collapse { pointer, before, after });
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;
    use crate::policy::Collection;
    use crate::state::sample::compared;

    fn told(old: &str, new: &str, counters: &[(&str, bool)]) -> Vec<String> {
        let entry = |&(pointer, counter): &(&str, bool)| {
            let (path, reason) = (Pattern::new("state/*.json").unwrap(), "a test".to_owned());
            let pointer = Some(pointer.to_owned());
            Collection { path, pointer, drains: false, min: None, at: None, caps: None, counter: Some(counter), reason }
        };
        let entries: Vec<Collection> = counters.iter().map(entry).collect();
        let terms = Terms { depth: 1, min: 0, entries: entries.iter().collect() };
        compared(old, new, 2, |old, new| collapsed(old.census, new.census, &terms)).into_iter().map(|found| found.pointer).collect()
    }

    #[test]
    fn a_fall_by_85_percent_from_100_counts() {
        let one = |old: &str, new: &str| told(&format!("{{\"n\": {old}}}"), &format!("{{\"n\": {new}}}"), &[]).len();
        for (old, new) in [("100", "15"), ("2193", "0"), ("1e6", "12.5"), ("4000", "-4000")] {
            assert_eq!(one(old, new), 1, "{old} → {new}");
        }
        for (old, new) in [("99", "0"), ("100", "15.1"), ("-4000", "0"), ("100", "null"), ("100", "\"0\""), ("0", "100")] {
            assert_eq!(one(old, new), 0, "{old} → {new}");
        }
        assert_eq!(told("2193", "7", &[]), [""]);
    }

    #[test]
    fn depth_and_policy_say_which_numbers_are_counters() {
        let deep = |n: u32| format!("{{\"stats\": {{\"posts\": {n}}}, \"energy\": {n}, \"total\": {n}}}");
        assert_eq!(told(&deep(1000), &deep(1), &[]), ["/energy", "/total"]);
        assert_eq!(told(&deep(1000), &deep(1), &[("/energy", false), ("/stats/posts", true)]), ["/stats/posts", "/total"]);
        assert_eq!(told(&deep(1000), &deep(1), &[("/*", false)]), [""; 0]);
    }
}
