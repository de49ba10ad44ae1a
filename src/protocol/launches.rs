//! Loops that start jobs beside the script, and how long they wait between two of them.

use std::collections::BTreeSet;

use foldhash::{HashSet, HashSetExt};

use super::mentions;
use crate::facts::{self, Grammar};
use crate::shell::course::{Course, Frame, Step, Symbol, Value, seconds};
use crate::shell::options::Arguments;
use crate::shell::tree::{Action, Bytes, Piece, Statement, Word};
use crate::shell::{Dialect, Script};

/// Jobs that are started one after the other, side by side.
#[derive(Debug)]
pub struct Launch {
    /// Where one is started.
    pub bytes: Bytes,
    /// What starts them.
    pub by: By,
    /// How long it waits between two.
    pub pause: Pause,
}

impl Launch {
    /// The command that waits long enough, in the language of what launches: a loop without `&` is one of Python.
    pub fn waits(&self, script: &Script) -> &'static str {
        let in_shell = script.place(&self.bytes).span.is_none_or(|span| span.snippet().contains('&'));
        if in_shell || self.by != By::Loop { "sleep 4" } else { "time.sleep(4)" }
    }
}

/// What starts jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// `&` in a loop.
    Loop,
    /// `xargs -P`
    Xargs,
    /// GNU `parallel`.
    Parallel,
}

/// How long is waited between two launches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pause {
    /// Not at all.
    None,
    /// So many seconds.
    Seconds(f64),
    /// The text does not tell.
    Unknown,
}

/// Commands that neither write to the repository nor ask much of anybody: starting many at once harms no neighbour.
const SMALL: &[&str] = &[
    "",
    ":",
    "[",
    "[[",
    "awk",
    "base64",
    "basename",
    "break",
    "bzip2",
    "cat",
    "cd",
    "chmod",
    "chown",
    "clang-format",
    "cmp",
    "continue",
    "convert",
    "cp",
    "curl",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "dig",
    "dirname",
    "du",
    "echo",
    "eval",
    "exit",
    "export",
    "false",
    "ffmpeg",
    "file",
    "find",
    "grep",
    "gofmt",
    "gunzip",
    "gzip",
    "head",
    "host",
    "kill",
    "less",
    "ln",
    "local",
    "ls",
    "lz4",
    "magick",
    "md5",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mv",
    "nc",
    "notify-send",
    "nslookup",
    "od",
    "ping",
    "pkill",
    "popd",
    "printf",
    "ps",
    "pushd",
    "pwd",
    "read",
    "readlink",
    "return",
    "rm",
    "rmdir",
    "rsync",
    "scp",
    "sed",
    "seq",
    "set",
    "sha1sum",
    "sha256sum",
    "shasum",
    "shellcheck",
    "shfmt",
    "shift",
    "sleep",
    "sort",
    "split",
    "ssh",
    "stat",
    "strip",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tput",
    "tr",
    "trap",
    "true",
    "umask",
    "uniq",
    "unset",
    "unzip",
    "wait",
    "wc",
    "wget",
    "xxd",
    "xz",
    "zcat",
    "zip",
    "zstd",
];

/// Commands that run others, which are looked at in their place.
const WRAPPERS: &[&str] = &["nohup", "env", "nice", "ionice", "setsid", "sudo", "time", "command", "exec", "stdbuf", "timeout", "xargs"];

/// How many jobs of one script are looked at.
const MOST: usize = 256;

/// Every launch of a script.
pub fn launches(script: &Script) -> Vec<Launch> {
    let course = script.course();
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, step) in course.steps.iter().enumerate() {
        if let Some((number, job)) = launched(course, step)
            && seen.len() < MOST
            && seen.insert((number, job.start, job.end))
        {
            all.extend(in_loop(script, number, &job, at));
        }
        match step.name() {
            "xargs" => all.extend(by_xargs(script, course, at)),
            "parallel" => all.extend(by_parallel(step)),
            _ => {}
        }
    }
    all
}

