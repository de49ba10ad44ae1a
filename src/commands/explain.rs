//! `gnp-lint explain [WHAT]`: what a rule is for, or what is known of something that scripts use, in a terminal.

mod facts;
mod template;

use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};

use super::{Exit, Streams, article, nearest};
use crate::articles::{ARTICLES, Article, find};
use crate::cli::ExplainArgs;
use crate::report::{shell_quote, shown};
use crate::rule::{Check, Level, Rule};
use crate::rules::RULES;

/// Columns of a terminal that nobody has widened.
const WIDTH: usize = 80;

/// Explains one rule, article or fact, or lists all rules.
///
/// # Errors
/// Nothing is known of the word; standard output cannot be written to.
pub fn run(args: &ExplainArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let paint = Paint(streams.out_color);
    let text = args.about.join(" ");
    let word = text.trim();
    if word.is_empty() {
        list(streams.out, RULES, paint)?;
    } else if let Some(article) = article(&word.to_ascii_lowercase().replacen(' ', "-", 1)).and_then(find) {
        one_article(streams.out, article, RULES, paint)?;
        shown_by_template(streams.out, article, paint)?;
    } else if let Some(rule) = crate::rules::find(word) {
        one_rule(streams.out, rule, paint)?;
    } else {
        fact(streams.out, word, paint)?;
    }
    Ok(Exit::Clean)
}

/// What is known of something that a script uses.
fn fact(out: &mut dyn Write, word: &str, paint: Paint) -> anyhow::Result<()> {
    let found = facts::meant(word);
    let command = word.split_whitespace().next().unwrap_or_default();
    if !found.is_empty() {
        facts::print(out, &found, paint)?;
    } else if facts::is_command(command) {
        facts::nothing(out, word, command)?;
    } else {
        let known = RULES.iter().map(|rule| rule.name).chain(facts::names());
        let hint = match nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`gnp-lint explain` lists the rules, and no fact is about it".to_owned(),
        };
        anyhow::bail!("`{}` is not a rule; {hint}", shown(word));
    }
    Ok(())
}

/// Whether text is coloured, and how.
#[derive(Debug, Clone, Copy)]
pub struct Paint(pub bool);

impl Paint {
    fn style(self, style: Style) -> Style {
        if self.0 { style } else { Style::new() }
    }

    fn strong(self, text: &str) -> String {
        text.style(self.style(Style::new().bold())).to_string()
    }

    fn level(self, level: Level) -> String {
        let style = match level {
            Level::Deny => Style::new().bright_red(),
            Level::Warn => Style::new().yellow(),
            Level::Allow => Style::new().dimmed(),
        };
        format!("{:<5}", level.word()).style(self.style(style)).to_string()
    }

    fn heading(self, text: &str) -> String {
        text.style(self.style(Style::new().cyan().bold())).to_string()
    }
}

/// All rules by article.
///
/// # Errors
/// The stream cannot be written to.
pub fn list(out: &mut dyn Write, rules: &[&Rule], paint: Paint) -> io::Result<()> {
    for article in ARTICLES {
        writeln!(out, "{}", paint.strong(&headline(article)))?;
        table(out, &of(article, rules), paint)?;
        writeln!(out)?;
    }
    writeln!(
        out,
        "More: gnp-lint explain RULE, article-N, or what a script uses, such as
`timeout`, `sed -i`, `mapfile`. The levels hold without a policy."
    )
}

/// One article with its rules.
///
/// # Errors
/// The stream cannot be written to.
pub fn one_article(out: &mut dyn Write, article: &Article, rules: &[&Rule], paint: Paint) -> io::Result<()> {
    writeln!(out, "{}\n\n{}\n", paint.strong(&headline(article)), wrap(article.text, 0))?;
    writeln!(out, "{}\n{}\n", paint.heading("What happened"), wrap(article.incident, 2))?;
    writeln!(out, "{}", paint.heading("Rules"))?;
    table(out, &of(article, rules), paint)
}

/// How the orchestrator to start from obeys an article; nothing for the law itself, which scripts cannot obey.
fn shown_by_template(out: &mut dyn Write, article: &Article, paint: Paint) -> io::Result<()> {
    let section = template::section(article.number);
    if section.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}\n", paint.heading("In a script"))?;
    for line in section {
        writeln!(out, "{}", format!("    {line}").trim_end())?;
    }
    Ok(())
}

/// One rule with everything that is known about it.
///
/// # Errors
/// The stream cannot be written to.
pub fn one_rule(out: &mut dyn Write, rule: &Rule, paint: Paint) -> io::Result<()> {
    writeln!(out, "{} ({})", paint.strong(rule.name), paint.level(rule.level).trim_end())?;
    writeln!(out, "{}", wrap(rule.summary, 0))?;
    if let Some(article) = find(rule.article) {
        writeln!(out, "\n{}\n{}", paint.heading(&headline(article)), wrap(article.text, 2))?;
    }
    writeln!(out, "\n{}\n{}", paint.heading("Why"), wrap(rule.why.trim(), 2))?;
    examples(out, "Bad", rule.bad, paint)?;
    examples(out, "Good", rule.good, paint)?;
    writeln!(out, "\n{}", paint.heading("Level"))?;
    writeln!(out, "  {} without a policy; in gnp.toml:\n", rule.level.word())?;
    let other = if rule.level == Level::Deny { Level::Warn } else { Level::Deny };
    writeln!(out, "    [rules]\n    {} = \"{}\"    # deny, warn or allow", rule.name, other.word())?;
    writeln!(out, "\n{}", paint.heading("Exceptions"))?;
    writeln!(out, "{}", exceptions(rule))
}

