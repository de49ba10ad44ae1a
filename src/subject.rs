//! A script under the eyes of the rules: what several of them ask about it is found once, when the first asks.

use std::cell::OnceCell;
use std::ops::Deref;

use crate::breach::{Breach, breaches};
use crate::facts::Fact;
use crate::finding::Fix;
use crate::fix::Cures;
use crate::protocol::calls::Calls;
use crate::protocol::launches::{self, Launch};
use crate::protocol::{mentions, worktrees};
use crate::shell::Script;
use crate::shell::course::Course;

/// A script, and what rules share about it.
#[derive(Debug)]
pub struct Subject<'s> {
    script: &'s Script,
    breaches: OnceCell<Vec<Breach<'s>>>,
    cures: Cures<'s>,
    calls: OnceCell<Calls<'s>>,
    launches: OnceCell<Vec<Launch>>,
    worktrees: OnceCell<Option<&'s Course>>,
    git: OnceCell<bool>,
}

impl<'s> Subject<'s> {
    /// A script that nothing was asked about yet.
    pub fn of(script: &'s Script) -> Self {
        Self {
            script,
            breaches: OnceCell::new(),
            cures: Cures::of(script),
            calls: OnceCell::new(),
            launches: OnceCell::new(),
            worktrees: OnceCell::new(),
            git: OnceCell::new(),
        }
    }

    /// What it uses that one of its targets lacks, by the facts that a rule is about.
    pub fn breaches(&self, concerns: fn(&Fact) -> bool) -> impl Iterator<Item = &Breach<'s>> {
        let all = self.breaches.get_or_init(|| breaches(self.script));
        all.iter().filter(move |breach| concerns(breach.fact))
    }

    /// The change that cures a breach.
    pub fn cure(&self, breach: &Breach<'_>) -> Option<Fix> {
        self.cures.cure(breach)
    }

    /// Its calls of git; the script is followed for them.
    pub fn calls(&self) -> &Calls<'s> {
        self.calls.get_or_init(|| Calls::of(self.script))
    }

    /// The jobs that it starts side by side; it is followed for them where it may start any.
    pub fn launches(&self) -> &[Launch] {
        self.launches.get_or_init(|| if launches::may_launch(self.script) { launches::launches(self.script) } else { Vec::new() })
    }

    /// What it does, where it may add worktrees; none where other files may do the rest.
    pub fn worktrees(&self) -> Option<&'s Course> {
        *self.worktrees.get_or_init(|| if self.mentions_git() { worktrees::followed(self.script) } else { None })
    }

    /// Whether git is named in it at all; cheap.
    pub fn mentions_git(&self) -> bool {
        *self.git.get_or_init(|| mentions(&self.script.text, "git"))
    }
}

impl Deref for Subject<'_> {
    type Target = Script;

    fn deref(&self) -> &Script {
        self.script
    }
}
