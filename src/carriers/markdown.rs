//! Fenced shell blocks of Markdown and, where agents are instructed, inline code. An example of what not to do is silent.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::unknown::with_unknown;
use super::{Carrier, prose};
use crate::shell::tree::Bytes;
use crate::shell::{Checkout, Dialect, Setting, Source, Suppression, Writing};

/// What a page takes for granted: readers know how their Python is called.
const READERS: &[&str] = &["python"];

/// Every fence that is shell, and inline commands of instructions.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let text = carrier.text.clone();
    let tildes = text.contains("~~~");
    if !tildes && !text.contains('`') {
        return;
    }
    let instructs = carrier.policy.instructions.matches(&carrier.path);
    if !tildes && !instructs && !text.contains("```") {
        return;
    }
    let mut page = Page {
        text: &text,
        instructs,
        headings: Vec::new(),
        heading: None,
        before: String::new(),
        leads: Vec::new(),
        fence: None,
        inline: Vec::new(),
    };
    for (event, bytes) in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS).into_offset_iter() {
        if instructs && is_turn(&event) {
            page.inline_commands(carrier);
        }
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => page.fence = Some(Fence::new(&info, bytes)),
            Event::End(TagEnd::CodeBlock) => {
                if let Some(fence) = page.fence.take() {
                    fence.finish(carrier, &page);
                }
            }
            Event::Text(words) if page.fence.is_some() => page.fence_text(&words, bytes),
            other => page.word(&other, bytes),
        }
    }
}

/// Whether the words before it belong together, and those behind it do not.
fn is_turn(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::List(_) | Tag::Item | Tag::TableCell | Tag::CodeBlock(_))
            | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell)
    )
}

/// What has been read of a page.
struct Page<'t> {
    text: &'t str,
    /// It tells agents what to do.
    instructs: bool,
    /// The headings that are open, by their level.
    headings: Vec<(HeadingLevel, String)>,
    /// The heading that is being read.
    heading: Option<HeadingLevel>,
    /// The words of the paragraph or item before what comes next.
    before: String,
    /// The words before the lists that are open.
    leads: Vec<String>,
    fence: Option<Fence>,
    /// Inline code of the paragraph: its place in `before`, and in the page.
    inline: Vec<(Bytes, Bytes)>,
}

impl Page<'_> {
    fn word(&mut self, event: &Event<'_>, bytes: Bytes) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.heading = Some(*level);
                self.headings.retain(|(other, _)| other < level);
                self.headings.push((*level, String::new()));
                self.before.clear();
                self.inline.clear();
            }
            Event::End(TagEnd::Heading(_)) => self.heading = None,
            Event::Start(Tag::List(_)) => self.leads.push(std::mem::take(&mut self.before)),
            Event::End(TagEnd::List(_)) => {
                self.leads.pop();
            }
            Event::Start(Tag::Paragraph | Tag::Item | Tag::TableCell) => {
                self.before.clear();
                self.inline.clear();
            }
            Event::Text(words) => self.said(words),
            Event::Code(words) => {
                let at = self.before.len();
                self.said(&format!("`{words}`"));
                if self.heading.is_none() {
                    self.inline.push((at..self.before.len(), bytes));
                }
            }
            Event::SoftBreak | Event::HardBreak => self.said(" "),
            _ => {}
        }
    }

    fn said(&mut self, words: &str) {
        match (self.heading, self.headings.last_mut()) {
            (Some(_), Some((_, heading))) => heading.push_str(words),
            _ => self.before.push_str(words),
        }
    }

    fn fence_text(&mut self, words: &str, bytes: Bytes) {
        let Some(fence) = &mut self.fence else { return };
        if self.text.get(bytes.clone()) == Some(words) {
            fence.source.push(words, bytes.start);
        } else {
            fence.source.replace(words, bytes);
        }
    }

    fn forbids(&self) -> bool {
        self.is_under_warning() || prose::forbids(prose::last_sentence(&self.before))
    }

    fn is_under_warning(&self) -> bool {
        let leads = self.leads.iter().map(|lead| prose::last_sentence(lead));
        self.headings.iter().map(|(_, heading)| heading.as_str()).chain(leads).any(prose::forbids)
    }

    fn setting(&self, carrier: &Carrier<'_>, dialect: Dialect) -> Setting {
        let mut around: Vec<&str> = self.headings.iter().map(|(_, heading)| heading.as_str()).collect();
        around.extend(self.leads.iter().map(|lead| prose::last_sentence(lead)));
        around.push(prose::last_sentence(&self.before));
        let setting = carrier.by_hand();
        let targets = prose::narrowed(setting.targets.clone(), &around);
        // Agents do what they are told where they are; people read in a clone of their own.
        let checkout = if self.instructs { Checkout::Shared } else { Checkout::Reader };
        Setting { dialect, targets, checkout, provided: READERS, excerpt: true, ..setting }
    }

    /// `git stash` in a sentence that tells an agent to do so.
    fn inline_commands(&mut self, carrier: &mut Carrier<'_>) {
        let under = self.is_under_warning();
        for (at, bytes) in std::mem::take(&mut self.inline) {
            let raw = self.text.get(bytes.clone()).unwrap_or_default();
            let ticks = raw.len() - raw.trim_start_matches('`').len();
            let inside = bytes.start + ticks..bytes.end.saturating_sub(ticks).max(bytes.start + ticks);
            let Some(code) = self.text.get(inside.clone()) else { continue };
            // One word is a name; a command is more than that.
            if under || !code.trim().contains(' ') || code.contains('\n') {
                continue;
            }
            let (before, behind) = (&self.before[..at.start], &self.before[at.end..]);
            let sentence = before.rfind(". ").map_or(before, |end| &before[end + 2..]);
            let rest = behind.split(". ").next().unwrap_or_default();
            if prose::forbids_inline(sentence, rest) {
                continue;
            }
            let source = without_blanks_to_fill(&Source::verbatim(self.text, inside));
            carrier.add(source, Writing::Apart, self.setting(carrier, Dialect::Bash));
        }
    }
}

