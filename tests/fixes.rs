//! Fixes: what each makes of its text, and that no fix makes a text worse.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod script_support;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use gnp_lint::breach::breaches;
use gnp_lint::carriers::Form;
use gnp_lint::facts::{self, Fact};
use gnp_lint::fix::{Extent, Fixed, fixed};
use gnp_lint::policy::{Policy, Targets, Version};
use gnp_lint::rule::Check;
use gnp_lint::rules::RULES;
use gnp_lint::shell::{Dialect, Script};
use proptest::prelude::*;
use script_support::{policy, told};

/// The oldest systems of the tables: every row counts.
const OLDEST: Targets = Targets { bash: Version(3, 2), macos: Some(Version(10, 15)), linux: true };

fn fix(text: &str, wanted: Extent) -> Fixed {
    fixed("script.bash", text, Form::Script(dialect(text)), &Policy { targets: OLDEST, ..policy() }, wanted)
}

/// What runs a text: bash, unless its first line says `sh`.
fn dialect(text: &str) -> Dialect {
    if text.starts_with("#!/bin/sh") { Dialect::Sh } else { Dialect::Bash }
}

fn after(text: &str, wanted: Extent) -> String {
    fix(text, wanted).text.unwrap_or_else(|| text.to_owned())
}

/// What `--fix` makes of a text.
const SAFE: &[(&str, &str)] = &[
    // Where every element is there, the last one is at the length less one.
    ("a=(x y); b=${a[-1]} c=\"${a[ -2 ]%y}\" d=${#a[-1]}", "a=(x y); b=${a[${#a[@]}-1]} c=\"${a[${#a[@]}-2]%y}\" d=${#a[${#a[@]}-1]}"),
    ("a=(1 2); echo $(( a[-1] + 1 )) <<EOF\n${a[-1]}\nEOF", "a=(1 2); echo $(( a[${#a[@]}-1] + 1 )) <<EOF\n${a[${#a[@]}-1]}\nEOF"),
    ("a+=(x); a[-1]=y; unset 'a[-1]'", "a+=(x); a[${#a[@]}-1]=y; unset \"a[${#a[@]}-1]\""),
    ("echo \"${BASH_SOURCE[-1]}\"", "echo \"${BASH_SOURCE[${#BASH_SOURCE[@]}-1]}\""),
    ("v=abc; echo \"${v:0:-1}${v:1: -1}\"", "v=abc; echo \"${v:0:${#v}-1}${v:1:${#v}-2}\""),
    ("make |& tee log |& cat; { a;}|& b", "make 2>&1 | tee log 2>&1 | cat; { a;} 2>&1 | b"),
    ("make &>>log; x&>> \"$f\"; echo 2&>>g; (y) &>>h&", "make >>log 2>&1; x >> \"$f\" 2>&1; echo 2 >>g 2>&1; (y) >>h 2>&1&"),
    ("for i in {01..10} {1..10..2} {5..1..2}; do :; done", "for i in $(seq -w 1 10) $(seq 1 2 10) $(seq 5 -2 1); do :; done"),
    ("a=({001..010}); echo {0..1000000..250000}", "a=($(seq -f '%03.0f' 1 10)); echo $(seq -f '%.0f' 0 250000 1000000)"),
    ("[ -v x ] && [[ -v y && ! -v a[1] ]]", "[ -n \"${x+set}\" ] && [[ -n ${y+set} && ! -n ${a[1]+set} ]]"),
    (
        "for i in {1..5} {5..1}; do :; done; a=({0..9}); echo {a..e} x{1..3}",
        "for i in $(seq 1 5) $(seq 5 -1 1); do :; done; a=($(seq 0 9)); echo {a..e} x{1..3}",
    ),
    ("#!/bin/sh\nfor i in {1..3} {01..10..3}; do :; done", "#!/bin/sh\nfor i in $(seq 1 3) $(seq -f '%02.0f' 1 3 10); do :; done"),
    ("#!/bin/sh\nfunction f { :; }; function g() { :; }; function h-i { :; }", "#!/bin/sh\nf() { :; }; g() { :; }; function h-i { :; }"),
    ("#!/bin/sh\n[ \"$a\" == b ] && test \"$a\" == c && [ a == \"$b\" ]", "#!/bin/sh\n[ \"$a\" = b ] && test \"$a\" = c && [ a = \"$b\" ]"),
    ("#!/bin/sh\nsource \"$d/lib.sh\"; source lib.sh; source ./a b", "#!/bin/sh\n. \"$d/lib.sh\"; source lib.sh; source ./a b"),
    ("#!/bin/sh\na &> f; b&>\"$g\" & c |& d; e &>> h", "#!/bin/sh\na > f 2>&1; b >\"$g\" 2>&1 & c 2>&1 | d; e >> h 2>&1"),
    ("cat <<< $v; cat <<< ${v}", "cat <<< \"$v\"; cat <<< \"${v}\""),
    ("x=$(case $y in a|b) c;; *) d;; esac)", "x=$(case $y in (a|b) c;; (*) d;; esac)"),
    (
        "mapfile -t a < f || exit; cmd | readarray -t b",
        "{ a=(); while IFS= read -r line || [ -n \"$line\" ]; do a+=(\"$line\"); done; } < f || exit; \
         cmd | { b=(); while IFS= read -r line || [ -n \"$line\" ]; do b+=(\"$line\"); done; }",
    ),
    (
        "line=1; mapfile -d '' -t a < <(find . -print0)",
        "line=1; { a=(); while IFS= read -r -d '' REPLY || [ -n \"$REPLY\" ]; do a+=(\"$REPLY\"); done; } < <(find . -print0)",
    ),
    ("f() { declare -g x=1 y=\"$z\"; typeset -g -a l=(1 2); }", "f() { x=1 y=\"$z\"; l=(1 2); }"),
    ("head -n -1 \"$f\"; x | head -n-3", "sed '$d' < \"$f\"; x | awk 'NR > 3 { print line[NR % 3] } { line[NR % 3] = $0 }'"),
    ("xargs -0r rm -f --", "xargs -0 sh -c '[ \"$#\" -eq 0 ] || exec rm -f -- \"$@\"' sh"),
    ("xargs -r -I{} mv {} \"$d\"; xargs -n 1 -r", "xargs -I{} mv {} \"$d\"; xargs -n 1 sh -c '[ \"$#\" -eq 0 ] || exec echo \"$@\"' sh"),
    ("grep -oP '^[a-z]+:\\.x$' f; sudo grep -P x f", "grep -oE '^[a-z]+:\\.x$' f; sudo grep -E x f"),
    ("sed -nre p f; sudo sleep 5m; sleep 1.5s", "sed -nEe p f; sudo sleep 300; sleep 1.5"),
    ("du --max-depth=\"$n\" --human-readable .; mkdir --par a", "du -d \"$n\" -h .; mkdir -p a"),
    ("sed ':a s/x/y/; ta' f", "sed ':a\ns/x/y/; ta' f"),
    ("sed --in-place=.bak --expression=p f", "sed -i.bak -e p f"),
    ("find -name x; find -H \\( -type f \\); find ! -name x", "find . -name x; find -H . \\( -type f \\); find . ! -name x"),
    ("find d ! -type f,l -print", "find d ! \\( -type f -o -type l \\) -print"),
    ("zcat f.gz; sudo zcat -f \"$f.gz\" | x; gzcat f.gz", "gzip -dc f.gz; sudo gzip -dc -f \"$f.gz\" | x; gzip -dc f.gz"),
    ("x | paste -sd, > y; z=$(paste -s < f)", "x | paste -sd, - > y; z=$(paste -s - < f)"),
    ("sleep 2d; head -c1M f; head -c \"2K\" f", "sleep 172800; head -c1048576 f; head -c 2048 f"),
    ("dd if=a of=b bs=4K; dd if=a of=b bs=1m", "dd if=a of=b bs=4096; dd if=a of=b bs=1048576"),
    (
        "sed 's/ab\\?\\(c\\)\\+/x/;s/d\\+//' f; sed -E \"s/\\s+$//\" f",
        "sed 's/ab\\{0,1\\}\\(c\\)\\{1,\\}/x/;s/d\\{1,\\}//' f; sed -E \"s/[[:space:]]+$//\" f",
    ),
    ("sed 's/\\w\\W\\S//' f", "sed 's/[[:alnum:]_][^[:alnum:]_][^[:space:]]//' f"),
    ("sed -n '/a/{s/b/c/;p};1{p}' f", "sed -n '/a/{s/b/c/;p;};1{p;}' f"),
    ("sed ':a;N;$!ba;s/x/y/' f; sed ':b\n$!{N;bb}' f", "sed ':a\nN;$!ba\ns/x/y/' f; sed ':b\n$!{N;bb\n}' f"),
    ("base64 f; date -uI; date -I", "base64 < f; date -uI; date +%Y-%m-%d"),
    // Carriage returns and other scripts' letters stay where they are.
    ("é=1 # ü\r\nmake |& cat\r\n", "é=1 # ü\r\nmake 2>&1 | cat\r\n"),
    ("\u{feff}make |& cat", "\u{feff}make 2>&1 | cat"),
];

