//! Worktrees, launches, deltas and bypasses in scripts: what the examples of the rules leave out.

mod script_support;

use gnp_lint::finding::Finding;
use gnp_lint::lint::lint;
use gnp_lint::pattern::{Pattern, Patterns};
use gnp_lint::policy::Policy;
use gnp_lint::rule::Level;
use gnp_lint::shell::{Checkout, Script};
use script_support::{TARGETS, findings, policy, told};

/// Of everything that is found, what these rules say; the rest of a text is not what these tests are about.
const OURS: [&str; 9] = [
    "bypassed-hooks",
    "cleanup-of-another-name",
    "incomplete-cleanup",
    "missing-fallback-delta",
    "short-stagger",
    "state-write-in-script",
    "unstaggered-launch",
    "worktree-without-trap",
    "write-before-worktree",
];

fn ours(found: Vec<Finding>) -> Vec<Finding> {
    found.into_iter().filter(|finding| OURS.contains(&finding.rule)).collect()
}

fn rules(text: &str) -> Vec<(&'static str, Level)> {
    ours(findings(text)).iter().map(|finding| (finding.rule, finding.level)).collect()
}

/// Texts in which nothing may be found, each nearly one in which something must.
const SILENT: &[&str] = &[
    // Worktrees that are cleared away.
    "trap 'git -C \"$REPO\" worktree remove -f \"$W\"; git worktree prune' 0 2 15\ngit worktree add \"$W\" HEAD &\nwait",
    "on_exit() { drop; }\ndrop() { git worktree remove --force \"$w\"; git worktree prune; git branch -D \"$b\"; }\ntrap on_exit EXIT INT TERM\nb=x; w=../w\ngit worktree add -b \"$b\" \"$w\"\nmake &\nwait",
    "trap './scripts/cleanup-worktrees.sh' EXIT INT TERM\nfor i in 1 2; do git worktree add ../w-$i HEAD; done",
    "trap \"$ON_EXIT\" EXIT\nfor i in 1 2; do git worktree add ../w-$i HEAD; done",
    ". ./lib.sh\nfor i in 1 2; do git worktree add ../w-$i HEAD; done",
    "w=$(mktemp -d)\ntrap 'git worktree remove --force \"$w/t\"; rm -rf \"$w\"; git worktree prune' EXIT INT TERM\nfor i in 1 2; do git worktree add \"$w/t\" HEAD; done",
    "W=()\ntrap 'for w in \"${W[@]}\"; do git worktree remove --force \"$w\"; done; git worktree prune' EXIT INT TERM\nfor i in 1 2; do W+=(\"../w-$i\"); git worktree add \"../w-$i\" HEAD; done",
    "if ! git worktree add ../w HEAD; then exit 1; fi\nmake &\nwait\ngit worktree remove --force ../w\ngit worktree prune",
    "make_wt() { git worktree add \"$1\" HEAD; }",
    "cmd_add() { git worktree add \"$1\"; }\ncmd_drop() { git worktree remove \"$1\"; git worktree prune; }\n\"cmd_$1\" \"$2\"",
    "(trap 'git worktree remove --force ../w; git worktree prune' EXIT INT TERM; git worktree add ../w HEAD; make) &\nwait",
    // Names that are not known to differ.
    "trap 'git worktree remove --force \"$A\"; git worktree prune' EXIT INT TERM\ngit worktree add \"$B\" HEAD",
    "trap 'git worktree remove --force ../w; git worktree prune; git branch -D \"$(git -C ../w branch --show-current)\"' EXIT INT TERM\ngit worktree add -b \"t-$1\" ../w",
    "git checkout -q -b keep\ngit checkout -q main\ntrap 'git worktree remove --force ../w; git worktree prune; git branch -D t keep' EXIT INT TERM\ngit worktree add -b t ../w",
    "root=$(git rev-parse --show-toplevel)\ntrap 'git worktree remove --force \"$root/../w\"; git worktree prune' EXIT INT TERM\ngit worktree add ../w HEAD",
    // Files that come along.
    "./assign > state/memory/a.md\ntrap 'git worktree remove -f ../w; git worktree prune' EXIT INT TERM\ngit worktree add ../w HEAD\nrsync -a state/ ../w/state/",
    "trap 'git worktree remove -f ../w; git worktree prune' EXIT INT TERM\ngit worktree add ../w HEAD\n./note > state/memory/a.md",
    "trap 'git worktree remove -f ../w; git worktree prune' EXIT INT TERM\ngit worktree add ../w HEAD\nif ! cp state/stream_assignments.json ../w/state/; then exit 1; fi",
    // Launches.
    "for i in 1; do ./stream.sh \"$i\" & done",
    "for s in $STREAMS; do if [ \"$s\" = first ]; then ./stream.sh \"$s\" & fi; ./note \"$s\"; done",
    "for s in $STREAMS; do case $s in first) ./stream.sh \"$s\" & ;; esac; done",
    "for s in a b; do (sleep $((i * 4)); ./stream.sh \"$s\") & i=$((i + 1)); done",
    "for s in a b; do ./stream.sh \"$s\" & until curl -sf \"localhost/$s\"; do sleep 1; done; done",
    "for s in a b; do ./stream.sh \"$s\" & sleep \"$(pause_for \"$s\")\"; done",
    "for s in a b; do ./stream.sh \"$s\" & ./stagger; done",
    "for s in a b; do ./stream.sh \"$s\"; done &\nwait",
    "(while :; do printf .; sleep 1; done) &\n./build\nkill $!",
    "for f in *; do sh -c 'gzip \"$1\" && rm -f \"$1\"' _ \"$f\" & done",
    "for f in *; do work \"$f\" & wait; done\nwork() { ./stream.sh \"$1\"; }",
    "for s in a b; do ./stream.sh \"$s\" && sleep 1; done",
    "find . -name '*.gz' -print0 | xargs -0 -P 8 -n 1 gunzip\nls | xargs -P 1 ./stream.sh\nls | xargs ./stream.sh",
    "par() { parallel -k --tag \"$@\"; }\nrun() { parallel \"${options[@]}\" ./stream.sh ::: 1 2; }",
    "ls | xargs -P\"${JOBS:-1}\" ./stream.sh\nparallel --version\nparallel \"$@\"\nparallel -j1 ./stream.sh ::: 1 2",
    "for i in 1 2; do echo \"./stream.sh $i &\"; done\ncat <<'EOF'\nfor i in 1 2; do ./stream.sh & done\nEOF",
    // State.
    "D=${STATE_DIR:-state}\njson_set() { echo \"$2\" > \"$D/inbox/$1.json\"; }\njson_set a b",
    "cd \"$(mktemp -d)\"\nmkdir state\necho '{\"posts\": []}' > state/posts.json",
    "git clone -q \"$URL\" fleet\ncd fleet\necho '{}' > state/posts.json",
    "cp state/agents.json /tmp/a.json\ntar cf backup.tar state/agents.json\ngit add state/agents.json\ngit checkout -- state/agents.json",
    "sed 's/a/b/' state/agents.json\nsed -n 5p state/agents.json | tee /dev/stderr\nmv state/inbox/a.json state/archive/a.json",
    "echo '{}' > mystate/agents.json\necho '{}' > app/state/agents.json\necho x 2> state/err.json",
    // Deltas.
    "set -e\nd=state/stream_deltas/frame-1-a.json\ntrap './write-fallback.sh \"$d\"' EXIT\nmake\necho '{}' > \"$d\"",
    "d=state/stream_deltas/frame-1-a.json\nmake || { ./fallback.sh \"$d\"; exit 1; }\necho '{}' > \"$d\"",
    "d=state/stream_deltas/frame-1-a.json\nout=$(make || exit 1)\necho \"$out\" > \"$d\" || exit 1",
    "usage() { echo usage; exit 1; }\n[ $# -eq 2 ] || usage\nmake > \"state/stream_deltas/frame-$1-$2.json\"",
    "[ -d state ] || exit 1\nfor w in ../w-*; do cp \"$w\"/state/stream_deltas/*.json state/stream_deltas/; done",
    // Hooks.
    "git commit -m '-n'\ngit commit -am -n\ngit commit -F -n",
    "git rebase -n main\ngit pull -n\ngit fetch -n",
    "git commit --verify -m x\ngit push --no-verify --verify",
    "old=$(git config core.hooksPath)\ngit config core.hooksPath \"$old\"",
    "git config core.hooksPath\ngit config --unset-all core.hookspath\ngit config get core.hooksPath",
    "HUSKY=1 git commit -m x\nLEFTHOOK=1 git push\nexport HUSKY=0\nnpm ci",
    "cp hook .git/hooks/pre-commit\nrm -f .git/hooks/pre-push\nln -s ../../hook .git/hooks/pre-push\nchmod 755 .git/hooks/pre-commit",
    "git init -q t && cd t && git config core.hooksPath /dev/null && git commit -qnm x && rm -rf .git/hooks",
];

