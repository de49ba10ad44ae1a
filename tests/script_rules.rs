//! Guards, wrappers and suppressions do what they promise.

mod script_support;

use gnp_lint::rule::Level;
use script_support::{findings, told};

/// Texts in which nothing may be found, each nearly one in which something must.
const GUARDED: &[&str] = &[
    // A command that is asked for.
    "if type timeout >/dev/null 2>&1; then timeout 5 x; fi",
    "hash timeout 2>/dev/null && timeout 5 x",
    "which timeout >/dev/null && timeout 5 x",
    "if [ -x /usr/bin/timeout ]; then timeout 5 x; fi",
    "if [ -x \"$(command -v timeout)\" ]; then timeout 5 x; fi",
    "if [ -n \"$(command -v timeout)\" ]; then timeout 5 x; fi",
    "if ! command -v timeout >/dev/null; then exit 1; fi\ntimeout 5 x",
    "if ! command -v timeout >/dev/null; then echo no >&2; exit 1; fi\ntimeout 5 x",
    "command -v timeout >/dev/null 2>&1 || { echo 'needs timeout' >&2; exit 1; }\ntimeout 5 x",
    "command -v timeout >/dev/null || brew install coreutils\ntimeout 5 x",
    "if ! command -v timeout >/dev/null; then timeout() { shift; \"$@\"; }; fi\ntimeout 5 x",
    "set -e\ncommand -v timeout >/dev/null\ntimeout 5 x",
    "f() { command -v timeout >/dev/null || return 1; timeout 5 x; }; f",
    "if command -v timeout >/dev/null && [ -n \"$1\" ]; then timeout 5 x; fi",
    "command -v timeout >/dev/null && [ -n \"$1\" ] && timeout 5 x",
    "if ! command -v timeout; then x; elif true; then timeout 5 x; else timeout 6 x; fi",
    "have() { command -v \"$1\" >/dev/null 2>&1; }\nif have timeout; then timeout 5 x; fi",
    "have() { command -v \"$1\" >/dev/null; }\nold() { have() { [ -f \"/opt/bin/$1\" ]; }; }\nif have timeout; then timeout 5 x; fi",
    "have() { local c=$1; type \"$c\" >/dev/null 2>&1; }\nhave timeout && timeout 5 x",
    "need() { command -v \"$1\" >/dev/null || { echo \"needs $1\"; exit 1; }; }\nneed timeout\ntimeout 5 x",
    "for c in timeout flock; do command -v \"$c\" >/dev/null || exit 1; done\ntimeout 5 flock l x",
    "check() { for c in \"$@\"; do command -v \"$c\" >/dev/null || exit 1; done; }\ncheck timeout\ntimeout 5 x",
    "HAVE=; command -v timeout >/dev/null && HAVE=1\nif [ -n \"$HAVE\" ]; then timeout 5 x; fi",
    "if command -v timeout >/dev/null; then limit=yes; else limit=no; fi\nif [ \"$limit\" = yes ]; then timeout 5 x; fi",
    "if [ \"$HAVE_TIMEOUT\" = 1 ]; then timeout 5 x; fi",
    "if eval $ASK timeout >/dev/null; then timeout 5 x; fi\n$ASK tac >/dev/null 2>&1 && tac f",
    "T=$(command -v timeout || true)\nif [ -n \"$T\" ]; then timeout 5 x; fi\nif [ \"$(which tac || :)\" ]; then tac f; fi",
    "type pidof >/dev/null 2>&1 || . ./lib.sh\nif pidof x; then y; fi",
    "T=$(command -v timeout)\nif [ -n \"$T\" ]; then timeout 5 x; fi",
    "if T=$(command -v timeout); then timeout 5 x; fi",
    "run() { timeout 5 x; }\nif command -v timeout >/dev/null; then run; fi",
    "if command -v gtimeout >/dev/null; then gtimeout 5 x; else timeout 5 x; fi",
    "alias timeout=gtimeout\ntimeout 5 x",
    "timeout() { shift; \"$@\"; }; timeout 5 x",
    "brew install coreutils; timeout 5 x",
    // The system.
    "[ \"$(uname)\" = Darwin ] && exit 0\ntimeout 5 x",
    "[[ $OSTYPE == darwin* ]] && exit 1\ntimeout 5 x",
    "if [[ \"$OSTYPE\" == \"linux-gnu\"* ]]; then timeout 5 x; fi",
    "case $(uname -s) in Linux) timeout 5 x;; esac",
    "case $OSTYPE in darwin*) md5 -q f;; *) md5sum f;; esac",
    "OS=$(uname -s)\nif [ \"$OS\" != Darwin ]; then timeout 5 x; fi",
    "if uname | grep -q Darwin; then pbcopy < f; else timeout 5 x; fi",
    "is_mac() { [ \"$(uname)\" = Darwin ]; }\nif is_mac; then sed -i '' s/a/b/ f; else sed -i s/a/b/ f; fi",
    "if [[ $(uname) == Darwin ]]; then d=$(date -v-1d +%F); else d=$(date -d yesterday +%F); fi",
    "IS_MAC=false; [ \"$(uname)\" = Darwin ] && IS_MAC=true\nif [ \"$IS_MAC\" = true ]; then stat -f %z f; else stat -c %s f; fi",
    "case \"$(uname -s)\" in Darwin) os=mac;; *) os=other;; esac\nif [ \"$os\" = mac ]; then pbcopy < f; fi",
    "main() { pack; }\nsetup() { pack() { timeout 5 x; }; }\nif [ \"$(uname)\" = Linux ]; then setup; fi\nmain",
    "case $host in *cygwin* | *mingw* | *cegcc*) timeout 5 x;; esac",
    "case $os in Linux | BSD | Solaris | AIX | IRIX) ip route;; esac",
    "if command -v ss >/dev/null; then ip route; fi",
    "have() { which \"$1\" >/dev/null 2>&1; }\nif have systemctl; then timeout 5 x; fi\nhave launchctl && pbcopy < f",
    "if [ X\"$NAME\" = X\"Darwin\" ]; then pbcopy < f; fi",
    "case $1-$(uname -s) in x-Linux) ip route;; esac",
    "case $TERM_PROGRAM in Apple_Terminal | iTerm*) pbcopy < f;; esac",
    "linux_only() { timeout 5 x; }\ncase \"$(uname)\" in Linux) linux_only;; esac",
    "if command -v md5sum >/dev/null; then md5sum f; else md5 -q f; fi",
    "if command -v md5 >/dev/null; then md5 -q f; else md5sum f; fi",
    "if [ -f /etc/os-release ]; then timeout 5 x; fi",
    "if [ \"$(uname)\" = Darwin ] || [ \"$(uname)\" = FreeBSD ]; then :; else timeout 5 x; fi",
    // Another way.
    "n=$(nproc 2>/dev/null || echo 4)",
    "n=$(nproc 2>/dev/null || sysctl -n hw.ncpu)",
    "nproc || sysctl -n hw.ncpu || getconf _NPROCESSORS_ONLN",
    "timeout 30 make || make",
    "date -d @0 2>/dev/null || date -r 1000000000",
    "f=$(readlink -f \"$0\" || realpath \"$0\" || echo \"$0\")",
    "n=$(nproc) || n=4",
    "kind=$(getopt -T)\nif test $? -eq 4; then x=$(getopt -l a: -- \"$@\"); else x=$(getopt a: \"$@\"); fi",
    "f() { if ! pidof \"$1\" 2>/dev/null; then ps axo pid,ucomm | awk -v n=\"$1\" '$2 == n { print $1 }'; fi; }",
    "if sed --version 2>&1 | grep -q GNU; then sed -i s/a/b/ f; else sed -i '' s/a/b/ f; fi",
    "if date -d yesterday >/dev/null 2>&1; then d='date -d'; else d='date -v'; fi",
    "gnu=0; sed --version 2>/dev/null | grep -q GNU && gnu=1\nif [ $gnu = 1 ]; then sed -i s/a/b/ f; else sed -i '' s/a/b/ f; fi",
    // bash itself.
    "if (( ${BASH_VERSINFO[0]:-0} < 4 )); then exit 1; fi\ndeclare -A m",
    "if [ \"${BASH_VERSINFO[0]}\" -ge 4 ]; then declare -A m; fi",
    "if [ \"${BASH_VERSINFO[0]}\" -lt 4 ]; then echo old; exit 1; fi\ndeclare -A m",
    "(( BASH_VERSINFO[0] < 4 )) && exit 1\ndeclare -A m",
    "if ((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 3))); then wait -n; fi",
    "if [[ ${BASH_VERSION%%.*} -lt 4 ]]; then exec /opt/homebrew/bin/bash \"$0\" \"$@\"; fi\nmapfile -t a < f",
    "case $BASH_VERSION in [4-9]*) declare -A m;; esac",
    "v=${BASH_VERSINFO[0]:-5}\nif ((v >= 4)); then declare -A m; fi\ncase $v in 4 | 5) read -t 0.5 x;; esac",
    "readonly major=${BASH_VERSION%%.*}\n[ \"$major\" -ge 4 ] && declare -A m",
    "if type mapfile >/dev/null 2>&1; then mapfile -t a < f; fi",
    "shopt -s globstar 2>/dev/null || true",
    "pid=${BASHPID:-$$}",
    "#!/bin/sh\ntest yes = \"$want_nocaseglob\" && old=`shopt -p nocaseglob`\nif test yes = \"$want_nocaseglob\"; then shopt -s nocaseglob; fi",
    // Mentions.
    "echo timeout 5; printf '%s\\n' 'timeout 5' \"timeout 5\" # timeout 5",
    "cat <<EOF\ntimeout 5 x\nsed -i s/a/b/ f\nEOF",
    "[[ $1 == timeout ]] && timeout=5",
    "case $1 in timeout) echo \"$timeout\";; esac",
    "grep -n 'sed -i' -- *.sh",
    "git commit -m 'use ${a[-1]} and timeout'",
    "ssh host 'timeout 5 x; sed -i s/a/b/ f'",
    "#!/bin/sh\nprintf '%b' '-l, --log-level   how much is told'; printf '%s\\n' -v x",
    "./timeout 5 x; /opt/homebrew/bin/timeout 5 x; gtimeout 5 x",
    "\"$TIMEOUT\" 5 x",
    "sed $opts s/a/b/ f; date \"$how\" x; xargs \"${flags[@]}\" rm",
    "command -v timeout; type timeout; which timeout",
    "[ \"$1\" = -v ] && echo verbose",
    "sed -i.bak s/a/b/ f; sed -n -i.bak -e p f; sed -e -i f",
    "date -u +%Y; date +%s; date -r f; date -u -R",
    "grep -E 'a|b' f; grep -o x f; grep --color=auto x f; grep -rn --include='*.sh' x .",
    "m=$(stat -f%m f 2>/dev/null || stat -c %Y f); tail +2 f",
    "touch -d \"$when\" f",
    "tail -n +2 f; head -n 5 f; head -5 f; sort -V f; sort -h f; cut -d: -f1 f",
    "find . -name x -maxdepth 1 -delete; find . -print0 | xargs -0 -n1 -P4 rm",
    "readlink f; ln -sfn a b; cp -R a b; cp -p a b; mktemp -d; mktemp",
    "a=(1 2); echo \"${a[@]: -1}\" \"${a[0]}\" \"${#a[@]}\"; unset 'a[1]'",
    "x=$(cat <<'EOF'\nit's balanced, isn't it\nEOF\n)",
    "find . -exec x \\{} \\;",
    "f() {\n  awk -F : '{ print $2, $4'} f | cat\n}",
    "case $os in 'Mac OS X' | macOS | 'iPhone OS') vm_stat ;; esac",
    ": ${EGREP=egrep}}",
    "f() {\n  [ -f \"$a\" ] && [ -f ${a}%.gz} ] && mv \"$a\" b\n}",
    "case x in x) eval : \\${$name=\\`cat f\\`} || exit 1 ;; esac",
    "awk '{ timeout[$1]++ } END { for (t in timeout) print t }' f",
    "read -r -t 5 x; read -r -n 1 x; wait \"$pid\"; printf '%s' x; echo -e 'a\\tb'",
];

