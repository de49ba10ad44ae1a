//! The report that a server sends to a pusher: git puts `remote: ` before each line, and there is neither colour nor a width to ask for.

use super::escaped;
use crate::articles;
use crate::finding::Finding;
use crate::rule::Level;

/// How many characters go on a line: 80 less `remote: `.
const WIDTH: usize = 72;

/// What a push is told: what is refused, then each finding with its place and what to do. Empty without findings. Commands to paste are not
/// broken over lines.
pub fn remote(act: &str, findings: &[Finding]) -> String {
    let Some(first) = findings.iter().max_by_key(|finding| finding.level) else { return String::new() };
    let denied = first.level == Level::Deny;
    let mut text = if denied { format!("gnp-lint: refused: {act}\n") } else { format!("gnp-lint: warning: {act} goes on\n") };
    for finding in findings {
        let word = if finding.level == Level::Deny { "error" } else { "warning" };
        fill(&mut text, &format!("{word}[{}]: {}", finding.rule, finding.message), "  ");
        if let Some(place) = super::human::origin(finding) {
            fill(&mut text, &format!("--> {place}"), "    ");
        }
        for (index, line) in finding.help.iter().flat_map(|help| help.lines()).enumerate() {
            match line.strip_prefix("    ") {
                Some(command) => text += &format!("        {}\n", escaped(command, |_| false)),
                None if index == 0 => fill(&mut text, &format!("help: {line}"), "    "),
                None => fill(&mut text, line, "    "),
            }
        }
        if let Some(article) = articles::find(finding.article) {
            fill(&mut text, &format!("article {}: {}", article.number, article.title), "    ");
        }
    }
    if denied {
        text += &format!("gnp-lint: mend it, commit, and push again; the reason:\n        gnp-lint explain {}\n", first.rule);
    }
    text
}

/// Adds a paragraph, broken at spaces outside of code and indented; what does not fit into a line stands in one of its own.
fn fill(text: &mut String, paragraph: &str, indent: &str) {
    let mut line = indent.to_owned();
    for word in pieces(&escaped(paragraph, |_| false)) {
        let used = line.chars().count();
        if used > indent.len() && used + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = format!("{indent}  ");
        }
        if !line.ends_with(' ') && !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    text.push_str(&line);
    text.push('\n');
}

/// Words; what stands between backticks is one.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for word in text.split(' ') {
        match pieces.last_mut() {
            Some(last) if open => {
                last.push(' ');
                last.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
        if word.matches('`').count() % 2 == 1 {
            open = !open;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    #[test]
    fn lines_are_short_and_commands_whole() {
        let command = format!("git restore --source=HEAD -- {}", "x".repeat(80));
        let finding = Finding {
            rule: "emptied-collection",
            article: 6,
            level: Level::Deny,
            place: Place::file("state/agents.json").at_commit("a".repeat(40)).on("refs/heads/main"),
            message: format!("`/agents` had 136 entries and has none, {}", "and so it goes ".repeat(8)),
            help: Some(format!("bring it back\n    {command}").into()),
            fix: None,
        };
        let text = remote("this push to `main`", &[finding]);
        assert!(text.starts_with("gnp-lint: refused: this push to `main`\n  error[emptied-collection]: `/agents` had"), "{text}");
        assert!(text.contains(&format!("\n        {command}\n")), "{text}");
        assert!(text.lines().filter(|line| !line.contains(&command)).all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(remote("this push", &[]), "");
    }

    #[test]
    fn code_is_not_broken() {
        let mut text = String::new();
        fill(&mut text, &format!("{} `a b c d e f` {}", "x".repeat(60), "y".repeat(10)), "");
        assert_eq!(text, format!("{}\n  `a b c d e f` {}\n", "x".repeat(60), "y".repeat(10)));
    }
}
