//! Hostile scripts: no panic, no overflow of the stack, an answer in time, spans inside the text.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod script_support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use gnp_lint::finding::Finding;
use gnp_lint::lint::lint;
use gnp_lint::shell::Script;
use proptest::prelude::*;
use script_support::{TARGETS, policy};

fn judged(bytes: &[u8]) -> Vec<Finding> {
    let script = Script::parse("hostile.bash", bytes, TARGETS);
    let found = lint(&script, &policy());
    for step in &script.course().steps {
        assert!(script.text.get(step.bytes.clone()).is_some(), "{:?} is no stretch of the text", step.bytes);
    }
    for finding in &found {
        let Some(span) = finding.place.span.as_ref() else { panic!("{finding:?} has no place") };
        assert!(span.bytes.start <= span.bytes.end && span.bytes.end <= script.text.len());
        assert!(script.text.is_char_boundary(span.bytes.start) && script.text.is_char_boundary(span.bytes.end));
    }
    found
}

/// Debug builds are some twenty times slower than what is shipped, and share the machine with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn values_that_double_are_given_up() {
    let begun = Instant::now();
    let line = "a=$a$a; b+=$b; c+=(\"${c[@]}\"); d=${a:-$d}; e=$(echo $e $e); f() { g \"$@\" \"$@\"; }; g() { f \"$@\" \"$@\"; }; f \"${c[@]}\" $a\n";
    judged(format!("a=x b=y e=z d=v\nc=(x)\n{}", line.repeat(200)).as_bytes());
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[test]
fn thousands_of_findings_on_one_line_share_what_they_say() {
    let count = 5_000;
    let found = judged(format!("#!/bin/bash\n{}\n", "timeout 5 x; ".repeat(count)).as_bytes());
    assert_eq!(found.len(), count);
    let inserted = |finding: &Finding| Some(Arc::clone(&finding.fix.as_ref()?.edits.first()?.text));
    for pair in found.windows(2).skip(1) {
        let [one, other] = pair else { panic!("windows of two") };
        assert!(Arc::ptr_eq(one.help.as_ref().unwrap(), other.help.as_ref().unwrap()));
        assert!(Arc::ptr_eq(&inserted(one).unwrap(), &inserted(other).unwrap()));
    }
}

#[test]
fn nesting_a_hundred_thousand_deep_is_refused_in_time() {
    let deep = 100_000;
    let texts = [
        "(".repeat(deep),
        "{ ".repeat(deep),
        "$(".repeat(deep),
        "`".repeat(deep),
        "${a:-".repeat(deep),
        "\"${a:-".repeat(deep),
        "\"$(".repeat(deep),
        "$((".repeat(deep),
        "a=(".repeat(deep),
        "[[ (".repeat(deep),
        "[[ ! ".repeat(deep),
        "! ".repeat(deep),
        "if ".repeat(deep),
        "if x; then ".repeat(deep),
        "while x; do ".repeat(deep),
        "case x in x) ".repeat(deep),
        "f() { ".repeat(deep),
        "x && ".repeat(deep),
        "x | ".repeat(deep),
        "x || ".repeat(deep) + "x",
        "x; ".repeat(deep),
        "{a,".repeat(deep),
        "cat <<A\n".repeat(deep / 10),
        "time ".repeat(deep),
        "eval 'eval ".repeat(deep),
        "<(".repeat(deep),
        "@(".repeat(deep),
        "a[".repeat(deep),
        "a[\n".repeat(deep),
        "${a[\n".repeat(deep),
        "[[ \n".repeat(deep),
        "${a[".repeat(deep),
        "${a//".repeat(deep),
        "\\".repeat(deep),
        "'\"".repeat(deep),
        "function ".repeat(deep),
        "env ".repeat(deep),
        "sudo -u x ".repeat(deep),
        "find -exec ".repeat(deep),
        "${ ".repeat(deep),
        "\"${ ".repeat(deep),
        "`\\`\\\\`".repeat(deep),
        "a[$(".repeat(deep),
        "cat <<A\n".to_owned() + &"$(( ".repeat(deep),
        "cat <<A\n".to_owned() + &"$(a\n".repeat(deep),
        "cat <<A\n".to_owned() + &"`a ".repeat(deep),
        "cat ".to_owned() + &"<<A ".repeat(deep),
        "{ ".repeat(60) + &"$((".repeat(deep),
        "x=`".to_owned() + &"$(( ".repeat(deep) + "`",
        "((a) ".repeat(deep),
        "a[ ".repeat(deep),
        "declare ".to_owned() + &"a[ ".repeat(deep),
        "x || ".repeat(400) + "x\n",
        ("x || ".repeat(400) + "x\n").repeat(250),
        "[[ a =~ ".to_owned() + &"(".repeat(deep),
        "f() ".repeat(deep),
        "coproc ".repeat(deep),
        "case x in ".to_owned() + &"(a|b) ;& ".repeat(deep),
    ];
    for text in texts {
        let start = Instant::now();
        judged(text.as_bytes());
        let head: String = text.chars().take(20).collect();
        assert!(start.elapsed() < PATIENCE, "{head:?} took {:?}", start.elapsed());
    }
}