/// The loop that starts a step's job, and the job.
fn launched(course: &Course, step: &Step) -> Option<(usize, Bytes)> {
    let (mut job, mut chosen) = (None, None);
    for frame in step.frames.iter() {
        match frame {
            Frame::Background(bytes) => job = Some(bytes),
            Frame::Chosen(number) if job.is_some() => chosen = Some(*number),
            Frame::Loop(number) if job.is_some() => {
                // `if [ "$arch" = amd64 ]` starts it once, however often the loop goes round.
                let again = !matches!(course.loops[*number].times, Some(0 | 1)) && chosen != Some(*number);
                return again.then(|| (*number, job.cloned().unwrap_or_default()));
            }
            _ => {}
        }
    }
    None
}

fn in_loop(script: &Script, number: usize, job: &Bytes, first: usize) -> Option<Launch> {
    let course = script.course();
    let background = Frame::Background(job.clone());
    let is_inside = |step: &Step| step.frames.in_loop(number) && step.frames.iter().any(|frame| *frame == background);
    let inside: Vec<&Step> = course.steps.iter().filter(|step| is_inside(step)).collect();
    let alone = is_followed_by(course, number, first, &background);
    if inside.iter().all(|step| is_small(script, step, &inside)) || alone {
        return None;
    }
    Some(Launch { bytes: first_line(script, job), by: By::Loop, pause: pause(course, number, first, &background) })
}

fn first_line(script: &Script, bytes: &Bytes) -> Bytes {
    let text = script.text.get(bytes.clone()).unwrap_or_default();
    bytes.start..bytes.start + text.lines().next().unwrap_or_default().trim_end().len()
}

/// Whether a step of a job is a small command, a wrapper, or a call of a function whose own steps are looked at.
fn is_small(script: &Script, step: &Step, job: &[&Step]) -> bool {
    let name = step.name();
    if step.words.is_empty() {
        return true;
    }
    if name.is_empty() {
        return false;
    }
    let is_call = |other: &&Step| other.frames.iter().any(|frame| matches!(frame, Frame::Call(_, called) if called == name));
    let runs_text = matches!(name, "sh" | "bash" | "dash" | "zsh") && is_small_text(script, step);
    let flow =
        matches!(name, "git") && step.git().is_some_and(|git| matches!(git.command, "rev-parse" | "log" | "status" | "diff" | "show"));
    SMALL.contains(&name) || WRAPPERS.contains(&name) || runs_text || flow || job.iter().any(is_call)
}

/// `sh -c 'gzip "$1"' _`
fn is_small_text(script: &Script, step: &Step) -> bool {
    let at = step.words.iter().position(|word| word.text.starts_with('-') && word.text.ends_with('c'));
    let text = at.and_then(|at| step.words.get(at + 1)).and_then(|word| script.text.get(word.bytes.clone())).unwrap_or("$");
    text.trim_matches(['\'', '"']).split([';', '|', '&', '\n']).all(|command| {
        let name = command.split_whitespace().next().unwrap_or_default();
        SMALL.contains(&name) || WRAPPERS.contains(&name)
    })
}

/// Whether each round waits for what it started or is the last one, so that jobs do not run side by side.
fn is_followed_by(course: &Course, number: usize, first: usize, background: &Frame) -> bool {
    let outer: Vec<&Frame> = course.steps[first].frames.iter().collect();
    course.steps.iter().skip(first).any(|step| {
        let ends = match step.name() {
            "wait" => !step.arguments().iter().any(|word| word.text == "-n"),
            "break" => step.frames.innermost_loop() == Some(number),
            "exit" => true,
            _ => false,
        };
        ends && step.frames.in_loop(number)
            && !step.frames.iter().any(|frame| frame == background)
            && step.frames.iter().all(|frame| matches!(frame, Frame::Call(..) | Frame::Loop(_)) || outer.contains(&frame))
    })
}