#[test]
fn what_is_provided_for_or_only_mentioned_stays_silent() {
    let wrong: Vec<String> = GUARDED
        .iter()
        .map(|text| (text, findings(text)))
        .filter(|(_, found)| !found.is_empty())
        .map(|(text, found)| format!("`{text}`: {:?}", told(&found)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_may_fail_unheard_is_only_warned_of() {
    for (text, rule) in [
        ("ionice -c3 -p $$ >/dev/null 2>&1 || true", "missing-command"),
        ("chmod --reference=a b 2>/dev/null || :", "unportable-option"),
        ("wait -n 2>/dev/null || true", "bash-feature-too-new"),
        ("age=$(stat -c %Y f 2>/dev/null || echo 0)", "unportable-option"),
        ("if wait -n 2>/dev/null; then :; fi", "bash-feature-too-new"),
        ("osascript -e 'display notification \"done\"' 2>/dev/null || true", "missing-command"),
        ("[ -d a ] && rmdir --ignore-fail-on-non-empty a 2>/dev/null || true", "unportable-option"),
    ] {
        let found = findings(text);
        let [finding] = found.as_slice() else { panic!("`{text}`: {:?}", told(&found)) };
        assert_eq!((finding.rule, finding.level), (rule, Level::Warn), "{text}");
        assert!(finding.message.ends_with(", and nobody hears of it"), "{}", finding.message);
    }
}

#[test]
fn escapes_that_open_brackets_are_no_depth() {
    let found = findings(&"printf '\\e[?25l\\033[0m'\n".repeat(500));
    assert!(found.is_empty(), "{:?}", told(&found));
}

#[test]
fn a_range_with_a_variable_works_where_eval_reads_it_again() {
    let found = findings("for i in `eval echo {1..$n}`; do echo \"$i\"; done");
    assert_eq!(
        told(&found),
        ["warn brace-range: `{1..$n}`: the protocol asks for `seq`; bash 3.2 has the range, dash prints it as it stands"]
    );
}

/// Texts in which exactly these rules must deny, each nearly fine.
const BARE: &[(&str, &[&str])] = &[
    ("if ! command -v timeout; then timeout 5 x; fi", &["missing-command"]),
    ("if ! command -v timeout; then echo 'no timeout'; fi\ntimeout 5 x", &["missing-command"]),
    ("f() { command -v timeout || return; timeout 5 x; }\nf\ntimeout 5 x", &["missing-command"]),
    ("if command -v timeout; then timeout 5 x; fi\ntimeout 5 x", &["missing-command"]),
    ("command -v gtimeout || exit 1\ntimeout 5 x", &["missing-command"]),
    ("command -v flock >/dev/null && timeout 5 x", &["missing-command"]),
    ("if command -v timeout || true; then timeout 5 x; fi", &["missing-command"]),
    ("timeout() { command timeout \"$@\"; }", &["missing-command"]),
    ("main() { pack; }\nsetup() { pack() { timeout 5 x; }; }\nif [ -n \"$1\" ]; then setup; fi\nmain", &["missing-command"]),
    ("case $os in Linux | Plan9) timeout 5 x;; esac", &["missing-command"]),
    ("case $os in Darwin | IRIX) timeout 5 x;; esac", &["missing-command"]),
    ("case $TERM_PROGRAM in iTerm* | Linux) timeout 5 x;; esac", &["missing-command"]),
    ("case $TERM_PROGRAM in Apple_Terminal) x;; *) timeout 5 x;; esac", &["missing-command"]),
    ("if ! mountpoint \"$1\" >/dev/null 2>&1; then drop --mount=\"$1\"; fi", &["missing-command"]),
    ("if ! pidof \"$1\" 2>/dev/null; then warn \"$1 does not run\"; fi", &["missing-command"]),
    ("if ! pidof \"$1\"; then ps ax | awk -v n=\"$1\" '$2 == n'; fi", &["missing-command"]),
    ("have() { which \"$1\" >/dev/null 2>&1; }\nif have perl; then timeout 5 x; fi", &["missing-command"]),
    ("HAVE_TIMEOUT=$1\nif [ \"$HAVE_TIMEOUT\" = 1 ]; then timeout 5 x; fi", &["missing-command"]),
    ("if [ \"$HAVE_TIMEOUT\" = 0 ]; then timeout 5 x; fi", &["missing-command"]),
    ("if [ \"$USE_PERL\" = 1 ]; then timeout 5 x; fi", &["missing-command"]),
    ("#!/bin/sh\nif test yes = \"$want_extglob\"; then shopt -s nocaseglob; fi", &["bashism-in-sh"]),
    ("if $ASK timeout; then timeout 5 x; fi", &["missing-command"]),
    ("if $ASK timeout 5 x >/dev/null; then timeout 5 x; fi", &["missing-command"]),
    ("T=$(command -v timeout || echo no)\nif [ -n \"$T\" ]; then timeout 5 x; fi", &["missing-command"]),
    ("if T=$(command -v timeout || true); then timeout 5 x; fi", &["missing-command"]),
    ("type pidof >/dev/null 2>&1 && . ./lib.sh\nif pidof x; then y; fi", &["missing-command"]),
    ("if [ X\"$NAME\" = X\"Linux\" ]; then pbcopy < f; fi", &["missing-command"]),
    ("case $1-$(uname -s) in x-Linux) y;; *) timeout 5 x;; esac", &["missing-command"]),
    ("case $1 in no-Darwin) pbcopy < f;; esac", &["missing-command"]),
    ("kind=$(getopt -T)\nx\nif test $? -eq 4; then x=$(getopt -l a: -- \"$@\"); fi", &["unportable-option"]),
    ("timeout 5 x || true", &["missing-command"]),
    ("timeout 5 x || exit 1", &["missing-command"]),
    ("timeout 5 x || { echo failed; exit 1; }", &["missing-command"]),
    ("if timeout 5 x; then echo ok; fi", &["missing-command"]),
    ("x | timeout 5 y", &["missing-command"]),
    ("x=$(timeout 5 y)", &["missing-command"]),
    ("echo \"${x:-$(timeout 5 y)}\"", &["missing-command"]),
    ("cat <(timeout 5 y)", &["missing-command"]),
    ("cat <<EOF\n$(timeout 5 y)\nEOF", &["missing-command"]),
    ("bash <<'EOF'\ntimeout 5 y\nEOF", &["missing-command"]),
    ("\\timeout 5 x", &["missing-command"]),
    ("\"timeout\" 5 x", &["missing-command"]),
    ("t'imeo'ut 5 x", &["missing-command"]),
    ("/usr/bin/timeout 5 x", &["missing-command"]),
    ("A=1 timeout 5 x", &["missing-command"]),
    ("env -i A=1 timeout 5 x", &["missing-command"]),
    ("env -u A timeout 5 x", &["missing-command"]),
    ("command timeout 5 x", &["missing-command"]),
    ("exec timeout 5 x", &["missing-command"]),
    ("exec -a name timeout 5 x", &["missing-command"]),
    ("sudo -u fleet -E timeout 5 x", &["missing-command"]),
    ("nohup timeout 5 x &", &["missing-command"]),
    ("nice -n 10 timeout 5 x", &["missing-command"]),
    ("time timeout 5 x", &["missing-command"]),
    ("time -p timeout 5 x", &["missing-command"]),
    ("! timeout 5 x", &["missing-command"]),
    ("ls | xargs -n 1 -I {} timeout 5 {}", &["missing-command"]),
    ("find . -exec timeout 5 x {} +", &["missing-command"]),
    ("find . -exec timeout 5 x \\{} \\;", &["missing-command"]),
    ("sh -c 'timeout 5 x'", &["missing-command"]),
    ("bash -lc \"timeout 5 \\\"$x\\\"\"", &["missing-command"]),
    ("bash -c 'sh -c \"timeout 5 x\"'", &["missing-command"]),
    ("su fleet -c 'timeout 5 x'", &["missing-command"]),
    ("eval 'timeout 5 x'", &["missing-command"]),
    ("trap 'timeout 5 x' EXIT", &["missing-command"]),
    ("while timeout 5 x; do :; done", &["missing-command"]),
    ("for i in 1; do timeout 5 x; done", &["missing-command"]),
    ("( timeout 5 x ) & { timeout 5 y; }", &["missing-command", "missing-command"]),
    ("timeout 5 sed -i s/a/b/ f", &["missing-command", "unportable-option"]),
    ("if [ \"$(uname)\" = Darwin ]; then timeout 5 x; fi", &["missing-command"]),
    ("if [ \"$(uname)\" = Linux ]; then pbcopy < f; fi", &["missing-command"]),
    ("case $(uname) in Darwin) date -d x;; Linux) date -v-1d;; esac", &["unportable-option", "unportable-option"]),
    ("sed -i'' s/a/b/ f", &["unportable-option"]),
    ("sed -i \"s/$a/$b/\" f", &["unportable-option"]),
    ("sed -Ei s/a/b/ f", &["unportable-option"]),
    ("sed --in-place=.bak s/a/b/ f", &["unportable-option"]),
    ("sed s/a/b/ -i f", &["unportable-option"]),
    ("sed -i '' s/a/b/ f", &["unportable-option"]),
    ("readlink --canonicalize f", &["unportable-option"]),
    ("modified=$(stat -f %m f 2>/dev/null || stat -c %Y f)", &["unportable-option"]),
    ("grep -oP 'a\\d' f", &["unportable-pattern"]),
    ("find . -name x -printf '%p\\n'", &["unportable-pattern"]),
    ("xargs -d '\\n' rm", &["unportable-option"]),
    ("cp --parents a b", &["unportable-option"]),
    ("mktemp --suffix .json", &["unportable-option"]),
    ("head -n -1 f; head -n-1 f", &["unportable-option", "unportable-option"]),
    ("if (( BASH_VERSINFO[0] >= 4 )); then x |& y; fi", &["bash-feature-too-new"]),
    ("if (( BASH_VERSINFO[0] >= 4 )); then wait -n; fi", &["bash-feature-too-new"]),
    ("if [ \"${BASH_VERSINFO[0]}\" -lt 4 ]; then echo old; fi\ndeclare -A m", &["bash-feature-too-new"]),
    ("v=${BASH_VERSINFO[0]}\nif ((v >= 3)); then declare -A m; fi", &["bash-feature-too-new"]),
    ("v=${BASH_VERSINFO[1]}\nif ((v >= 4)); then declare -A m; fi", &["bash-feature-too-new"]),
    ("v=${BASH_VERSINFO[0]}; v=5\nif ((v >= 4)); then declare -A m; fi", &["bash-feature-too-new"]),
    ("v=5\ncase $v in 4 | 5) declare -A m;; esac", &["bash-feature-too-new"]),
    ("wait \"${pids[-1]}\"", &["bash-feature-too-new"]),
    ("echo $((a[-1] + 1))", &["bash-feature-too-new"]),
    ("ionice -c3 -p $$ || true", &["missing-command"]),
    ("ionice -c3 -p $$ 2>/dev/null || false", &["missing-command"]),
    ("tac log 2>/dev/null || true", &["missing-command"]),
    ("tac log >new 2>/dev/null || true", &["missing-command"]),
    ("timeout 5 pull >/dev/null 2>&1 || true", &["missing-command"]),
    ("wait -n || true", &["bash-feature-too-new"]),
    ("if wait -n 2>/dev/null; then x; fi", &["bash-feature-too-new"]),
    ("ask() { osascript -e x 2>/dev/null; }\nask", &["missing-command"]),
    ("sed -i 's/a/b/' f >/dev/null 2>&1 || true", &["unportable-option"]),
    ("#!/bin/sh\nprintf -v x '%b' -l", &["bashism-in-sh"]),
    ("bash -c 'echo ${x^^}'", &["bash-feature-too-new"]),
];

#[test]
fn what_is_not_provided_for_is_denied() {
    let mut wrong = Vec::new();
    for (text, expected) in BARE {
        let found = findings(text);
        let denied: Vec<&str> = found.iter().filter(|finding| finding.level == Level::Deny).map(|finding| finding.rule).collect();
        if denied != *expected {
            wrong.push(format!("`{text}`: {:?}", told(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One-liners, each with the rules that report it in the order of the text, or `-`; `\\n` is a new line.
#[test]
fn one_liners_are_found_by_their_rules_or_left_alone() {
    let mut counts = [0, 0];
    let mut wrong = Vec::new();
    for row in include_str!("data/one-liners.tsv").lines().filter(|row| !row.starts_with('#')) {
        let (expected, text) = row.split_once('\t').unwrap_or_else(|| panic!("no tab in {row}"));
        let text = text.replace("\\\\", "\0").replace("\\n", "\n").replace('\0', "\\");
        let found = findings(&text);
        let rules: Vec<&str> = found.iter().map(|finding| finding.rule).collect();
        counts[usize::from(expected == "-")] += 1;
        if rules.join(" ") != expected.trim_start_matches('-') {
            wrong.push(format!("`{text}` is {expected}: {:?}", told(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counts[0] > 300 && counts[1] > 200, "{counts:?}");
}