/// What `--fix=unsafe` makes of a text that `--fix` leaves alone.
const UNSAFE: &[(&str, &str)] = &[
    ("echo \"${a[-1]}\"", "echo \"${a[${#a[@]}-1]}\""),
    ("a=(x y); unset 'a[0]'; echo ${a[-1]}", "a=(x y); unset 'a[0]'; echo ${a[${#a[@]}-1]}"),
    ("a=([5]=x); echo ${a[-1]}", "a=([5]=x); echo ${a[${#a[@]}-1]}"),
    (
        "x=${v^^} y=\"a${1,,}\"",
        "x=$(printf '%s' \"$v\" | tr '[:lower:]' '[:upper:]') y=\"a$(printf '%s' \"${1}\" | tr '[:upper:]' '[:lower:]')\"",
    ),
    (
        "echo ${v^} ${v@L}",
        "echo $(printf '%s' \"${v:0:1}\" | tr '[:lower:]' '[:upper:]')${v:1} $(printf '%s' \"$v\" | tr '[:upper:]' '[:lower:]')",
    ),
    ("echo \"${a[$i],,}\"", "echo \"$(printf '%s' \"${a[$i]}\" | tr '[:upper:]' '[:lower:]')\""),
    ("source <(kubectl completion bash)", "eval \"$(kubectl completion bash)\""),
    ("f() { local x; g; }; g() { declare -g x=1; }", "f() { local x; g; }; g() { x=1; }"),
    ("f() { declare -g x=$(cmd); }", "f() { x=$(cmd); }"),
    ("sed -i s/a/b/ f", "sed -i.bak s/a/b/ f && rm -f f.bak"),
    ("sed -nEi -e p \"$f\" \"$d\"/g 2>/dev/null", "sed -nEi.bak -e p \"$f\" \"$d\"/g 2>/dev/null && rm -f \"$f.bak\" \"$d\"/g.bak"),
    ("sed -i '' -e s/a/b/ f; sed -i'' s/a/b/ f", "sed -i.bak -e s/a/b/ f && rm -f f.bak; sed -i.bak s/a/b/ f && rm -f f.bak"),
    ("x || sed -i s/a/b/ f", "x || (sed -i.bak s/a/b/ f && rm -f f.bak)"),
    ("if ! A=1 sed -i s/a/b/ f; then x; fi", "if ! (A=1 sed -i.bak s/a/b/ f && rm -f f.bak); then x; fi"),
    ("set -e; x=$(sed -i s/a/b/ f)", "set -e; x=$( (sed -i.bak s/a/b/ f && rm -f f.bak))"),
    ("set -e\nsed -i s/a/b/ f", "set -e\n(sed -i.bak s/a/b/ f && rm -f f.bak)"),
    ("sed s/a/b/ -i f; sed -n p f --in-place", "sed -i.bak s/a/b/ f && rm -f f.bak; sed -i.bak -n p f && rm -f f.bak"),
    ("sed -i \"$1\" \"$f\"", "sed -i.bak \"$1\" \"$f\" && rm -f \"$f.bak\""),
    ("sed --in-place s/a/b/ f &", "sed -i.bak s/a/b/ f && rm -f f.bak &"),
    ("d=$(date -d \"@$t\" +%F)", "d=$(date -d \"@$t\" +%F 2>/dev/null || date -r \"$t\" +%F)"),
    ("date -u -r 1234567890 +'%F %T' > f", "{ date -u -d @1234567890 +'%F %T' 2>/dev/null || date -u -r 1234567890 +'%F %T'; } > f"),
    ("TZ=UTC date --date @5 +%F | cat", "{ TZ=UTC date -d @5 +%F 2>/dev/null || TZ=UTC date -r 5 +%F; } | cat"),
    ("m=$(stat -c '%s %Y' \"$f\")", "m=$(stat -c '%s %Y' \"$f\" 2>/dev/null || stat -f '%z %m' \"$f\")"),
    ("stat -f %Lp f", "stat -c %a f 2>/dev/null || stat -f %Lp f"),
    ("grep -P '(?:a|b)\\d{2}' f", "grep -E '(a|b)[0-9]{2}' f"),
    ("make -j\"$(nproc)\"; n=$(sysctl -n hw.ncpu)", "make -j\"$(getconf _NPROCESSORS_ONLN)\"; n=$(getconf _NPROCESSORS_ONLN)"),
    ("sha256sum -c f; x | sha1sum", "shasum -a 256 -c f; x | shasum -a 1"),
    ("x | tac; tail -r \"$f\" > g", "x | sed -n '1!G;h;$p'; sed -n '1!G;h;$p' \"$f\" > g"),
    ("sed 's/[ \\t]*$//;s/[^\\t ]//' f", "sed 's/[[:blank:]]*$//;s/[^[:blank:]]//' f"),
    ("awk '{ gsub(/\\s+/, \" \") } 1' f", "awk '{ gsub(/[[:space:]]+/, \" \") } 1' f"),
];

