//! Who acts: a writer of the policy, a stranger, or somebody of whom too little is known yet.

use std::fmt;
use std::iter::once_with;

use super::{Policy, Writer};

/// The name of a variable → its value, where it is set.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What is known of the one who acts. What is not known at a door is `None`: the environment after the fact, the subject before the message.
#[derive(Clone, Copy, Default)]
pub struct Actor<'a> {
    /// Looks a variable of the act's environment up.
    pub env: Option<&'a Environment<'a>>,
    /// The author's e-mail.
    pub author_email: Option<&'a str>,
    /// The first line of the message.
    pub subject: Option<&'a str>,
}

impl fmt::Debug for Actor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor")
            .field("env", &self.env.is_some())
            .field("author_email", &self.author_email)
            .field("subject", &self.subject)
            .finish()
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub enum Who<'p> {
    /// All conditions of this writer hold.
    Writer(&'p Writer),
    /// No writer can match, whatever else comes to be known.
    Stranger,
    /// Some writer could still match, once what is not known yet is known.
    Unknown,
}

impl Policy {
    /// Who acts; the first writer that matches.
    pub fn writer(&self, actor: &Actor<'_>) -> Who<'_> {
        let mut open = false;
        for writer in &self.writers {
            match writer.matches(actor) {
                Some(true) => return Who::Writer(writer),
                Some(false) => {}
                None => open = true,
            }
        }
        if open { Who::Unknown } else { Who::Stranger }
    }
}

impl Policy {
    /// The writer who acts, if all conditions of one hold whom the policy lets force-push protected branches.
    pub fn forcing_writer(&self, actor: &Actor<'_>) -> Option<&Writer> {
        self.writers.iter().find(|writer| writer.force_push && writer.matches(actor) == Some(true))
    }
}

impl Writer {
    /// Whether all conditions hold; `None` if that hangs on what is not known.
    fn matches(&self, actor: &Actor<'_>) -> Option<bool> {
        if self.env.is_empty() && self.author.0.is_empty() && self.subject.is_empty() {
            // It would be everybody. Reading a policy refuses it, except where a newer version knows its conditions.
            return Some(false);
        }
        let variables = self.env.iter().map(|(name, value)| actor.env.map(|env| env(name).as_deref() == Some(value)));
        let author = once_with(|| {
            if self.author.0.is_empty() {
                return Some(true);
            }
            actor.author_email.map(|email| self.author.matches(email))
        });
        // Last, because regular expressions are compiled here.
        let subject = once_with(|| {
            if self.subject.is_empty() {
                return Some(true);
            }
            actor.subject.map(|text| self.subject.iter().any(|regex| regex.matches(text)))
        });
        let mut all = Some(true);
        for condition in variables.chain(author).chain(subject) {
            match condition {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Strictness;

    fn policy() -> Policy {
        let text = r"
            [[writer]]
            name = 'engine'
            env = { GNP_WRITER = 'merge-engine' }

            [[writer]]
            name = 'sync'
            author = ['*-bot@users.noreply.github.com', 'fleet@example.com']
            subject = ['^chore: sync', '^chore: watchdog']
        ";
        Policy::read(text, "gnp.toml", Strictness::Strict).unwrap().0
    }

    fn name<'p>(policy: &'p Policy, actor: &Actor<'_>) -> &'p str {
        match policy.writer(actor) {
            Who::Writer(writer) => &writer.name,
            Who::Stranger => "stranger",
            Who::Unknown => "unknown",
        }
    }

    #[test]
    fn all_conditions_hold_or_nobody_is_a_writer() {
        let policy = policy();
        let none = |_: &str| None;
        let engine = |name: &str| (name == "GNP_WRITER").then(|| "merge-engine".to_owned());
        let other = |name: &str| (name == "GNP_WRITER").then(|| "merge-engine2".to_owned());
        let (bot, me) = (Some("sim-bot@users.noreply.github.com"), Some("me@example.com"));
        let (sync, fix) = (Some("chore: watchdog 12"), Some("fix: sync"));

        assert_eq!(name(&policy, &Actor { env: Some(&engine), ..Actor::default() }), "engine");
        assert_eq!(name(&policy, &Actor { env: Some(&other), author_email: me, subject: None }), "stranger");
        assert_eq!(name(&policy, &Actor { env: Some(&none), author_email: bot, subject: sync }), "sync");
        assert_eq!(name(&policy, &Actor { env: Some(&none), author_email: bot, subject: fix }), "stranger");
        assert_eq!(name(&policy, &Actor { env: Some(&none), author_email: me, subject: sync }), "stranger");
    }

    #[test]
    fn what_is_not_known_yet_leaves_the_question_open() {
        let policy = policy();
        let none = |_: &str| None;
        let bot = Some("fleet@example.com");
        assert_eq!(name(&policy, &Actor { env: Some(&none), author_email: bot, subject: None }), "unknown");
        assert_eq!(name(&policy, &Actor { env: Some(&none), author_email: Some("x@example.com"), subject: None }), "stranger");
        assert_eq!(name(&policy, &Actor { env: None, author_email: Some("x@example.com"), subject: Some("fix") }), "unknown");
        assert_eq!(name(&policy, &Actor { env: None, author_email: bot, subject: Some("chore: sync") }), "sync");
        assert_eq!(name(&Policy { writers: Vec::new(), ..policy }, &Actor::default()), "stranger");
    }
}