/// How long a round of a loop waits.
fn pause(course: &Course, number: usize, first: usize, background: &Frame) -> Pause {
    let mut sum = None;
    for (at, step) in course.steps.iter().enumerate().filter(|(_, step)| step.frames.in_loop(number)) {
        let name = step.name();
        let in_job = step.frames.iter().any(|frame| frame == background);
        if name != "sleep" {
            let tells = ["stagger", "delay", "pause", "backoff", "jitter", "sleep", "wait_for", "wait-for", "throttle"];
            if !in_job && tells.iter().any(|part| name.to_ascii_lowercase().contains(part)) && !is_called(course, name) {
                return Pause::Unknown;
            }
            continue;
        }
        let length = length(step);
        if in_job {
            // A job that itself waits for its turn: each one longer than the one before.
            if length.is_none() && is_first_in_job(course, at, background) {
                return Pause::Unknown;
            }
            continue;
        }
        if step
            .frames
            .iter()
            .any(|frame| matches!(frame, Frame::Background(_)) && !course.steps[first].frames.iter().any(|own| own == frame))
        {
            continue;
        }
        if step.frames.innermost_loop() != Some(number) {
            // A loop inside: it waits for a free place, or until what was started answers.
            if !is_throttle(course, step) {
                return Pause::Unknown;
            }
            continue;
        }
        if !course.may_precede(first.min(at), first.max(at)) {
            continue;
        }
        match length {
            Some(length) => sum = Some(sum.unwrap_or(0.0) + length),
            None => return Pause::Unknown,
        }
    }
    sum.map_or(Pause::None, Pause::Seconds)
}

/// Whether a function of that name is followed.
fn is_called(course: &Course, name: &str) -> bool {
    course.steps.iter().any(|step| step.frames.iter().any(|frame| matches!(frame, Frame::Call(_, called) if called == name)))
}

/// Whether a job sleeps before it does anything that is not small.
fn is_first_in_job(course: &Course, at: usize, background: &Frame) -> bool {
    let before = course.steps[..at].iter().filter(|step| step.frames.iter().any(|frame| frame == background));
    before.into_iter().all(|step| SMALL.contains(&step.name()) && (step.words.is_empty() || !step.name().is_empty()))
}

/// `while [ "$(jobs -r | wc -l)" -ge 4 ]; do sleep 1; done` waits only once all places are taken.
fn is_throttle(course: &Course, sleep: &Step) -> bool {
    let Some(inner) = sleep.frames.innermost_loop() else { return false };
    course.steps.iter().any(|step| step.frames.in_loop(inner) && matches!(step.name(), "jobs" | "pgrep"))
}

/// How long a `sleep` waits, where the text tells; the longest of several values.
fn length(step: &Step) -> Option<f64> {
    let mut sum = 0.0;
    for value in step.values.get(1..).unwrap_or_default() {
        sum += known_seconds(value)?;
    }
    (step.words.len() > 1).then_some(sum)
}

fn known_seconds(value: &Value) -> Option<f64> {
    let lengths: Option<Vec<f64>> = value.alternatives().iter().map(|one| seconds(one.by_default().literal()?)).collect();
    lengths?.into_iter().reduce(f64::max)
}

/// `xargs -P 4 ./stream.sh`
fn by_xargs(script: &Script, course: &Course, at: usize) -> Option<Launch> {
    let step = &course.steps[at];
    let inner: Vec<&Step> = course.steps.get(at + 1).into_iter().filter(|inner| step.bytes.contains(&inner.bytes.start)).collect();
    let many = option(step, &["-P", "--max-procs"]).is_some_and(|count| count != "1");
    let small = inner.iter().all(|inner| is_small(script, inner, &[]));
    (many && !small).then(|| Launch { bytes: step.bytes.clone(), by: By::Xargs, pause: Pause::None })
}