/// What stays as it is, because no change is sure to be right.
const NEITHER: &[&str] = &[
    "declare -A m; echo ${m[-1]}",
    "echo `echo ${a[-1]}`",
    "bash -c 'echo ${a[-1]}; make |& cat; timeout 5 x'",
    "trap 'timeout 5 x' EXIT",
    "echo ${!a[-1]}; echo ${v:$n:-1}",
    "x=${v^^[a-c]} y=${a[@]^^}",
    "IFS=,; for i in {01..03}; do :; done",
    "echo x{01..03}",
    "mapfile a < f; mapfile -t -n 2 a < f; mapfile -t \"$a\" < f; < f mapfile -t a",
    "f() { declare -g -A m=([a]=1); declare -gi n=1; declare -g \"$x=1\"; }",
    "sed -i s/a/b/ *.txt; sed -i s/a/b/ $files; sed -i s/a/b/ \"$@\"; sed -i -f - f <<EOF\np\nEOF",
    "sed s/a/b/ -i -E f; sed -i f -e s/a/b/",
    "< g sed -i s/a/b/ f; sudo sed -i s/a/b/ f; find . -exec sed -i s/a/b/ {} +",
    "date -d yesterday; date -d @1.5; date -d \"$when\"",
    "stat -c '%s\\n' f; stat -c %y f; stat --printf=%s f; stat -c %s $(x)",
    "grep -P '\\bx' f; grep -P \"$p\" f; grep -P 'a+?' f; grep -oP 'a|ab' f; grep -P -e x f; grep -P 'é' f",
    "head -n -2 a b; head -c -5 f; sudo head -n -1 f; head -n -1 f > g",
    "xargs -r rm \"$x\"; find . | xargs -r sh -c 'x y'",
    "timeout -k 5 30 x; timeout 1.5m x; sudo timeout 5 x; A=1 timeout 5 x; command timeout 5 x; timeout 5",
    "sed 's,a\\+,b,' f; sed 's:\\s::' f; sed \"s/$x\\+/b/\" f; sed 's/[a\\t]/x/' f; sed '\\,a\\+,d' f",
    "nproc --all; sysctl -n hw.memsize; sha256sum --quiet -c f; tac a b; tac -s x f; tail -rn 1 f; /bin/zcat f.gz",
    "with_timeout() { :; }; timeout 5 x",
    "readlink -f a b; readlink -e a; readlink -fn a",
    "# gnp-lint: allow(bash-feature-too-new) on Linux alone\nmake |& cat",
    "if then; make |& cat",
    "make |& cat # \u{fffd}",
];