#[test]
fn long_lines_many_functions_and_binary_are_judged_in_time() {
    let calls: Vec<String> = (0..3000).map(|at| format!("f{at}() {{ f{}; command -v \"$1\" || exit; }}", at + 1)).collect();
    let texts = [
        "timeout 5 x; ".repeat(80_000).into_bytes(),
        format!("echo {}", "a".repeat(1_000_000)).into_bytes(),
        format!("echo '{}'", "a b ".repeat(250_000)).into_bytes(),
        format!("echo {}", "$x ".repeat(300_000)).into_bytes(),
        format!("x={}", "\\\"".repeat(300_000)).into_bytes(),
        calls.join("\n").into_bytes(),
        "if command -v a; then b; fi\n".repeat(20_000).into_bytes(),
        (0..=255u8).cycle().skip(1).filter(|&byte| byte != 0).take(500_000).collect(),
        vec![0xff; 500_000],
        format!("echo {}", "a".repeat(10_000_000)).into_bytes(),
        format!("echo {}", "ab ".repeat(3_300_000)).into_bytes(),
        "case x in ".to_owned().into_bytes().into_iter().chain("a) b;; ".repeat(1_400_000).into_bytes()).collect(),
        b"timeout 5 x\0\n".repeat(700_000),
    ];
    for text in texts {
        let start = Instant::now();
        judged(&text);
        let head = String::from_utf8_lossy(&text[..20]).into_owned();
        assert!(start.elapsed() < PATIENCE, "{head:?} took {:?}", start.elapsed());
    }
}

const WHOLE: &str = "#!/bin/bash\nset -eu\nif command -v timeout >/dev/null 2>&1; then run='timeout 5'; fi\n\
    x=$(cat <<'EOF'\nit's ${here}\nEOF\n)\ncase \"$(uname -s)\" in Darwin*) sed -i '' \"s/é/${x//a/'b'}/\" f ;; *) date -d @0 |& tee ;; esac\n\
    find . -name '*.sh' -exec sh -c 'timeout 5 \"$1\"' _ {} \\;\nfor i in {01..10}; do echo \"${a[-1]:-$(nproc || echo 4)}\"; done &>> log\n\
    trap 'rm -rf \"$d\"' EXIT # gnp-lint: allow(missing-command) here\n";

#[test]
fn every_truncation_is_judged() {
    for end in 0..=WHOLE.len() {
        judged(&WHOLE.as_bytes()[..end]);
    }
}

#[test]
fn every_truncation_of_the_examples_and_of_whole_scripts_is_judged() {
    for fact in gnp_lint::facts::all() {
        for end in 0..fact.bad.len() {
            judged(&fact.bad.as_bytes()[..end]);
        }
    }
    for path in ["tests/scripts/bad/launch-streams.bash", "tests/scripts/ok/launch-streams.bash", "hooks/shim", "install.sh"] {
        let bytes = std::fs::read(path).unwrap();
        // The cost grows with the square of the length.
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 1000) {
            judged(&bytes[..end]);
        }
    }
}

#[test]
fn more_words_than_anybody_writes_are_refused() {
    let text = "echo ".to_owned() + &"ab ".repeat(500_000);
    let found = judged(text.as_bytes());
    assert_eq!(found.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["unreadable-script"]);
    assert!(found[0].message.contains("words"), "{}", found[0].message);
}

fn fragments() -> impl Strategy<Value = String> {
    let pieces = [
        "timeout 5 ",
        "sed -i ",
        "'",
        "\"",
        "$(",
        ")",
        "${a[-1]}",
        "${",
        "}",
        "`",
        "\n",
        ";",
        "&&",
        "||",
        "|&",
        "if ",
        "then ",
        "fi",
        "case x in ",
        "esac",
        "é",
        "\\",
        "<<EOF\n",
        "EOF\n",
        "# gnp-lint: allow(missing-command)",
        "command -v timeout",
        "[[ -v x ]]",
        "((",
        "))",
        "{01..3}",
        " ",
        "\r\n",
        "bash -c ",
        "eval ",
        "f() {",
        "for i in ",
        "do ",
        "done",
        "\u{fffc}",
        "=",
        "a=(",
        "[",
        "]",
        "-",
        "*)",
        "&>>",
        "env -u ",
        "find -exec ",
        "{} \\;",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_judged(text in fragments()) {
        judged(text.as_bytes());
    }

    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        judged(&bytes);
    }

    #[test]
    fn any_edit_of_a_script_is_judged(at in 0..WHOLE.len(), length in 0..20usize, with in fragments()) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, with.into_bytes());
        judged(&bytes);
    }
}
