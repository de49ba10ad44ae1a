//! Rules about the checkout that everybody shares: what surely is it, what may be it, and what is not.

mod script_support;

use gnp_lint::finding::Finding;
use gnp_lint::lint::lint;
use gnp_lint::policy::{Policy, Strictness};
use gnp_lint::shell::{Checkout, Script};
use script_support::{TARGETS, policy, told};

/// The rules that this file is about; others have files of their own.
const RULES: &[&str] = &[
    "stash-in-script",
    "autostash-in-script",
    "pull-rebase-in-script",
    "add-everything",
    "discard-in-script",
    "side-picked-on-state",
    "unhandled-rebase",
    "branch-without-worktree",
];

fn findings(text: &str) -> Vec<Finding> {
    lint(&Script::parse("script.bash", text.as_bytes(), TARGETS), &policy().only(RULES))
}

/// What each text is told, as `level rule` in the order of their places.
fn verdicts(found: &[Finding]) -> Vec<String> {
    found.iter().map(|finding| format!("{} {}", finding.level.word(), finding.rule)).collect()
}

fn expect(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, expected)| (text, expected, findings(text)))
        .filter(|(_, expected, found)| verdicts(found) != **expected)
        .map(|(text, expected, found)| format!("`{text}`\n  expected {expected:?}\n  found    {:?}", told(&found)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_stash_is_denied_where_the_checkout_is_surely_shared_and_warned_of_where_it_may_be() {
    expect(&[
        ("git stash", &["warn stash-in-script"]),
        ("git stash -u -q", &["warn stash-in-script"]),
        ("cd \"$1\"; git stash push", &["warn stash-in-script"]),
        ("cd ~/fleet; git stash", &["deny stash-in-script"]),
        ("git stash; git push origin HEAD:main", &["deny stash-in-script"]),
        ("git stash; git push origin \"${BRANCH:-main}\"", &["deny stash-in-script"]),
        ("git stash; git push origin +HEAD:refs/heads/main", &["deny stash-in-script"]),
        ("git stash; git checkout -q main", &["deny stash-in-script"]),
        ("git stash; git switch main", &["deny stash-in-script"]),
        ("git stash; git push origin main:backup", &["warn stash-in-script"]),
        ("git stash; git push origin feature", &["warn stash-in-script"]),
        ("git stash; git checkout main -- docs/x.md", &["warn stash-in-script"]),
        ("git stash; git checkout maintenance", &["warn stash-in-script"]),
        // Somebody else's folder is no evidence.
        ("git -C \"$A\" stash; git -C \"$B\" pull origin main", &["warn stash-in-script"]),
        ("git -C \"$A\" stash; git -C \"$A\" pull origin main", &["deny stash-in-script"]),
        // Clones and worktrees that the script made, and what is called so.
        ("git worktree add -q --detach \"$1\" && cd \"$1\" && git stash && git push origin HEAD:main", &[]),
        ("git clone -q u c; cd c; git stash; git push origin main", &[]),
        ("git init -q; git stash; git push origin main", &[]),
        ("worktree=$1; cd \"$worktree\"; git stash; git push origin main", &[]),
        ("cd /tmp/fleet-1; git stash; git push origin main", &[]),
        // One that is made in one way only may not be.
        ("if [ -n \"$1\" ]; then d=$(mktemp -d); else d=/srv/fleet; fi; cd \"$d\"; git stash", &[]),
    ]);
}

#[test]
fn only_what_makes_a_stash_of_others_files_counts() {
    expect(&[
        ("cd /srv/f; git stash list; git stash show; git stash clear; git stash pop; git stash apply; git stash branch x", &[]),
        ("cd /srv/f; git stash create", &[]),
        ("cd /srv/f; git stash -- README.md", &[]),
        ("cd /srv/f; git stash push -m x README.md", &[]),
        ("cd /srv/f; git stash push -- \"$mine\"", &[]),
        ("cd /srv/f; git stash -- state/agents.json", &["deny stash-in-script"]),
        ("cd /srv/f; git stash push -- README.md state", &["deny stash-in-script"]),
        ("cd /srv/f; git stash push -- .", &["deny stash-in-script"]),
        ("cd /srv/f; git stash save README.md", &["deny stash-in-script"]),
        ("cd /srv/f; git stash --staged", &["deny stash-in-script"]),
        ("cd /srv/f; git stash \"$@\"", &[]),
        ("cd /srv/f; sudo -u fleet git stash -q", &["deny stash-in-script"]),
        ("cd /srv/f; git -c user.name=x --no-pager stash", &["deny stash-in-script"]),
        ("cd /srv/f; x=$(git stash)", &["deny stash-in-script"]),
        ("cd /srv/f; bash -c 'git stash'", &["deny stash-in-script"]),
        ("g() { git \"$@\"; }\ncd /srv/f\ng stash", &["deny stash-in-script"]),
        ("git() { command git \"$@\"; }\ncd /srv/f\ngit stash", &["deny stash-in-script"]),
        ("run() { echo \"$*\"; \"$@\"; }\ncd /srv/f\nrun git stash\nrun git stash -u", &["deny stash-in-script"; 2]),
        ("run() { \"$@\"; }\ncd /srv/f\nrun git stash # gnp-lint: allow(stash-in-script) nobody else writes to this mirror", &[]),
        // A function that is called for its own clone and for the shared checkout.
        ("s() { git -C \"$1\" stash; }\ngit clone -q u c\ns c", &[]),
        ("s() { git -C \"$1\" stash; }\ngit clone -q u c\ns c\ns /srv/f", &["deny stash-in-script"]),
        ("s() { git -C \"$1\" stash; }", &["warn stash-in-script"]),
        ("cd /srv/f; ssh host 'git stash'; echo git stash; git log --grep stash; git commit -m stash -- a", &[]),
        ("cd /srv/f; git stash # gnp-lint: allow(stash-in-script) nobody else writes to this mirror", &[]),
    ]);
}

#[test]
fn stash_pull_pop_is_one_finding_with_the_whole_story() {
    let text = "save() { git stash push -q; }\nback() { git stash pop; }\ncd /srv/fleet\nsave\ngit pull -q origin main\nback\n";
    let found = findings(text);
    assert_eq!(verdicts(&found), ["deny stash-in-script"]);
    assert_eq!(found[0].message, "`git stash push -q` puts aside every uncommitted file of the checkout that everybody shares");
    let help = found[0].help.as_deref().unwrap_or_default();
    assert!(help.starts_with("After it come `git pull -q origin main` in line 5, and `git stash pop` in line 2: "), "{help}");
    assert!(help.contains("`--ours` is the branch and `--theirs` the stash"), "{help}");
    let found = findings("trap 'git stash pop' EXIT\ncd /srv/fleet\ngit stash");
    let help = found[0].help.as_deref().unwrap_or_default();
    assert!(help.starts_with("After it comes `git stash pop` in line 1: "), "{help}");
    let found = findings("cd /srv/fleet\ngit stash pop\ngit stash");
    assert!(found[0].help.as_deref().unwrap_or_default().starts_with("Work in a worktree"));
}

#[test]
fn autostash_however_it_is_turned_on() {
    expect(&[
        ("cd /srv/f; git pull --autostash", &["deny autostash-in-script"]),
        ("git pull --autostash", &["warn autostash-in-script"]),
        ("cd /srv/f; git pull --no-autostash --autostash", &["deny autostash-in-script"]),
        ("cd /srv/f; git pull --autostash --no-autostash", &[]),
        ("set -e; cd /srv/f; git -c rebase.autostash pull --rebase", &["deny autostash-in-script"]),
        ("set -e; cd /srv/f; git -c rebase.autoStash=1 rebase origin/main", &["deny autostash-in-script"]),
        ("cd /srv/f; git -c merge.autoStash=yes merge origin/main", &["deny autostash-in-script"]),
        ("cd /srv/f; git -c rebase.autoStash=true merge origin/main", &[]),
        ("cd /srv/f; git -c rebase.autoStash=true log", &[]),
        ("set -e; cd /srv/f; git -c rebase.autoStash=true rebase --no-autostash main", &[]),
        ("cd /srv/f; git config set rebase.autoStash true", &["deny autostash-in-script"]),
        ("cd /srv/f; git config --local --bool merge.autostash yes", &["deny autostash-in-script"]),
        ("cd /srv/f; git config --global rebase.autoStash true", &["warn autostash-in-script"]),
        ("cd /srv/f; git config rebase.autoStash; git config get rebase.autoStash; git config unset rebase.autoStash", &[]),
        ("cd /srv/f; git config --file x.cfg rebase.autoStash true; git config rebase.autoStash \"$x\"", &[]),
        ("cd /srv/f; git config rebase.autoSquash true; git rebase --autosquash main || exit 1", &[]),
        ("git clone -q u c; git -C c config rebase.autoStash true; git -C c pull --rebase --autostash || exit 1", &[]),
    ]);
}

#[test]
fn a_pull_that_rebases_is_told_whether_the_options_or_the_configuration_say_so() {
    expect(&[
        ("git pull --reb origin main || exit 1", &["warn pull-rebase-in-script"]),
        ("git pull -qr || exit 1", &["warn pull-rebase-in-script"]),
        ("git pull --rebase=merges || exit 1", &["warn pull-rebase-in-script"]),
        ("git pull --no-rebase --rebase || exit 1", &["warn pull-rebase-in-script"]),
        ("git pull --rebase --no-rebase || exit 1", &[]),
        ("git pull --rebase=\"$x\" || exit 1", &[]),
        ("git config pull.rebase true; git pull || exit 1", &["warn pull-rebase-in-script"]),
        ("git config pull.rebase true; git pull --ff-only || exit 1", &[]),
        ("git config pull.rebase false; git pull || exit 1", &[]),
        ("git -C a config pull.rebase true; git -C b pull || exit 1", &[]),
        ("git fetch; git rebase origin/main || exit 1", &[]),
        ("f() { git pull --rebase || return 1; }; f", &["warn pull-rebase-in-script"]),
        // It stashes for certain: one finding, the graver one.
        ("cd /srv/f; git pull --rebase --autostash || exit 1", &["deny autostash-in-script"]),
    ]);
}

#[test]
fn everything_is_told_from_what_is_named() {
    expect(&[
        ("git add -A .", &["warn add-everything"]),
        ("git add :/", &["warn add-everything"]),
        ("git add *", &["warn add-everything"]),
        ("git add -u", &["warn add-everything"]),
        ("git add -Av && git commit -m x", &["warn add-everything"]),
        ("git commit --all -m x", &["warn add-everything"]),
        ("git commit -m x -a --amend", &["warn add-everything"]),
        ("git add -A docs; git add -u -- src; git add *.md; git add \"$file\"; git add -A \"$dir\"", &[]),
        ("git add --refresh .; git add -N .; git add --pathspec-from-file=list", &[]),
        ("git commit -m a; git commit --amend --no-edit; git commit -C HEAD; git commit --author='A <a@b>' -m x", &[]),
        ("(cd docs && git add -A .)", &[]),
        ("(cd docs && git add -A)", &["warn add-everything"]),
        ("cd \"$(git rev-parse --show-toplevel)\" && git add .", &["warn add-everything"]),
        ("cd \"$REPO_ROOT/docs\" && git add .", &[]),
        ("wt=\"$1\"; git -C \"$wt\" add -A; git -C \"$wt\" commit -qam x", &[]),
        ("git reset --hard", &["warn discard-in-script"]),
        ("git reset --har @{u}", &["warn discard-in-script"]),
        ("git checkout .", &["warn discard-in-script"]),
        ("git checkout HEAD -- .", &["warn discard-in-script"]),
        ("git checkout -- state/agents.json", &["warn discard-in-script"]),
        ("git restore -SW :/", &["warn discard-in-script"]),
        ("git restore --source=HEAD~1 state/", &["warn discard-in-script"]),
        ("git clean -fdq", &["warn discard-in-script"]),
        ("git clean -d --force -x -- state", &["warn discard-in-script"]),
        ("git switch -f main", &["warn discard-in-script"]),
        ("git reset; git reset HEAD~1; git reset --mixed; git reset --merge; git reset -- .", &[]),
        ("git checkout main; git checkout -- docs; git checkout \"$branch\"; git checkout -p .; git checkout feature state-machine", &[]),
        ("git restore --staged :/; git restore -- \"$file\"; git clean -ndx; git clean -i", &[]),
        ("git clean -fdx build node_modules; (cd build && git clean -fdx)", &[]),
    ]);
}

#[test]
fn a_side_may_be_picked_for_files_that_nobody_else_writes() {
    expect(&[
        ("git checkout --ours -- state/agents.json && git add state/agents.json", &["warn side-picked-on-state"]),
        ("for n in a b; do git checkout --theirs \"state/$n.json\"; done", &["warn side-picked-on-state"]),
        ("for n in $names; do git checkout --theirs \"state/$n.json\"; done", &["warn side-picked-on-state"]),
        ("files=$(git ls-files -u | cut -f2); git checkout --theirs $files", &["warn side-picked-on-state"]),
        ("git checkout --theirs -- $(git diff --name-only --diff-filter=U)", &["warn side-picked-on-state"]),
        (
            "for f in $(git diff --name-only --diff-filter=U); do if [[ $f == state/* ]]; then git checkout --ours $f; else git checkout --theirs $f; fi; done",
            &["warn side-picked-on-state"],
        ),
        ("for f in $(git diff --name-only); do if [[ $f != state/* ]]; then git checkout --theirs $f; fi; done", &[]),
        ("for f in $(git diff --name-only); do if [ -f \"$f\" ]; then git checkout --theirs $f; fi; done", &["warn side-picked-on-state"]),
        (
            "for f in $(git ls-files -u); do case $f in docs/*) git checkout --ours $f;; state/*) git checkout --theirs $f;; esac; done",
            &["warn side-picked-on-state"],
        ),
        ("case $mode in mine) for f in $(git diff --name-only); do git checkout --ours $f; done;; esac", &["warn side-picked-on-state"]),
        ("git pull -X theirs origin main || exit 1", &["warn side-picked-on-state"]),
        ("git pull --no-rebase --strategy-option=ours || exit 1", &["warn side-picked-on-state"]),
        ("git rebase -Xours main || exit 1", &["warn side-picked-on-state"]),
        ("git cherry-pick -X theirs abc", &["warn side-picked-on-state"]),
        ("git checkout --theirs package-lock.json; git checkout --ours -- \"$file\"; git merge -s recursive x", &[]),
        ("git clone -q u c; cd c; git merge -X ours x; git checkout --theirs state/agents.json", &[]),
    ]);
    let mut job = Script::parse("script.bash", b"git checkout --theirs state/agents.json\ngit merge -X ours x\ngit stash\n", TARGETS);
    job.checkout = Checkout::Own;
    let found = lint(&job, &policy());
    assert_eq!(verdicts(&found), ["warn side-picked-on-state"], "what a job makes of state goes to everybody: {:?}", told(&found));
}

#[test]
fn a_rebase_is_looked_after_or_not() {
    expect(&[
        ("git rebase main; git push", &["warn unhandled-rebase"]),
        ("git rebase main || :; git add docs", &["warn unhandled-rebase"]),
        ("git rebase main 2>/dev/null || echo no; git commit -m x", &["warn unhandled-rebase"]),
        ("git pull --rebase --no-autostash && echo ok; git push", &["warn unhandled-rebase"]),
        ("until git push; do git pull --rebase --no-autostash; sleep 3; done", &["warn unhandled-rebase"]),
        ("git fetch && git rebase origin/main && git push || echo failed", &[]),
        ("git rebase main", &[]),
        ("git rebase main; git log", &[]),
        ("git -C a rebase main; git -C b push", &[]),
        ("git rebase main || git rebase --abort; git push", &[]),
        ("git rebase main || return 1; git push", &[]),
        ("git rebase main || die 'no'; git push", &[]),
        ("git rebase main\nrc=$?\n[ $rc = 0 ] || exit 1\ngit push", &[]),
        ("git rebase main\n\n# and then\nif (( $? )); then exit 1; fi\ngit push", &[]),
        ("while ! git push; do git pull --rebase --no-autostash || { git rebase --abort; exit 1; }; done", &[]),
        ("set -e; sync() { git pull --rebase --no-autostash; git push; }; sync", &[]),
        ("set -e; sync() { git pull --rebase --no-autostash; git push; }; if sync; then echo; fi", &[]),
        ("if x; then git rebase main; else git push; fi", &[]),
        ("a() { git rebase main; }; b() { git push; }", &[]),
        ("git pull --no-rebase || true; git push", &[]),
        ("git rebase main || true; git rebase --abort 2>/dev/null; git push", &[]),
        // In a clone of its own a push has nothing to push; markers that are committed go to everybody.
        ("git clone -q u c; cd c; git pull --rebase || true; git push", &[]),
        ("git clone -q u c; cd c; git pull --rebase || true; git add -A; git commit -m x; git push", &["warn unhandled-rebase"]),
    ]);
}

#[test]
fn a_branch_is_made_and_built_on() {
    expect(&[
        ("git checkout -qb x; git commit -m x -- docs", &["warn branch-without-worktree"]),
        ("git checkout --orphan gh-pages; git rm -rfq docs", &["warn branch-without-worktree"]),
        ("new() { git switch -c \"$1\"; }\nnew x && git add docs", &["warn branch-without-worktree"]),
        ("git switch -c x; cat > docs/x.md <<'EOF'\nx\nEOF", &["warn branch-without-worktree"]),
        ("git checkout -b x; git push -u origin x; echo done > /tmp/log; make > make.log; date > .status", &[]),
        ("git commit -m x -- docs; git checkout -b x", &[]),
        ("git checkout -b x; git worktree add ../y x; git commit -m x -- docs", &[]),
        ("if x; then git checkout -b x; else git commit -m x -- docs; fi", &[]),
        ("git checkout x; git switch y; git commit -m x -- docs", &[]),
        ("start() { git checkout -b x; }\nfinish() { git commit -m x -- docs; }", &[]),
        ("git checkout -b x; cd \"$(mktemp -d)\"; git init -q; git commit -m x --allow-empty", &[]),
        ("git -C \"$A\" checkout -b x; git -C \"$B\" commit -m x -- docs", &[]),
    ]);
}

#[test]
fn the_policy_says_which_branches_are_protected_and_what_the_fleet_writes() {
    let text = "protected = ['trunk', 'release/*']\n[state]\ncanonical = ['data/*.json']\ndeltas = ['data/in/*.json']\n[fleet]\npaths = ['data/**']\n";
    let (mine, _) = Policy::read(text, "gnp.toml", Strictness::Strict).unwrap_or_else(|problems| panic!("{problems}"));
    let under = |text: &str| verdicts(&lint(&Script::parse("script.bash", text.as_bytes(), TARGETS), &mine));
    assert_eq!(under("git stash; git push origin main"), ["warn stash-in-script"]);
    assert_eq!(under("git stash; git push origin release/2"), ["deny stash-in-script"]);
    assert_eq!(under("cd /srv/f; git stash -- data/in"), ["deny stash-in-script"]);
    assert_eq!(under("cd /srv/f; git stash -- state"), [""; 0]);
    assert_eq!(under("git checkout --ours data/x.json state/x.json"), ["warn side-picked-on-state"]);
    assert_eq!(under("git checkout --ours data/in/x.json"), [""; 0]);
}

#[test]
fn hostile_scripts_take_no_long_time() {
    let many = |line: &str| line.repeat(10_000);
    for text in [many("git stash\n"), many("git rebase main\n"), many("git checkout -b x\n"), many("git checkout --ours .\ngit add -A\n")] {
        let from = std::time::Instant::now();
        let found = findings(&text);
        assert!(found.len() <= 20_000);
        assert!(from.elapsed().as_secs() < 20, "{:?} for {}", from.elapsed(), &text[..20]);
    }
}