#[test]
fn each_fix_writes_what_is_expected() {
    let mut wrong = Vec::new();
    for (before, expected) in SAFE {
        for wanted in [Extent::Safe, Extent::Unsafe] {
            check(&mut wrong, before, expected, wanted);
        }
    }
    for (before, expected) in UNSAFE {
        check(&mut wrong, before, before, Extent::Safe);
        check(&mut wrong, before, expected, Extent::Unsafe);
    }
    for text in NEITHER {
        check(&mut wrong, text, text, Extent::Unsafe);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(wrong: &mut Vec<String>, before: &str, expected: &str, wanted: Extent) {
    let found = after(before, wanted);
    if found != expected {
        wrong.push(format!("{wanted:?} {before:?}\n  expected {expected:?}\n  found    {found:?}"));
    }
}

#[test]
fn a_helper_comes_once_and_where_it_does_not_disturb() {
    let text = "#!/bin/bash\n# About this script.\n\nset -euo pipefail\nshopt -s nullglob\n\n# About the call.\n# gnp-lint: allow(missing-command) here\n\
                timeout 5 a # one\ntimeout \"$T\" b\nif ! timeout 1m c; then d; fi\nx=$(readlink -f \"$0\")\n";
    let fixed = after(text, Extent::Unsafe);
    assert_eq!(fixed.matches("with_timeout() (").count(), 1, "{fixed}");
    assert_eq!(fixed.matches("canonical_path() (").count(), 1, "{fixed}");
    let head = "#!/bin/bash\n# About this script.\n\nset -euo pipefail\nshopt -s nullglob\n\n# ";
    assert!(fixed.starts_with(head), "{fixed}");
    let tail = "\n# About the call.\n# gnp-lint: allow(missing-command) here\ntimeout 5 a # one\nwith_timeout \"$T\" b\n\
                if ! with_timeout 1m c; then d; fi\nx=$(canonical_path \"$0\")\n";
    assert!(fixed.ends_with(tail), "{fixed}");
    let bare = after("timeout 5 a", Extent::Unsafe);
    assert!(bare.starts_with("# Runs a command") && bare.ends_with(")\n\nwith_timeout 5 a"), "{bare}");
    let described = after("#!/bin/sh\n# About.\ntimeout 5 a\nreadlink -f b\n", Extent::Unsafe);
    assert!(described.starts_with("#!/bin/sh\n# About.\n\n# "), "{described}");
    let function = after("#!/bin/sh\n# About f.\nf() { timeout 5 a; readlink -f b; }\n", Extent::Unsafe);
    assert!(function.contains("\n\n# About f.\nf() {"), "{function}");
    for fixed in [fixed, described, function] {
        for about in ["# Runs a command for", "# Prints the absolute path"] {
            let comment = fixed.find(about).unwrap();
            assert!(fixed[comment..].lines().nth(1).unwrap().ends_with("() ("), "{about}: {fixed}");
        }
    }
}

#[test]
fn the_helpers_are_clean_and_do_what_they_replace_under_every_shell() {
    let helpers = after("timeout 5 a; readlink -f b", Extent::Unsafe);
    let helpers = &helpers[..helpers.find("with_timeout 5 a").unwrap()];
    assert_eq!(told(&fix(helpers, Extent::Unsafe).findings), [""; 0]);
    let script = format!("set -eu\n{helpers}{}", include_str!("data/helpers.sh"));
    for shell in ["bash", "dash"] {
        let dir = tempfile::tempdir().unwrap();
        let (output, code) = run(shell, &script, dir.path());
        let wrong: Vec<&str> = output.lines().filter(|line| !line.starts_with("ok ")).collect();
        assert!(wrong.is_empty() && code == Some(0) && output.lines().count() == 32, "{shell} {code:?}\n{output}");
    }
}

/// Runs a script in a folder; what it printed and how it ended.
fn run(shell: &str, script: &str, folder: &Path) -> (String, Option<i32>) {
    let path = folder.join("script.bash");
    fs::write(&path, script).unwrap();
    let mut command = Command::new(shell);
    let output = command.arg("script.bash").current_dir(folder).env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null()).output().unwrap();
    fs::remove_file(path).unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
}

/// What a run printed, how it ended, and the files it left.
type Traces = (String, Option<i32>, Vec<(String, Vec<u8>)>);

/// Runs a text in a folder of a fixed name.
fn traces(text: &str, folder: &Path) -> Traces {
    let folder = folder.join("run");
    fs::create_dir(&folder).unwrap();
    for (name, content) in [("f", "x 12\ny a3\nx\n"), ("a", "1\n2\n3\n"), ("file", "one\ntwo  \n"), ("list", "f\n"), ("log", "l\n")] {
        fs::write(folder.join(name), content).unwrap();
    }
    let (output, code) = run("bash", text, &folder);
    let mut left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()))
        .collect();
    left.sort();
    fs::remove_dir_all(&folder).unwrap();
    (output, code, left)
}

