//! The `RUN` instructions of Dockerfiles. What builds an image is Linux, with a `sh` that is dash or busybox, unless `SHELL` says otherwise.

use tree_sitter::Node;

use super::{Carrier, has_errexit, runner, tree};
use crate::shell::tree::Bytes;
use crate::shell::{Checkout, Dialect, Setting, Source, Writing};

/// Every `RUN`, those behind `ONBUILD` too.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let text = carrier.text.clone();
    // With another sign for continued lines it is an image of Windows.
    let escape = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .any(|line| line.replace(' ', "").to_ascii_lowercase().starts_with("#escape=`"));
    if escape {
        return;
    }
    let read = match tree::read(&text, &tree_sitter_containerfile::LANGUAGE.into()) {
        Ok(read) => read,
        Err(reason) => return carrier.fault(reason, 0..0),
    };
    let (mut shell, mut errexit) = (Dialect::Sh, false);
    let mut runs = Vec::new();
    tree::walk(read.root_node(), &mut |step, node| {
        if step == tree::Step::Leave {
            return;
        }
        match node.kind() {
            "from_instruction" => {
                let windows = text[node.byte_range()].to_ascii_lowercase().contains("/windows");
                (shell, errexit) = (if windows { Dialect::Other } else { Dialect::Sh }, false);
            }
            "shell_instruction" => (shell, errexit) = named(&text[node.byte_range()]),
            "run_instruction" => runs.push((command(&text, node), shell, errexit)),
            _ => {}
        }
    });
    for (source, dialect, errexit) in runs {
        let Some(source) = source else { continue };
        let dialect =
            if source.text.starts_with("#!") { Dialect::of("", source.text.as_bytes()).unwrap_or(Dialect::Other) } else { dialect };
        let lines = source.text.trim_end().contains('\n') && !source.text.contains("\\\n");
        let writing = if lines { Writing::Lines(String::new()) } else { Writing::OneLine };
        carrier.add(
            source,
            writing,
            Setting { dialect, targets: runner::linux(), checkout: Checkout::Own, errexit, provided: &[], folder: None, excerpt: false },
        );
    }
}

/// `SHELL ["/bin/bash", "-euo", "pipefail", "-c"]`
fn named(instruction: &str) -> (Dialect, bool) {
    let words: Vec<&str> = instruction.split('"').skip(1).step_by(2).collect();
    let name = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    (Dialect::of_name(name).unwrap_or(Dialect::Other), has_errexit(words))
}

/// What the shell of a `RUN` is given; none for the form in brackets, which no shell sees.
fn command(text: &str, run: Node<'_>) -> Option<Source> {
    let parts = tree::children(run);
    let first = parts.iter().find(|part| !matches!(part.kind(), "param" | "mount_param" | "comment" | "line_continuation"))?;
    if first.kind() == "json_string_array" {
        return None;
    }
    let document = parts.iter().find(|part| part.kind() == "heredoc_block");
    let shell = first.start_byte()..document.map_or(run.end_byte(), Node::start_byte);
    let mut source = Source::default();
    let Some(document) = document else {
        joined(text, shell, &mut source);
        return Some(source);
    };
    let first_line = text[shell.clone()].trim();
    let marker = first_line.strip_prefix("<<").filter(|word| !word.contains(char::is_whitespace) && !word.contains(['>', '|', ';', '<']));
    let whole = document.byte_range();
    let Some(marker) = marker else {
        joined(text, shell, &mut source);
        source.push(&text[whole.clone()], whole.start);
        return Some(source);
    };
    // `RUN <<EOF`: the document is the script, up to the line that ends it.
    let tabs = marker.starts_with('-');
    let end = marker.trim_start_matches('-').trim_matches(['"', '\'']);
    let mut at = whole.start;
    for line in text[whole].split_inclusive('\n') {
        let body = if tabs { line.trim_start_matches('\t') } else { line };
        if body.trim_end() == end {
            break;
        }
        if !(source.text.is_empty() && line.trim().is_empty()) {
            source.push(body, at + line.len() - body.len());
        }
        at += line.len();
    }
    Some(source)
}

/// A command over continued lines, without the comments and empty lines among them.
fn joined(text: &str, bytes: Bytes, source: &mut Source) {
    let mut at = bytes.start;
    for line in text[bytes].split_inclusive('\n') {
        let words = line.trim();
        if !(at > 0 && !source.text.is_empty() && (words.is_empty() || words.starts_with('#'))) {
            source.push(line, at);
        }
        at += line.len();
    }
}
