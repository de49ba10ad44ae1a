//! Fixes that turn one command into a few.

use super::site::{Use, doubtful, edit, safe};
use crate::facts;
use crate::finding::{Edit, Fix};
use crate::report::shell_quote;
use crate::shell::Errexit;
use crate::shell::options::{Arguments, Given};
use crate::shell::tree::Word;

/// `sed -i s/a/b/ f` → `sed -i.bak s/a/b/ f && rm -f f.bak`; an older `f.bak` is lost.
///
/// In a list `set -e` would not see that sed fails, so a subshell goes around it where that could matter. Where `-i` stands behind
/// the script, it moves to the front.
pub(super) fn sed_in_place(at: &Use<'_>) -> Option<Fix> {
    at.whole()?;
    let arguments = at.arguments();
    let option = arguments.options.iter().find(|option| matches!(&*option.name, "-i" | "--in-place"))?;
    let known = arguments.options.iter().all(|option| matches!(&*option.name, "-i" | "--in-place" | "-n" | "-E" | "-r" | "-e" | "-f"));
    let empty = at.fact.id == "sed-in-place-empty";
    let written = if empty { option.word.bytes.start..option.next?.bytes.end } else { option.word.bytes.clone() };
    let bundle = option.word.literal()?;
    let suffixed = match &*option.name {
        "--in-place" if option.value.is_none() => "-i.bak".to_owned(),
        "-i" if option.value.is_none() && bundle.ends_with('i') => format!("{bundle}.bak"),
        _ => return None,
    };
    let scripted = arguments.options.iter().any(|option| matches!(&*option.name, "-e" | "-f"));
    let files = arguments.operands.get(usize::from(empty) + usize::from(!scripted)..).filter(|files| !files.is_empty())?;
    let copies: Option<Vec<String>> = files.iter().map(|file| copy_of(at, file)).collect();
    let command = at.command()?;
    let start = command.assignments.first().map_or(at.words.first()?.bytes.start, |first| first.bytes.start);
    let led = at.site.statement.redirects.iter().any(|redirect| redirect.target.bytes.start < start);
    if !known || led || at.has_document() {
        return None;
    }
    let mut edits = match arguments.late() {
        Some(late) if !empty => moved_ahead(at, late, arguments.options.last()?, suffixed)?,
        _ => vec![edit(written, suffixed)],
    };
    let removal = format!(" && rm -f {}", copies?.join(" "));
    let end = at.end();
    if at.site.alone && at.survey.script.errexit == Errexit::Never {
        edits.push(edit(end..end, removal));
        return Some(doubtful(edits));
    }
    // `$((` would begin an arithmetic expression.
    let open = if at.raw(&(0..start)).ends_with('(') { " (" } else { "(" };
    edits.insert(0, edit(start..start, open));
    edits.push(edit(end..end, format!("{removal})")));
    Some(doubtful(edits))
}

/// `sed s/a/b/ -i f` → `sed -i.bak s/a/b/ f`, where no other option stands behind the script.
fn moved_ahead(at: &Use<'_>, late: &Given<'_>, last: &Given<'_>, option: String) -> Option<Vec<Edit>> {
    let (word, name) = (&late.word.bytes, at.called()?);
    let blank = at.raw(&(0..word.start)).ends_with([' ', '\t']);
    let only = late.word.bytes == last.word.bytes && matches!(late.word.text.as_str(), "-i" | "--in-place");
    (blank && only).then(|| vec![edit(name.end..name.end, format!(" {option}")), edit(word.start - 1..word.end, "")])
}

/// The name of the copy that sed leaves of a file, as it is to be written.
fn copy_of(at: &Use<'_>, file: &Word) -> Option<String> {
    let raw = at.raw(&file.bytes);
    let named = !file.text.is_empty() && !raw.starts_with('-') && at.is_one(file);
    let open = raw.ends_with('"') && raw.starts_with('"') && file.string;
    named.then(|| if open { format!("{}.bak\"", &raw[..raw.len() - 1]) } else { format!("{raw}.bak") })
}

/// `head -n -2 f` → `awk 'NR > 2 { print line[NR % 2] } { line[NR % 2] = $0 }' < f`; a line of all but the last may end without newline.
pub(super) fn head_all_but(at: &Use<'_>) -> Option<Fix> {
    let whole = at.whole()?;
    let arguments = at.arguments();
    let [option] = arguments.options.as_slice() else { return None };
    let count: u32 = option.value?.strip_prefix('-')?.parse().ok().filter(|count| *count > 0)?;
    let input = match arguments.operands.as_slice() {
        [] => String::new(),
        [file] if at.is_one(file) && file.text != "-" && at.site.statement.redirects.is_empty() => format!(" < {}", at.raw(&file.bytes)),
        _ => return None,
    };
    let text = if count == 1 {
        format!("sed '$d'{input}")
    } else {
        format!("awk 'NR > {count} {{ print line[NR % {count}] }} {{ line[NR % {count}] = $0 }}'{input}")
    };
    Some(safe(vec![edit(whole, text)]))
}

/// `xargs -r cmd` → `xargs sh -c '[ "$#" -eq 0 ] || exec cmd "$@"' sh`; `-I` alone never runs without input.
pub(super) fn xargs_empty(at: &Use<'_>) -> Option<Fix> {
    let whole = at.whole()?;
    let grammar = facts::grammar("xargs")?;
    let given = at.given();
    let inner = Arguments::wrapped(given, grammar);
    let options = Arguments::read(&given[..inner], grammar).options;
    let replaces = options.iter().any(|option| matches!(&*option.name, "-I" | "-J" | "-i" | "--replace"));
    let mut before = Vec::new();
    for word in &given[..inner] {
        let bundle = options.iter().filter(|option| std::ptr::eq(option.word, word)).map(|option| &*option.name);
        let names: Vec<&str> = bundle.collect();
        let raw = at.raw(&word.bytes);
        match (names.contains(&"-r"), raw) {
            (false, raw) => before.push(raw.to_owned()),
            (true, "-r") => {}
            // A letter of a value is no option: only bundles of plain letters are taken apart.
            (true, raw) if raw.len() == names.len() + 1 && word.literal() == Some(raw) => before.push(raw.replacen('r', "", 1)),
            (true, _) => return None,
        }
    }
    let command: Option<Vec<String>> = given[inner..].iter().map(|word| word.literal().map(shell_quote)).collect();
    let command = if replaces { given[inner..].iter().map(|word| at.raw(&word.bytes).to_owned()).collect() } else { command? };
    let joined = if command.is_empty() { "echo".to_owned() } else { command.join(" ") };
    if !replaces && (joined.contains('\'') || command.iter().any(|word| word.contains('='))) {
        return None;
    }
    let run = if replaces { joined } else { format!("sh -c '[ \"$#\" -eq 0 ] || exec {joined} \"$@\"' sh") };
    let words: Vec<String> = std::iter::once("xargs".to_owned()).chain(before).chain([run]).collect();
    Some(safe(vec![edit(whole, words.join(" "))]))
}