fn parses(text: &str) -> bool {
    let mut child = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

fn found_by(text: &str) -> HashSet<String> {
    let script = Script::parse_as("script.bash", text.as_bytes(), dialect(text), OLDEST);
    breaches(&script).iter().map(|breach| breach.fact.id.to_string()).collect()
}

/// What holds of every text and every extent; returns the fixed text.
fn holds(text: &str, wanted: Extent) -> Result<String, String> {
    let result = fix(text, wanted);
    let fixed = result.text.unwrap_or_else(|| text.to_owned());
    let fail = |what: &str| Err(format!("{what} ({wanted:?})\n--- before\n{text}\n--- after\n{fixed}"));
    if parses(text) && !parses(&fixed) {
        return fail("does not parse");
    }
    if after(&fixed, wanted) != fixed {
        return fail("is changed again");
    }
    if result.findings.iter().any(|finding| finding.fix.as_ref().is_some_and(|fix| wanted.takes(fix))) {
        return fail("has something left that could be fixed");
    }
    for (number, _) in text.match_indices("# keep ") {
        let comment = &text[number..text[number..].find('\n').map_or(text.len(), |length| number + length)];
        if fixed.matches(comment).count() != text.matches(comment).count() {
            return fail("loses a comment");
        }
    }
    Ok(fixed)
}

/// Examples that take minutes, look at a clock or a disk, or end processes.
const NOT_RUN: &[&str] = &["sleep-unit", "sleep-hours", "sleep-days", "epochseconds", "df-long-option", "pkill-long-option"];

#[test]
fn every_example_of_the_tables_is_fixed_or_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut fixable = 0;
    for fact in facts::all() {
        let shebang = if fact.dash.is_some() { "#!/bin/sh\n" } else { "" };
        let text = format!("{shebang}# keep above\n{}\n# keep below\n", fact.bad);
        for wanted in [Extent::Safe, Extent::Unsafe] {
            let fixed = holds(&text, wanted).unwrap_or_else(|error| panic!("{}: {error}", fact.id));
            if fixed == text {
                continue;
            }
            fixable += 1;
            assert!(!found_by(&fixed).contains(&*fact.id), "{}: it is still there in\n{fixed}", fact.id);
            if runs_here(fact) {
                assert_eq!(traces(&text, dir.path()), traces(&fixed, dir.path()), "{}:\n{fixed}", fact.id);
            }
        }
    }
    assert!(fixable > 100, "{fixable}");
}