/// Options with which `parallel` runs nothing, or one thing alone.
const ASKS: [&str; 8] = ["--version", "--minversion", "--help", "--citation", "--semaphore", "--wait", "--record-env", "--shellquote"];

/// `parallel -j 4 --delay 3 ./stream.sh`
fn by_parallel(step: &Step) -> Option<Launch> {
    let words = step.arguments();
    let asks = words.iter().any(|word| ASKS.contains(&word.text.as_str()));
    if words.is_empty() || asks || option(step, &["-j", "--jobs", "-P", "--max-procs"]).is_some_and(|count| count == "1") {
        return None;
    }
    let default = Grammar::default();
    let start = Arguments::wrapped(words, facts::grammar("parallel").unwrap_or(&default));
    let command = words.get(start).map(|word| word.text.split_whitespace().next().unwrap_or_default());
    if command.is_some_and(|name| !name.is_empty() && (SMALL.contains(&name) || WRAPPERS.contains(&name))) {
        return None;
    }
    let delay = words.iter().position(|word| word.text == "--delay").and_then(|at| step.values.get(at + 2));
    let glued = words.iter().position(|word| word.text.starts_with("--delay="));
    let glued = glued.and_then(|at| step.values[at + 1].strip_prefix(&Value::text("--delay=")));
    let pause = match delay.or(glued.as_ref()) {
        // Options may be among what is not known.
        None if words.iter().any(is_list) || step.values.iter().any(is_all_arguments) => Pause::Unknown,
        None => Pause::None,
        Some(value) => known_seconds(value).map_or(Pause::Unknown, Pause::Seconds),
    };
    Some(Launch { bytes: step.bytes.clone(), by: By::Parallel, pause })
}

/// `"$@"`, `"${options[@]}"`, an unquoted variable: any number of words.
fn is_list(word: &Word) -> bool {
    match word.only_piece() {
        Some(Piece::Variable(variable)) => !word.quoted || variable.elements.is_some() || matches!(variable.name.as_str(), "@" | "*"),
        _ => false,
    }
}

fn is_all_arguments(value: &Value) -> bool {
    matches!(value.only(), Some(Symbol::Variable(name)) if matches!(name.as_str(), "@" | "*"))
}

/// The value of an option, by default where the user may set it.
fn option(step: &Step, names: &[&str]) -> Option<String> {
    let default = Grammar::default();
    let read = Arguments::read(step.arguments(), facts::grammar(step.name()).unwrap_or(&default));
    let given = read.options.iter().find(|given| names.contains(&&*given.name))?;
    let text = given.value?;
    let separate = given.next.filter(|next| next.text == text && !given.word.text.ends_with(text));
    let word = separate.unwrap_or(given.word);
    let at = step.words.iter().position(|other| std::ptr::eq(other, word))?;
    let whole = step.values.get(at)?.by_default().shape();
    let name = given.word.text.strip_suffix(text).filter(|_| separate.is_none()).unwrap_or_default();
    Some(whole.strip_prefix(name).unwrap_or(&whole).to_owned())
}

/// Whether a script may start jobs at all; cheap.
pub fn may_launch(script: &Script) -> bool {
    let text = &*script.text;
    let loops = || ["for", "while", "until", "select"].iter().any(|word| text.contains(word));
    (has_background(text) && loops() && runs_aside(script))
        || (text.contains("xargs") && has_jobs_option(text))
        || mentions(text, "parallel")
}

/// Whether a job that is not small is started where it may be started again, or in a text that is run.
fn runs_aside(script: &Script) -> bool {
    let mut found = false;
    let (mut jobs, mut again, mut functions) = (Vec::new(), Vec::new(), HashSet::new());
    script.body.each(&mut |statement| {
        if statement.background {
            jobs.push(statement);
        }
        match &statement.action {
            Action::Loop(_) => again.push(&statement.bytes),
            // It may be called in a loop.
            Action::Function(names, _) => {
                again.push(&statement.bytes);
                functions.extend(names.iter().map(String::as_str));
            }
            Action::Command(command) => found |= command.words.iter().any(may_run_text) && holds_background(script, statement),
            _ => {}
        }
    });
    let is_again = |job: &Bytes| again.iter().any(|outer| outer.start <= job.start && job.end <= outer.end);
    found || jobs.into_iter().any(|job| is_again(&job.bytes) && !starts_small(job, &functions))
}