/// A fenced block on its way to a script.
struct Fence {
    language: String,
    bytes: Bytes,
    source: Source,
}

impl Fence {
    fn new(info: &str, bytes: Bytes) -> Self {
        let info = info.trim().trim_start_matches(['{', '.']).trim_start();
        let language = info.split([' ', ',', '{', '}', ':', '\t']).next().unwrap_or_default();
        Self { language: language.to_ascii_lowercase(), bytes, source: Source::default() }
    }

    fn finish(self, carrier: &mut Carrier<'_>, page: &Page<'_>) {
        let sessions =
            matches!(self.language.as_str(), "console" | "shell-session" | "shellsession" | "sh-session" | "bash-session" | "terminal");
        let dialect = match self.language.as_str() {
            "sh" | "bash" | "shell" | "shellscript" | "shell-script" => Dialect::Bash,
            _ if sessions => Dialect::Bash,
            "ksh" | "dash" | "zsh" | "fish" => Dialect::of_name(&self.language).unwrap_or(Dialect::Other),
            _ => return,
        };
        let head = &self.source.text.as_bytes()[..self.source.text.len().min(256)];
        let dialect = if head.starts_with(b"#!") { Dialect::of("", head).unwrap_or(Dialect::Other) } else { dialect };
        if page.forbids() {
            return;
        }
        let prompts = self.source.text.lines().any(|line| prompt(line).is_some());
        let typed = match (prompts, sessions) {
            (true, _) => typed(&self.source),
            // A session that shows no prompt is output as likely as not.
            (false, true) => return,
            (false, false) => without_warned_lines(&self.source),
        };
        let line = page.text[..self.bytes.start].rfind('\n').map_or(0, |newline| newline + 1);
        let before = page.text.get(line..self.bytes.start).unwrap_or_default();
        let plain = before.chars().all(|char| char.is_whitespace() || char == '>');
        let writing = if plain && !prompts { Writing::Lines(before.to_owned()) } else { Writing::OneLine };
        let setting = page.setting(carrier, dialect);
        carrier.add(without_blanks_to_fill(&typed), writing, setting);
    }
}

/// Where the command begins in a line of a session: behind `$ `, `% ` or `user@host:~$ `.
fn prompt(line: &str) -> Option<usize> {
    let indent = line.len() - line.trim_start().len();
    let text = &line[indent..];
    if text.starts_with("$ ") || text.starts_with("% ") {
        return Some(indent + 2);
    }
    let end = text.find("$ ").filter(|end| text[..*end].contains('@') && !text[..*end].contains(' '))?;
    Some(indent + end + 2)
}

/// What is typed in a session; what it prints is left out.
fn typed(session: &Source) -> Source {
    let mut kept = Source::default();
    let mut at = 0;
    let mut goes_on = false;
    for line in session.text.split_inclusive('\n') {
        let begins = prompt(line);
        let continued = if goes_on { Some(if line.starts_with("> ") { 2 } else { 0 }) } else { line.starts_with("> ").then_some(2) };
        if let Some(skipped) = begins.or(continued.filter(|_| !kept.text.is_empty())) {
            kept.follow(session, at + skipped..at + line.len());
            goes_on = line.trim_end().ends_with(['\\', '|']) || line.trim_end().ends_with("&&");
        } else {
            goes_on = false;
        }
        at += line.len();
    }
    kept
}

/// A script without the lines below a comment such as `# wrong`, up to a blank line or the next comment.
fn without_warned_lines(script: &Source) -> Source {
    let mut kept = Source::default();
    let mut at = 0;
    let mut warned = false;
    for line in script.text.split_inclusive('\n') {
        let text = line.trim();
        let comment = text.strip_prefix('#').filter(|comment| !comment.starts_with('!') && !comment.contains(Suppression::MARK));
        warned = match comment {
            Some(comment) => prose::forbids(comment),
            None => warned && !text.is_empty(),
        };
        let told = text.rsplit_once(" # ").is_some_and(|(_, comment)| !comment.contains(Suppression::MARK) && prose::forbids(comment));
        if !(warned || told) || comment.is_some() {
            kept.follow(script, at..at + line.len());
        }
        at += line.len();
    }
    kept
}

/// `<branch>` is for the reader to fill in, and no redirection.
fn without_blanks_to_fill(script: &Source) -> Source {
    const LONGEST: usize = 60;
    let text = &script.text;
    with_unknown(script, "<", |start| {
        let inside = &text[start + 1..];
        let length = inside.char_indices().take(LONGEST).find(|(_, char)| *char == '>')?.0;
        let name = &inside[..length];
        let named = name.starts_with(|first: char| first.is_alphabetic())
            && name.chars().all(|char| char.is_alphanumeric() || " _-./|:,'".contains(char))
            && !text[..start].ends_with('<');
        named.then_some(start + 1 + length + 1)
    })
}