/// What Linux has otherwise cannot be compared here.
fn runs_here(fact: &Fact) -> bool {
    fact.linux.is_none() && !NOT_RUN.contains(&&*fact.id)
}

#[test]
fn every_example_of_the_rules_is_fixed_or_left_alone() {
    for rule in RULES.iter().filter(|rule| matches!(rule.check, Check::Script(_))) {
        for text in rule.bad {
            for wanted in [Extent::Safe, Extent::Unsafe] {
                holds(text, wanted).unwrap_or_else(|error| panic!("{}: {error}", rule.name));
            }
        }
        for text in rule.good {
            assert_eq!(after(text, Extent::Unsafe), *text, "{}", rule.name);
        }
    }
}

/// Commands with something to fix, that run here and end soon.
const COMMANDS: &[&str] = &[
    "echo \"${list[-1]}\"",
    "list[-1]=z",
    "{ echo out; echo err >&2; } |& sort",
    "{ echo out; echo err >&2; } &>> log",
    "cat log nothing &>>log2",
    "for i in {01..03} {1..9..4}; do echo \"$i\"; done",
    "mapfile -t lines < file",
    "mapfile -t lines < nothing",
    "readarray -t lines < <(printf 'a b\\n\\n c')",
    "echo \"${#lines[@]} ${lines[0]-}\"",
    "echo \"${v^^} ${v,} ${v:1:-1}\"",
    "if [[ -v v && ! -v w ]] || [ -v nothing ]; then echo yes; fi",
    "source <(echo 'v=sourced')",
    "sed -i s/x/z/ f",
    "sed -ni -e 1p f a",
    "sed -i s/x/z/ nothing",
    "date -d @86400 +%F",
    "stat -c '%s %n' f",
    "stat -c %s nothing",
    "grep -P 'x\\d*$' f",
    "sed 's/x\\+/<&>/;s/\\s*$/./' f",
    "sed -n '1{p};2{s/x/y/;p}' f file",
    "sed ':a;N;$!ba;s/\\n/,/g' file",
    "sed '$!{N;b};d' file",
    "find -name f -type f,d",
    "cat f file | paste -sd,",
    "tac file",
    "sha1sum f",
    "head -c 1K file",
    "head -n -2 a",
    "printf '' | xargs -r echo none",
    "xargs -r -n 1 echo one < list",
    "timeout 5 sh -c 'cat; exit 3' < a",
    "timeout 0.1 sleep 3",
    "declare -g v=global",
    "unset 'list[-1]'",
    "readlink -f a",
];

