//! How scripts are read, with bash as the referee: what it refuses, what its words become.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod script_support;

use std::io::Write;
use std::process::{Command, Stdio};

use gnp_lint::shell::Script;
use gnp_lint::shell::tree::{Action, Block, Piece, Statement};
use proptest::prelude::*;
use script_support::TARGETS;

fn read(text: &str) -> Script {
    Script::parse("script.bash", text.as_bytes(), TARGETS)
}

/// Whether the bash at hand knows what the texts here use; the one of macOS is too old to be asked.
fn bash_may_judge() -> bool {
    let asked = Command::new("bash").args(["-c", "((BASH_VERSINFO[0] >= 5))"]).status();
    asked.is_ok_and(|status| status.success())
}

/// Whether bash takes a text for a script.
fn bash_takes(text: &str) -> bool {
    let mut child = Command::new("bash").args(["-O", "extglob", "-n"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    ended.status.success() && !["error", "unexpected EOF", "conditional"].iter().any(|word| said.contains(word))
}

#[test]
fn what_bash_takes_is_read() {
    let texts = [
        "",
        "# nothing",
        "a\\\nb c",
        "f\\\n() { a; }",
        "if a; then b; elif c; then d; else e; fi",
        "if a\nthen\nb\nfi >f 2>&1 &",
        "while read -r x; do a; done <f | sort",
        "for x in a b; do c; done",
        "for x in a b\ndo c\ndone",
        "for x; do c; done",
        "for x\ndo c; done",
        "for x in; do c; done",
        "for ((i = 0; i < 3; i++)); do a; done",
        "for ((i = 0; i < 3; i++)) { a; }",
        "select x in a b; do c; done",
        "case $x in esac",
        "case $x in a|b) c ;; (d) ;; *) e; esac",
        "case $x\nin\na)\nb\n;;\nesac",
        "case x in \"a b\"|c\\ d) e;; [[:alpha:]]*) f;; esac",
        "case x in if) a;; esac",
        "x=$(case a in a) b;; esac)",
        "{ a; } && ( b ) || ! c",
        "! ! a",
        "!",
        "time -p a | b",
        "time",
        "f() { a; } >log",
        "f() ( a )",
        "f () if a; then b; fi",
        "function f { a; }",
        "function f-g() { a; }",
        "a+b() { c; }",
        "echo if then fi { } done",
        "echo }",
        "echo a#b # c",
        "x=a#b",
        "x=(a b\n# c\nd [3]=e [f+1]=\"g h\") y=z",
        "x+=(a) y+=b z[1]=c z[i + 1]=d",
        "x=\\\n(a b)",
        "declare -A x=([a]=b) y=c",
        "eval x=(a b)",
        "export \"a=b\" c='d'",
        "a[ b ]",
        "echo ${x} ${x:-a b} ${x:='a}'} ${x:?\"}\"} ${x#*/} ${x%%.*} ${x/a/b} ${x//\\//_} ${x/#a} ${x^^} ${x,} ${x@Q}",
        "echo \"${x:-it's}\" \"${x#'}'}\" ${x:1:2} ${x: -1} ${#x} ${#x[@]} ${!x} ${!x@} ${!x[@]} ${x[a b]} ${x[$i]} $# ${#} ${#-} $- $$ $!",
        "echo \"${x/\"a\"/'b'}\" \"${x:-\"a $(b \"c\")\"}\"",
        "echo $((1 + (2 * 3))) $(( x ? (y) : z )) $[1 + 2] $(( $(a) + `b` ))",
        "echo $( (a) ) $( (a); (b) ) $((a) | b)",
        "((a) || (b))",
        "(( a < b && c ))",
        "((a = (1 + 2) << 3))",
        "[[ a == b* && -f c || ! ( $d < e ) ]]",
        "[[ a =~ ^(b|c d)$ ]]",
        "[[ $x =~ [[:space:]]*(a)?b ]]",
        "[[ -z $x\n|| a -nt b ]]",
        "[[ a == @(b|c) ]]",
        "[ a = b ] || [ ! -e c -a -d d ]",
        "echo @(a|b) !(c) *(d|e) +(f)?",
        "echo `a \\`b\\` \"c\"` \"`echo \\\"a\\\"`\"",
        "echo \"`if`\" `'`",
        "a <<E\nb $c $(d) `e`\nE\nf",
        "a <<'E' | b <<-F && c\n$(\nE\n\tx\n\tF\nd",
        "a <<E >f; b\n\\$x ${\nE",
        "x=$(a <<E\nb ) '\nE\n)",
        "x=$(a <<E\nb\nE\n) y",
        "if a <<E; then b; fi\nx\nE",
        "a <<E \"b\nc\"\nd\nE\ne",
        "a <<\\E\nb\nE",
        "a <<\"E F\"\nb\nE F",
        "a <<<b <<< \"c d\" 3<&0 >&2 2>&- <>f >|g &>h",
        "exec 3<f {fd}>g",
        "a <(b) > >(c)",
        "a | b |\n# c\nd &&\n\ne",
        "a & b & wait",
        "a; b;",
        "find . -exec a \\{} \\; -o -name '*.b'",
        "echo $'a\\'b' $\"c\" $a$ \"$\" $",
        "trap 'a \"b\"' EXIT",
        "echo {a,b}{1..3} {a, b} {} x{",
        "coproc x { a; }",
        "coproc a b",
        "a=1 b=2 c d=3",
        "echo a=b[ x]",
        "\u{e9}=1; echo \u{e9}\u{1f600}",
    ];
    let judged = bash_may_judge();
    for text in texts {
        assert!(!judged || bash_takes(text), "bash refuses {text:?}");
        let script = read(text);
        assert!(script.problems.is_empty(), "{text:?}: {:?}", script.problems);
    }
}

#[test]
fn what_bash_refuses_is_refused() {
    let texts = [
        ("if a; then b", "`if` begins here and has no `fi`", "if a; then b"),
        ("if a; then\nfi", "`fi` cannot stand here", "fi"),
        ("if a; fi", "`fi` stands here, where `if` must have `then`", "fi"),
        ("a; then b", "`then` stands here and closes nothing", "then b"),
        ("a\n}", "`}` stands here and closes nothing", "}"),
        ("a)", "`)` stands here and closes nothing", ")"),
        ("{ a; )", "`)` stands here, where `{` must have `}`", ")"),
        ("( a", "`(` begins here and has no `)`", "( a"),
        ("()", "`)` cannot stand here", ")"),
        ("a && ", "the text ends where a command must stand", ""),
        ("a && then b", "`then` cannot stand here", "then b"),
        ("a | | b", "`|` cannot stand here", "| b"),
        ("a ;; b", "`;;` stands here and closes nothing", ";; b"),
        ("; a", "`;` cannot stand here", "; a"),
        ("& a", "`&` cannot stand here", "& a"),
        ("while a; do b; fi", "`fi` stands here, where `while` must have `done`", "fi"),
        ("for x in a; b; done", "`b` stands here, where `for` must have `do`", "b; done"),
        ("case x in a) b", "`case` begins", ""),
        ("case x a) b;; esac", "`a` stands here, where `case` must have `in`", "a) b;; esac"),
        ("echo 'a", "this `'` is never closed", "'a"),
        ("echo \"a", "this `\"` is never closed", "\"a"),
        ("echo `a", "this backquote is never closed", "`a"),
        ("echo $(a", "`$(` begins here and has no `)`", "$(a"),
        ("echo ${a", "this `${` is never closed", "${a"),
        ("echo $'a", "this `$'` is never closed", "$'a"),
        ("x=(a", "`(` begins here and has no `)`", "(a"),
        ("echo a=(b)", "`(` cannot stand here", "(b)"),
        ("f(a) { b; }", "`(` cannot stand here", "(a) { b; }"),
        ("[[ a ==", "the text ends", ""),
        ("[[ a b ]]", "`b` stands here, where `[[` must have `]]`", "b ]]"),
        ("a >", "the text ends where a command must stand", ""),
        ("a > ; b", "`;` cannot stand here", "; b"),
        ("a <<", "the text ends where a command must stand", ""),
        ("ok\n'a\nb", "this `'` is never closed", "'a"),
    ];
    let judged = bash_may_judge();
    for (text, reason, place) in texts {
        assert!(!judged || !bash_takes(text), "bash takes {text:?}");
        let script = read(text);
        let [problem] = script.problems.as_slice() else { panic!("{text:?}: {:?}", script.problems) };
        assert!(problem.reason.starts_with(reason), "{text:?}: {problem:?}");
        assert!(place.is_empty() || text[problem.bytes.clone()] == *place, "{text:?}: {:?}", &text[problem.bytes.clone()]);
    }
}

#[test]
fn what_stands_before_a_fault_is_read() {
    let script = read("a 1\nb 2 && c 3\nif d; then");
    assert_eq!(script.body.statements.len(), 2);
}

fn words(statement: &Statement) -> Vec<String> {
    let Action::Command(command) = &statement.action else { panic!("{statement:?} is no command") };
    command.words.iter().map(|word| word.text.to_string()).collect()
}

/// The words of each command, those in substitutions and here-documents too.
fn all_words(body: &Block) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    body.each(&mut |statement| {
        if let Action::Command(_) = statement.action {
            all.push(words(statement));
        }
    });
    all
}

#[test]
fn commands_are_found_wherever_they_stand() {
    let texts: [(&str, &[&[&str]]); 16] = [
        ("x=$(a b) c", &[&["c"], &["a", "b"]]),
        ("echo \"$(a \"b c\")\"", &[&["echo", "\u{fffc}"], &["a", "b c"]]),
        ("echo `a \\`b\\``", &[&["echo", "\u{fffc}"], &["a", "\u{fffc}"], &["b"]]),
        ("echo \"`a \\\"b c\\\"`\"", &[&["echo", "\u{fffc}"], &["a", "b c"]]),
        ("echo ${x:-$(a)}", &[&["echo", "\u{fffc}"], &["a"]]),
        ("echo ${x[$(a)]}", &[&["echo", "\u{fffc}"], &["a"]]),
        ("x[$(a)]=1", &[&[], &["a"]]),
        ("x=([$(a)]=$(b) $(c))", &[&[], &["a"], &["b"], &["c"]]),
        ("echo $((1 + $(a)))", &[&["echo", "\u{fffc}"], &["a"]]),
        ("((x = $(a)))", &[&["a"]]),
        ("[[ -n $(a) ]]", &[&["a"]]),
        ("for x in $(a); do b; done", &[&["a"], &["b"]]),
        ("b <<E\n$(a) `c`\nE", &[&["b"], &["a"], &["c"]]),
        ("b <<'E'\n$(a)\nE", &[&["b"]]),
        ("b >\"$(a)\" <(c)", &[&["b", "\u{fffc}"], &["a"], &["c"]]),
        ("echo ${ a; }", &[&["echo", "\u{fffc}"], &["a"]]),
    ];
    for (text, expected) in texts {
        let mut expected: Vec<Vec<String>> = expected.iter().map(|words| words.iter().map(ToString::to_string).collect()).collect();
        let mut found = all_words(&read(text).body);
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    let text = "a 'b c' && ! d | e &\nf=\"$x\" g \\\n h; { i; } >j\n";
    let script = read(text);
    let stands: Vec<&str> = script.body.statements.iter().map(|statement| &text[statement.bytes.clone()]).collect();
    assert_eq!(stands, ["a 'b c' && ! d | e &", "f=\"$x\" g \\\n h", "{ i; } >j"]);
    let nested = "echo \"`echo \\\"$(uname -a)\\\"`\"";
    let script = read(nested);
    let mut last = None;
    script.body.each(&mut |statement| last = Some(nested[statement.bytes.clone()].to_owned()));
    assert_eq!(last.as_deref(), Some("uname -a"));
    let crlf = "if a\r\nthen\r\n  b <<E\r\nx\r\nE\r\nfi\r\ntimeout 5 c\r\n";
    let script = read(crlf);
    assert!(script.problems.is_empty(), "{:?}", script.problems);
    assert_eq!(&crlf[script.body.statements[1].bytes.clone()], "timeout 5 c");
}

#[test]
fn variables_keep_their_operations() {
    let of = |text: &str| {
        let script = read(text);
        let Action::Command(command) = &script.body.statements[0].action else { panic!("{text} is no command") };
        let Piece::Variable(variable) = &command.words[1].pieces[0] else { panic!("{text} has no variable") };
        let inside: Vec<String> = variable.inside.iter().map(|word| word.text.to_string()).collect();
        format!("{} {:?} {} {inside:?}", variable.name, variable.operation, variable.plain)
    };
    assert_eq!(of("a $x"), "x None true []");
    assert_eq!(of("a ${x}"), "x None true []");
    assert_eq!(of("a ${10}"), "10 None true []");
    assert_eq!(of("a $10"), "1 None true []");
    assert_eq!(of("a ${x:-b \"c\"}"), "x Default false [\"b c\"]");
    assert_eq!(of("a \"${x:-'b'}\""), "x Default false [\"'b'\"]");
    assert_eq!(of("a ${x##*/}"), "x RemoveLongestPrefix false [\"*/\"]");
    assert_eq!(of("a ${x%.*}"), "x RemoveSuffix false [\".*\"]");
    assert_eq!(of("a ${x/b/c}"), "x Replace false [\"b\", \"c\"]");
    assert_eq!(of("a ${x//b}"), "x ReplaceAll false [\"b\", \"\"]");
    assert_eq!(of("a ${#x}"), "x Other false []");
    assert_eq!(of("a ${#}"), "# None true []");
    assert_eq!(of("a ${x[@]}"), "x None false []");
    assert_eq!(of("a ${x[1]}"), "x Other false []");
}

/// Prints the arguments, each in angle brackets.
const SHOW: &str = "\nfor it; do printf '<%s>' \"$it\"; done\nprintf '\\0'\n";

/// Pieces of words whose value the text tells.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "a",
        "b1",
        "'a b'",
        "\"a b\"",
        "''",
        "\"\"",
        "\\a",
        "\\\\",
        "\\'",
        "\\\"",
        "\"\\\"\"",
        "\"\\\\\"",
        "\"\\a\"",
        "\"\\$x\"",
        "'\\'",
        "\"'\"",
        "'\"'",
        "\\\n",
        "\"\\\n\"",
        "$'a\\tb'",
        "$'\\x41\\'\\101'",
        "\\$x",
        "\\`",
        "\"\\`\"",
        "=",
        "#",
        "a#",
        "-",
        ".",
        "/",
        ":",
        "%",
        "+",
        "@",
        ",",
        "\u{e9}",
        "'\u{1f600}'",
        "$:",
        "\"$\"",
        "\\ ",
        "\\;",
        "\\&",
        "\\(",
        "'('",
        "!a",
        "^",
        "}",
        "a{",
        "]",
        " ",
        "  ",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_are_what_bash_makes_of_them(lists in prop::collection::vec(pieces(), 24)) {
        let lists: Vec<String> = lists.into_iter().filter(|list| ![" #", "\n#"].iter().any(|comment| format!(" {list}").contains(comment))).collect();
        let (mut ours, mut told) = (String::new(), Vec::new());
        for list in &lists {
            let script = read(&format!("set -- x {list}\n"));
            prop_assert!(script.problems.is_empty(), "{list:?}: {:?}", script.problems);
            prop_assert_eq!(script.body.statements.len(), 1, "{:?}", list);
            // `$a` came together by chance.
            if words(&script.body.statements[0]).iter().any(|word| word.contains('\u{fffc}')) {
                continue;
            }
            told.push(list);
            let found = words(&script.body.statements[0]).split_off(2);
            ours.extend(found.iter().flat_map(|word| ["<", word, ">"]));
            ours.push('\0');
        }
        let script: String = told.iter().flat_map(|list| ["set -- x ", list, SHOW]).collect();
        let ended = Command::new("bash").args(["-f", "+B", "-c", &script]).output().unwrap();
        let theirs = String::from_utf8_lossy(&ended.stdout).into_owned();
        prop_assert_eq!(ours, theirs, "{:?}", told);
    }
}