#[test]
fn what_is_provided_for_stays_silent() {
    let wrong: Vec<String> = SILENT
        .iter()
        .map(|text| (text, ours(findings(text))))
        .filter(|(_, found)| !found.is_empty())
        .map(|(text, found)| format!("`{text}`: {:?}", told(&found)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const DENY: Level = Level::Deny;
const WARN: Level = Level::Warn;

/// Texts in which exactly this must be found, each nearly fine.
const LOUD: &[(&str, &[(&str, Level)])] = &[
    ("git worktree add ../w HEAD", &[("worktree-without-trap", WARN)]),
    ("set -e\ngit worktree add ../w HEAD\nmake\ngit worktree remove ../w\ngit worktree prune", &[("worktree-without-trap", WARN)]),
    ("git worktree add ../w HEAD && make && git worktree remove ../w && git worktree prune", &[("worktree-without-trap", WARN)]),
    (
        "trap 'git worktree remove ../w; git worktree prune' INT TERM\nfor i in 1 2; do git worktree add ../w HEAD; done",
        &[("worktree-without-trap", DENY)],
    ),
    (
        "trap 'git worktree remove -f ../w; git worktree prune' EXIT INT TERM\ntrap 'rm -f lock' EXIT INT TERM\nfor i in 1 2; do git worktree add ../w HEAD; done",
        &[("worktree-without-trap", DENY)],
    ),
    (
        "(trap 'git worktree remove -f ../w; git worktree prune' EXIT INT TERM; :)\nfor i in 1 2; do git worktree add ../w HEAD; done",
        &[("worktree-without-trap", DENY)],
    ),
    ("git worktree add ../w HEAD\nmake\ngit worktree remove ../w", &[("incomplete-cleanup", WARN)]),
    (
        "trap 'git worktree remove -f \"../w-$i\"; git worktree prune; git branch -D b' EXIT INT\nfor i in 1 2; do git worktree add -b b \"../w-$i\"; done",
        &[("incomplete-cleanup", WARN)],
    ),
    (
        "B=\"dc/$1\"\nend() { git worktree remove -f ../w; git worktree prune; git branch -D \"stream/$1\" || true; }\ntrap end EXIT INT TERM\ngit worktree add -b \"$B\" ../w",
        &[("cleanup-of-another-name", WARN)],
    ),
    (
        "add() { local s=\"stream-$1\"; git worktree add -b \"dc/$s\" \"/srv/w/$s\"; }\ndrop() { git worktree remove -f \"/srv/w/$1\"; git worktree prune; git branch -D \"dc/stream-$1\" || true; }\ntrap 'for i in $(seq 4); do drop \"stream-$i\"; done' EXIT INT TERM\nfor i in $(seq 4); do add \"$i\"; done",
        &[("cleanup-of-another-name", WARN)],
    ),
    (
        "jq -n '{}' > /tmp/a; cp /tmp/a state/memory/a.md\ntrap 'git worktree remove -f ../w; git worktree prune' EXIT INT TERM\ngit worktree add ../w HEAD\n(cd ../w && ./run)",
        &[("write-before-worktree", WARN)],
    ),
    ("for s in $STREAMS; do if [ \"$s\" != last ]; then ./stream.sh \"$s\" & fi; done", &[("unstaggered-launch", WARN)]),
    ("for s in $STREAMS; do case $s in f*) ./stream.sh \"$s\" & ;; esac; done", &[("unstaggered-launch", WARN)]),
    ("for s in a b; do ./stream.sh \"$s\" & pids=\"$pids $!\"; done", &[("unstaggered-launch", WARN)]),
    ("i=0\nwhile [ $i -lt 4 ]; do\n  nohup python3 sim.py $i >log 2>&1 &\n  i=$((i+1))\ndone", &[("unstaggered-launch", WARN)]),
    (
        "for s in a b; do\n  while [ \"$(jobs -r | wc -l)\" -ge 4 ]; do sleep 1; done\n  ./stream.sh \"$s\" &\ndone",
        &[("unstaggered-launch", WARN)],
    ),
    ("for s in a b c; do ./stream.sh \"$s\" & n=$((n+1)); if [ $n = 2 ]; then wait; fi; done", &[("unstaggered-launch", WARN)]),
    ("for s in a b; do (sleep 2; ./stream.sh \"$s\") & done", &[("unstaggered-launch", WARN)]),
    ("seq 4 | xargs -P4 -I{} bash -c './stream.sh {}'\nseq 4 | xargs --max-procs=0 claude -p", &[("unstaggered-launch", WARN); 2]),
    ("par() { parallel -k --tag \"$@\"; }\npar ./stream.sh ::: 1 2", &[("unstaggered-launch", WARN)]),
    ("run() { ./stream.sh \"$1\"; }\nfor s in \"$@\"; do run \"$s\" & sleep 2.5; done", &[("short-stagger", WARN)]),
    ("for s in \"$@\"; do ./stream.sh \"$s\" & sleep \"${STAGGER:-2}s\"; done", &[("short-stagger", WARN)]),
    ("d=$HOME/fleet/state\ninstall -m 644 x.json \"$d/agents.json\"\ntruncate -s 0 $d/posts.json", &[("state-write-in-script", WARN); 2]),
    ("mv state/agents.json /tmp/\ndd if=/dev/null of=state/posts.json", &[("state-write-in-script", WARN); 2]),
    (
        "w=../w\ntrap 'git worktree remove -f $w; git worktree prune' EXIT INT TERM\ngit worktree add $w HEAD\necho '{}' > $w/state/posts.json",
        &[("state-write-in-script", WARN)],
    ),
    ("cd \"$REPO\"\nd=state/stream_deltas/frame-$F-$S.json\nrun || exit $?\necho '{}' | tee \"$d\"", &[("missing-fallback-delta", WARN)]),
    ("set -e\n(\n  ./work > /tmp/x\n  mv /tmp/x state/stream_deltas/frame-1-a.json\n) &\nwait", &[("missing-fallback-delta", WARN)]),
    ("trap '' EXIT\nwork || { echo bad; exit 3; }\nmv /tmp/x state/stream_deltas/frame-1-a.json", &[("missing-fallback-delta", WARN)]),
    ("git merge --no-verify x\ngit am -n p\ngit rebase --no-verify main\ngit push --no-verify", &[("bypassed-hooks", DENY); 4]),
    ("sudo -u fleet git -C /srv/f commit -qanm sync", &[("bypassed-hooks", DENY)]),
    ("g() { git \"$@\"; }\ng commit --no-verify -m x", &[("bypassed-hooks", DENY)]),
    ("OPTS='--no-verify'\ngit commit $OPTS -m x", &[("bypassed-hooks", DENY)]),
    ("bash -c 'git commit -nm x'\neval \"git push --no-verify\"", &[("bypassed-hooks", DENY); 2]),
    (
        "git -c core.hookspath= push\ngit config --global core.hooksPath ''\ngit config set core.hooksPath /dev/null",
        &[("bypassed-hooks", DENY); 3],
    ),
    ("git config core.hooksPath .githooks", &[("bypassed-hooks", WARN)]),
    ("SKIP=gnp-lint git commit -m x\nLEFTHOOK=0 git push\nenv HUSKY=0 git commit -m x", &[("bypassed-hooks", DENY); 3]),
    (
        "export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null\ngit commit -m x",
        &[("bypassed-hooks", DENY)],
    ),
    (
        "mv .git/hooks .git/hooks.off\nchmod 644 \"$REPO/.git/hooks/pre-commit\"\nrm -f \"$(git rev-parse --git-path hooks)/pre-commit\"",
        &[("bypassed-hooks", DENY); 3],
    ),
];

#[test]
fn what_breaks_a_neighbour_is_found() {
    let wrong: Vec<String> = LOUD
        .iter()
        .filter(|(text, expected)| rules(text) != *expected)
        .map(|(text, expected)| format!("`{text}`:\n    expected {expected:?}\n    found {:?}", told(&ours(findings(text)))))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn found_in(path: &str, checkout: Checkout, policy: &Policy, text: &str) -> Vec<&'static str> {
    let mut script = Script::parse(path, text.as_bytes(), TARGETS);
    script.checkout = checkout;
    ours(lint(&script, policy)).iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_job_of_a_hosted_runner_may_leave_worktrees_and_nothing_else() {
    let text = "git worktree add ../w -b x\necho '{}' > state/a.json\ngit commit -nm x\nfor i in 1 2; do ./s.sh & done\n";
    let policy = policy();
    let found = found_in("run.sh", Checkout::Own, &policy, text);
    assert_eq!(found, ["state-write-in-script", "bypassed-hooks", "unstaggered-launch"]);
}

#[test]
fn scripts_of_a_writer_write_state() {
    let mut policy = policy();
    policy.writers[0].scripts = Patterns(Pattern::new("scripts/merge/**").into_iter().collect());
    let text = "jq . x > state/agents.json";
    assert!(found_in("scripts/merge/run.sh", Checkout::Shared, &policy, text).is_empty());
    assert_eq!(found_in("scripts/run.sh", Checkout::Shared, &policy, text), ["state-write-in-script"]);
}

#[test]
fn paths_of_the_policy_count() {
    let mut policy = policy();
    policy.state.canonical = Patterns(Pattern::new("data/**").into_iter().collect());
    assert_eq!(found_in("run.sh", Checkout::Shared, &policy, "echo > data/a/b.yml"), ["state-write-in-script"]);
    assert!(found_in("run.sh", Checkout::Shared, &policy, "echo > state/a.json").is_empty());
}

#[test]
fn a_finding_tells_both_names() {
    let text = "\
cleanup() { git worktree remove -f \"../w\"; git worktree prune; git branch -D \"dc/stream-$s/frame-405\" || true; }
trap cleanup EXIT INT TERM
s=stream-1
git worktree add -b \"dc/$s/frame-405\" ../w";
    let found = ours(findings(text));
    assert_eq!(found.len(), 1, "{:?}", told(&found));
    let expected = "this deletes the branch `dc/stream-stream-1/frame-405`, but the one that `add` made is `dc/stream-1/frame-405`";
    assert_eq!(found[0].message, expected);
}