fn exceptions(rule: &Rule) -> String {
    let once = match rule.check {
        Check::Script(_) => {
            format!("  In the script, on the line or the one before, with a reason:\n\n    # gnp-lint: allow({}) REASON\n\n", rule.name)
        }
        Check::Repository(_) => return "  `gnp-lint doctor` reports it and stops nothing; its level is the one switch.".to_owned(),
        Check::Change(_) | Check::Event(_) => format!(
            "  For one act, if the policy's `waivable` names the rule:\n\n    GNP_ALLOW={} git …\n\n",
            shell_quote(&format!("{}: REASON", rule.name))
        ),
    };
    format!(
        "{once}  For some paths, in gnp.toml:\n\n    [[allow]]\n    rule = \"{}\"\n    paths = [\"PATH/**\"]\n    reason = \"REASON\"",
        rule.name
    )
}

fn examples(out: &mut dyn Write, title: &str, examples: &[&str], paint: Paint) -> io::Result<()> {
    writeln!(out, "\n{}", paint.heading(title))?;
    for (at, example) in examples.iter().enumerate() {
        if at > 0 {
            writeln!(out, "\n  or")?;
        }
        writeln!(out)?;
        for line in example.trim_matches('\n').lines() {
            writeln!(out, "{}", format!("    {line}").trim_end())?;
        }
    }
    Ok(())
}

fn table(out: &mut dyn Write, rules: &[&Rule], paint: Paint) -> io::Result<()> {
    let widest = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in rules {
        let indent = widest + 11;
        let summary = wrap(rule.summary, indent);
        writeln!(out, "  {:<widest$}  {}  {}", rule.name, paint.level(rule.level), summary.trim_start())?;
    }
    if rules.is_empty() {
        writeln!(out, "  (no rule)")?;
    }
    Ok(())
}

fn headline(article: &Article) -> String {
    match article.number {
        0 => "The law itself".to_owned(),
        number => format!("Article {number}: {}", article.title),
    }
}

fn of<'r>(article: &Article, rules: &[&'r Rule]) -> Vec<&'r Rule> {
    let mut rules: Vec<_> = rules.iter().copied().filter(|rule| rule.article == article.number).collect();
    rules.sort_by_key(|rule| rule.name);
    rules
}

/// Breaks Markdown into lines of 80 columns behind an indent. Code keeps its lines, and each item of a list begins its own.
fn wrap(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut fenced = false;
    let mut flowing = false;
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if fence {
            flowing = false;
        } else if fenced || line.starts_with("    ") || line.trim().is_empty() {
            let shift = if fenced { "    " } else { "" };
            lines.push(format!("{:indent$}{shift}{line}", "").trim_end().to_owned());
            flowing = false;
        } else {
            let item = line.starts_with("- ");
            flow(&mut lines, line, indent, flowing && !item);
            flowing = true;
        }
    }
    lines.join("\n")
}

/// Adds the words of a line, to the paragraph that the last line belongs to or as a new one.
fn flow(lines: &mut Vec<String>, text: &str, indent: usize, goes_on: bool) {
    let mut hang = if text.starts_with("- ") { indent + 2 } else { indent };
    let mut line = String::new();
    if goes_on {
        line = lines.pop().unwrap_or_default();
        hang = line.len() - line.trim_start().trim_start_matches("- ").len();
    }
    for word in words(text) {
        if line.is_empty() {
            line = format!("{:indent$}{word}", "");
        } else if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, format!("{:hang$}{word}", "")));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.push(line);
}

/// The words of a line; short code in backticks is one word, spaces and all.
fn words(text: &str) -> Vec<&str> {
    const SHORT: usize = 30;
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut end = 0;
        while let Some(character) = rest[end..].chars().next().filter(|character| !character.is_whitespace()) {
            let code = (character == '`').then(|| rest[end + 1..].find('`')).flatten().filter(|length| *length <= SHORT);
            end += code.map_or(character.len_utf8(), |length| length + 2);
        }
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_filled_and_code_is_not() {
        let text = "One line that goes on and on, until it is longer than what a terminal of eighty columns shows,\nand more.\n\n- an item\n  \
                    of two lines\n- another\n\n```sh\na |\n  b\n```\n    indented code stays";
        let expected = "  One line that goes on and on, until it is longer than what a terminal of\n  eighty columns shows, and more.\n\n  - an item of \
                        two lines\n  - another\n\n      a |\n        b\n      indented code stays";
        assert_eq!(wrap(text, 2), expected);
    }

    #[test]
    fn short_code_is_one_word() {
        assert_eq!(words(" a `<<< `, (`git  stash`)  b` c"), ["a", "`<<< `,", "(`git  stash`)", "b`", "c"]);
        let long = "`printf 1; printf 2; printf 3; printf 4`";
        assert_eq!(words(long).len(), 8);
        assert_eq!(words("é `é é`"), ["é", "`é é`"]);
    }

    #[test]
    fn nothing_is_wider_than_eighty_columns() {
        let mut text = Vec::new();
        list(&mut text, RULES, Paint(false)).unwrap();
        for article in ARTICLES {
            one_article(&mut text, article, RULES, Paint(false)).unwrap();
        }
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }
}
