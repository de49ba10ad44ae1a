//! Which of the features that a script's statements show are uses of its own.

use foldhash::{HashMap, HashMapExt};

use super::arrays::RIGHT_SINCE;
use super::flow::Flow;
use super::guard::Guard;
use super::survey::is_test;
use super::tree::{FeatureUse, Statement};
use super::{Dialect, Feature, Occurrence};

impl Flow<'_> {
    /// Keeps the features of a statement that its shell may lack, and array expansions where it is sure to have no trouble with empty ones.
    pub(super) fn keep_features(&mut self, statement: &Statement) {
        // A text that is run with its complaints thrown away asks what the shell can do, and so does a condition of `sh`.
        let asks = self.nested > 0 || (self.asking > 0 && self.dialect == Dialect::Sh);
        if self.rehearsing > 0 || (asks && self.quiet) {
            return;
        }
        if !is_test(statement) {
            self.used.extend(statement.features.iter().map(|it| it.feature).filter(|feature| feature.variable().is_some()));
        }
        for it in &statement.features {
            let may_lack = match self.dialect {
                Dialect::Bash => !it.feature.is_old() || (it.feature == Feature::ArrayExpansion && self.knows_empty_arrays()),
                Dialect::Sh => true,
                _ => false,
            };
            if may_lack && !self.is_of_outer(it) {
                let (feature, bytes, asked) = (it.feature, it.bytes.clone(), it.asked);
                self.occurrences.push(Occurrence { feature, bytes, guards: self.here, dialect: self.dialect, asked });
            }
        }
    }

    /// Whether the shell outside makes an expansion in the text that is run: its dollar is not protected from it.
    fn is_of_outer(&self, it: &FeatureUse) -> bool {
        self.expanded && it.feature.is_expansion() && !self.script.as_bytes()[..it.bytes.start].ends_with(b"\\")
    }

    /// Whether bash is known to be one to which an empty array is no unset variable.
    fn knows_empty_arrays(&self) -> bool {
        let knows = |guard: &Guard| matches!(guard, Guard::Bash(version) if *version >= RIGHT_SINCE);
        self.asks_for_version && self.guards.at(self.here).any(knows)
    }

    /// Drops, at the end of the walk, the variables of bash for whose lack the script provides.
    pub(super) fn settle_variables(&mut self) {
        let mut occurrences = std::mem::take(&mut self.occurrences);
        let mut given: HashMap<&str, bool> = HashMap::new();
        occurrences.retain(|it| {
            let Some(name) = it.feature.variable() else { return true };
            // Who asks for it and goes on to use it has seen to both ways.
            let is_probe = it.asked && self.used.contains(&it.feature);
            !is_probe && !self.is_asked_later(it) && !*given.entry(name).or_insert_with(|| self.is_given(name))
        });
        self.occurrences = occurrences;
    }

    /// `now=$EPOCHSECONDS; [ -n "$now" ] || now=…`: whether it goes into a variable that the script asks for content.
    fn is_asked_later(&self, it: &Occurrence) -> bool {
        let before = self.script[..it.bytes.start].trim_end_matches('"').strip_suffix('=').unwrap_or_default();
        let name = before.rsplit(|char: char| !char.is_ascii_alphanumeric() && char != '_').next().unwrap_or_default();
        let asks = |operator: &str| {
            let variables = [format!("${name}"), format!("${{{name}}}")];
            variables
                .iter()
                .any(|it| [format!("{operator} {it}"), format!("{operator} \"{it}\"")].iter().any(|test| self.script.contains(test)))
        };
        !name.is_empty() && ["-n", "-z"].into_iter().any(asks)
    }
}
