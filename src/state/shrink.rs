//! Old text against new text → the collections that lost much, but not all.

use std::collections::HashSet;

use super::Side;
use super::census::{Holds, Place};
use super::compare::{Moves, Pairs, identity};
use super::read::Kind;
use super::terms::Terms;

/// A collection that lost a good part of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// Its JSON pointer; empty for the whole document.
    pub pointer: String,
    /// How many entries it had.
    pub entries: u64,
    /// How many it has.
    pub left: u64,
    /// A few of the keys that are gone, in the order of the text; none for an array.
    pub keys: Vec<String>,
}

/// The share of its entries, in percent, that a collection must lose where no entry of the policy says otherwise.
const AT: u8 = 50;

/// The collections of an old text that have lost a good part in a new one, though not all.
pub fn shrunk(old: &Side<'_>, new: &Side<'_>, terms: &Terms<'_>) -> Vec<Shrunk> {
    let mut pairs = Pairs::new(old.census, new.census);
    let mut found = Vec::new();
    for place in old.census.places() {
        let Holds::Entries(kind, entries) = place.holds() else { continue };
        let Some(counterpart) = pairs.of(place) else { continue };
        let Some(now) = counterpart.index.map(|index| new.census.place(index)) else { continue };
        let Holds::Entries(same, left) = now.holds() else { continue };
        if same != kind {
            continue;
        }
        pairs.still_there(place, counterpart);
        if counts(place, entries, left, terms) {
            found.push((place, now, kind, entries, left));
        }
    }
    let depth = found.iter().map(|(place, ..)| place.level()).fold(1, usize::max) + 1;
    let mut moves = Moves::new(old, new, depth);
    let told = found.into_iter().filter_map(|(place, now, kind, entries, left)| {
        let kept = new.identities(now, kind);
        let gone: HashSet<u64> = old.identities(place, kind).difference(&kept).copied().collect();
        // Entries that went to another list are not lost. Of an array that keeps nothing of the old, nothing can be said about moves.
        if !gone.is_empty() && moves.took_in(&gone, kind, gone.len() as u64) {
            return None;
        }
        let keys = if kind == Kind::Object { old.names(place, |key| gone.contains(&identity(key))) } else { Vec::new() };
        Some(Shrunk { pointer: place.pointer(), entries, left, keys })
    });
    told.collect()
}

/// Whether the policy lets a loss count: large enough a collection, large enough a share, and less left than it is kept at.
fn counts(place: Place<'_>, entries: u64, left: u64, terms: &Terms<'_>) -> bool {
    if left == 0 || left >= entries {
        return false;
    }
    let pointer = place.pointer();
    let at = terms.nearest(&pointer, |entry| entry.at);
    let named = at.is_some_and(|(closeness, _)| closeness > 0);
    let Some(min) = terms.from(place).or_else(|| (named && !terms.drains(&pointer)).then_some(terms.min)) else { return false };
    let at = at.map_or(AT, |(_, at)| at);
    let capped = terms.nearest(&pointer, |entry| entry.caps).is_some_and(|(_, caps)| left >= caps);
    entries >= min && (entries - left).saturating_mul(100) >= entries.saturating_mul(at.into()) && !capped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;
    use crate::policy::Collection;
    use crate::state::sample::compared;

    fn list(name: &str, entries: std::ops::Range<u32>) -> String {
        format!("\"{name}\": [{}]", entries.map(|number| number.to_string()).collect::<Vec<_>>().join(", "))
    }

    fn told(old: &str, new: &str, entries: &[Collection]) -> Vec<(String, u64, u64)> {
        let terms = Terms { depth: 1, min: 10, entries: entries.iter().collect() };
        let found = compared(old, new, 2, |old, new| shrunk(old, new, &terms));
        found.into_iter().map(|shrunk| (shrunk.pointer, shrunk.entries, shrunk.left)).collect()
    }

    fn entry(pointer: &str) -> Collection {
        let (path, reason) = (Pattern::new("state/*.json").unwrap(), "a test".to_owned());
        Collection { path, pointer: Some(pointer.to_owned()), drains: false, min: None, at: None, caps: None, counter: None, reason }
    }

    #[test]
    fn half_of_ten_counts_and_less_does_not() {
        let one = |entries| format!("{{{}}}", list("posts", entries));
        let lost = |before, left| told(&one(0..before), &one(0..left), &[]);
        assert_eq!(lost(10, 5), [("/posts".to_owned(), 10, 5)]);
        assert_eq!(lost(136, 68), [("/posts".to_owned(), 136, 68)]);
        for (before, left) in [(10, 6), (9, 1), (10, 0), (10, 10), (5, 20)] {
            assert_eq!(lost(before, left), [], "{before} → {left}");
        }
    }

    #[test]
    fn what_went_to_another_list_is_not_lost() {
        let two = |pending, done| format!("{{{}, {}}}", list("pending", pending), list("done", done));
        assert_eq!(told(&two(0..20, 50..52), &two(15..20, 0..15), &[]), []);
        assert_eq!(told(&two(0..20, 50..52), &two(15..20, 0..14), &[]).len(), 1);
        let nested = |pending, done| format!("{{{}, \"old\": {{{}}}}}", list("pending", pending), list("done", done));
        assert_eq!(told(&nested(0..20, 0..0), &nested(18..20, 0..18), &[]), []);
    }

    #[test]
    fn the_policy_says_what_a_collection_may_lose() {
        let one = |entries| format!("{{{}}}", list("posts", entries));
        let lost = |before, left, entry| told(&one(0..before), &one(0..left), &[entry]).len();
        assert_eq!(lost(20, 1, Collection { drains: true, ..entry("/posts") }), 0);
        assert_eq!(lost(250, 100, Collection { caps: Some(100), ..entry("/posts") }), 0);
        assert_eq!(lost(250, 99, Collection { caps: Some(100), ..entry("/*") }), 1);
        assert_eq!(lost(20, 5, Collection { at: Some(80), ..entry("/posts") }), 0);
        assert_eq!(lost(20, 17, Collection { at: Some(15), ..entry("/posts") }), 1);
        assert_eq!(lost(20, 5, Collection { min: Some(30), ..entry("/posts") }), 0);
        assert_eq!(lost(4, 2, Collection { min: Some(4), ..entry("/posts") }), 1);
        let deep = |entries| format!("{{\"a\": {{{}}}}}", list("b", entries));
        assert_eq!(told(&deep(0..20), &deep(0..2), &[]), []);
        assert_eq!(told(&deep(0..20), &deep(0..2), &[Collection { at: Some(50), ..entry("/a/b") }]).len(), 1);
    }

    #[test]
    fn keys_that_are_gone_are_named() {
        let object = |from: u32| format!("{{{}}}", (from..20).map(|n| format!("\"k{n}\": {n}")).collect::<Vec<_>>().join(","));
        let terms = Terms { depth: 1, min: 10, entries: Vec::new() };
        let found = compared(&object(0), &object(15), 1, |old, new| shrunk(old, new, &terms));
        assert_eq!(found[0].keys, ["k0", "k1", "k2", "k3", "k4"]);
    }
}