fn context() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "X",
        "if X; then echo then; else echo else; fi",
        "f() { X; }; f",
        "( X )",
        "{ X; } 2>/dev/null",
        "echo \"got $(X 2>/dev/null)\"",
        "X || echo failed",
        "true && X",
        "false || X",
        "! X",
        "X &\nwait",
        "cat <<EOF\n$(X 2>/dev/null)\nEOF",
        "while X; do break; done",
        "case a in a) X ;; esac",
        "X | cat",
        "echo `X 2>/dev/null`",
        "x=$(X) || :",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_scripts_do_the_same_afterwards(
        lines in prop::collection::vec((prop::sample::select(COMMANDS), context()), 1..6),
        strict in any::<bool>(),
    ) {
        let mut text = String::from("#!/bin/bash\n# keep head\n");
        text.push_str(if strict { "set -e\n" } else { "" });
        text.push_str("list=(a b c); v=abc; lines=()\n");
        for (number, (command, context)) in lines.iter().enumerate() {
            text.push_str(&format!("# keep {number}\n{}\n", context.replace('X', command)));
        }
        text.push_str("echo end \"$v\" \"${list[*]}\" \"${lines[*]}\"\n");
        let dir = tempfile::tempdir().unwrap();
        let before = traces(&text, dir.path());
        for wanted in [Extent::Safe, Extent::Unsafe] {
            let fixed = holds(&text, wanted).map_err(TestCaseError::fail)?;
            prop_assert_eq!(&before, &traces(&fixed, dir.path()), "{:?}\n--- before\n{}\n--- after\n{}", wanted, text, fixed);
        }
    }
}