/// Whether a command with such a word may run a text as shell.
fn may_run_text(word: &Word) -> bool {
    let is_shell = || word.text.rsplit('/').next().and_then(Dialect::of_name).is_some();
    let is_flag = || word.text.starts_with('-') && word.text.ends_with('c');
    matches!(&*word.text, "eval" | "trap") || is_flag() || is_shell()
}

fn holds_background(script: &Script, statement: &Statement) -> bool {
    let documents = statement.redirects.iter().filter_map(|redirect| redirect.body.as_ref());
    let texts = documents.chain([&statement.bytes]).map(|bytes| script.text.get(bytes.clone()).unwrap_or_default());
    texts.into_iter().any(has_background)
}

/// Whether all commands of a job are surely small ones by their names, which run no others.
fn starts_small(job: &Statement, functions: &HashSet<&str>) -> bool {
    let runs_others =
        |name: &str| matches!(name, "eval" | "find" | "ssh" | "trap") || facts::grammar(name).is_some_and(|it| it.wraps.is_some());
    let mut small = true;
    job.each(&mut |statement| {
        small &= match &statement.action {
            Action::Command(command) => {
                let name = command.words.first().map_or("", |word| word.text.as_str());
                SMALL.contains(&name) && !runs_others(name) && !functions.contains(name)
            }
            _ => true,
        };
    });
    small
}

/// Whether `-P`, `-0P` or the like stands there, or what `--max-procs` may be cut to.
fn has_jobs_option(text: &str) -> bool {
    let is_bundled = |at: usize| {
        let glued = text.as_bytes()[..at].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).take(32).count();
        // `Update-Package-Lists` is a name.
        let before = text.as_bytes()[..at - glued].strip_suffix(b"-");
        before.is_some_and(|before| !before.last().is_some_and(u8::is_ascii_alphanumeric))
    };
    text.contains("--max-p") || memchr::memchr_iter(b'P', text.as_bytes()).any(is_bundled)
}

/// Whether an `&` stands there that is no part of `&&`, `>&`, `<&`, `&>` or `|&`.
fn has_background(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alone = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + 1);
        !matches!(before, Some(b'&' | b'>' | b'<' | b'|' | b'\\')) && !matches!(after, Some(b'&' | b'>'))
    };
    memchr::memchr_iter(b'&', bytes).any(alone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn may(text: &str) -> bool {
        may_launch(&Script::parse("x.sh", text.as_bytes(), Policy::built_in().targets))
    }

    #[test]
    fn only_what_may_launch_is_followed() {
        for text in [
            "for i in 1 2; do ./stream.sh & done",
            "f() { ./stream.sh & }\nwhile read -r x; do f; done",
            "gzip() { ./stream.sh; }\nfor i in 1 2; do gzip & done",
            "for i in 1 2; do nohup ./stream.sh & done",
            "for i in 1 2; do eval './stream.sh &'; done",
            "for i in 1 2; do bash <<END\n./stream.sh &\nEND\ndone",
            "ls | xargs -0P4 ./stream.sh",
            "ls | parallel ./stream.sh",
        ] {
            assert!(may(text), "{text}");
        }
        for text in [
            "for i in 1 2; do gzip \"$i\" & done",
            "for i in 1 2; do ls; done\n./serve &",
            "trap 'rm -f x' EXIT\nfor i in 1 2; do sed 's/a/&/' x; done",
            "# in parallel\nls",
            "ls | xargs rm # Update-Package-Lists",
        ] {
            assert!(!may(text), "{text}");
        }
    }
}
