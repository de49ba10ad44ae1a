//! The orchestrator to start from, section by section: each begins with a comment `# article N: …`.

/// A whole script that obeys all articles; the tests lint it and run it.
const ORCHESTRATOR: &str = include_str!("../../../tests/scripts/ok/orchestrator.sh");

/// The lines that show an article, up to the next comment behind an empty line, without the indent of the first one; none where no
/// section is about it.
///
/// A section goes on to the next one that is not inside it, or to the end of the block that it stands in.
pub(super) fn section(article: u8) -> Vec<&'static str> {
    of(ORCHESTRATOR, article)
}

fn of(text: &str, article: u8) -> Vec<&str> {
    let mut lines = text.lines().skip_while(|line| number(line) != Some(article));
    let Some(first) = lines.next() else { return Vec::new() };
    let indent = indent(first);
    let mut after_gap = false;
    let is_part = |line: &&str| {
        let inner = self::indent(line) > indent;
        // A comment behind an empty line begins something else.
        let begins = !inner && (number(line).is_some() || (after_gap && line.trim_start().starts_with('#')));
        after_gap = line.is_empty();
        line.is_empty() || inner || (self::indent(line) == indent && !begins)
    };
    let mut section: Vec<&str> =
        std::iter::once(first).chain(lines.take_while(is_part)).map(|line| line.get(indent..).unwrap_or("")).collect();
    while section.last().is_some_and(|line| line.is_empty()) {
        section.pop();
    }
    section
}

/// The article that a line begins a section about.
fn number(line: &str) -> Option<u8> {
    line.trim_start().strip_prefix("# article ")?.split_once(':')?.0.parse().ok()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::articles::ARTICLES;

    #[test]
    fn each_article_has_a_section_under_its_title() {
        for article in ARTICLES.iter().filter(|article| article.number > 0) {
            let section = section(article.number);
            let heading = format!("# article {}: {}", article.number, article.title);
            assert_eq!(section.first().copied(), Some(heading.as_str()));
            assert!(section.iter().any(|line| !line.is_empty() && !line.starts_with('#')), "{heading}: nothing but comments");
        }
        assert!(section(0).is_empty());
    }

    #[test]
    fn a_section_ends_at_the_next_one_or_with_its_block() {
        let text =
            "a\n# article 1: x\nf() {\n    b\n    # article 4: y\n    c\n\n    if d; then\n        e\n    fi\n}\n\n# article 2: z\ng\n";
        let of = |article| of(text, article).join("\n");
        assert_eq!(of(4), "# article 4: y\nc\n\nif d; then\n    e\nfi");
        assert!(of(1).starts_with("# article 1: x\nf() {\n    b\n    # article 4: y\n") && of(1).ends_with("\n    fi\n}"));
        assert_eq!(of(2), "# article 2: z\ng");
        assert_eq!(of(3), "");
    }
}
