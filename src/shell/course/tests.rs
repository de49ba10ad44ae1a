use super::*;
use crate::policy::Policy;
use crate::shell::Dialect;
use crate::shell::tree::UNKNOWN;

fn script(text: &str) -> Script {
    Script::parse_as("run.sh", text.as_bytes(), Dialect::Bash, Policy::built_in().targets)
}

/// Each step as `whose: words`, `·` for what is unknown.
fn told(text: &str) -> Vec<String> {
    let script = script(text);
    let line = |step: &Step| {
        let words: Vec<String> = step.values.iter().map(|value| value.shape().replace(UNKNOWN, "·")).collect();
        format!("{:?}: {}", step.whose, words.join(" "))
    };
    script.course().steps.iter().map(line).collect()
}

fn last(text: &str) -> String {
    told(text).pop().unwrap_or_default()
}

#[test]
fn values_are_folded_through_variables_functions_and_small_commands() {
    assert_eq!(last("a=x; b=\"$a/y\"; echo \"${b#x/}-${b%/*}\""), "Perhaps: echo y-x");
    assert_eq!(last("f() { local n=$1; echo \"wt-$n\"; }\nf 3"), "Perhaps: echo wt-3");
    assert_eq!(last("b=$(basename /a/b.json .json); echo $b"), "Perhaps: echo b");
    assert_eq!(last("b=$(echo stream-1 | sed 's/stream/s/'); echo $b"), "Perhaps: echo s-1");
    assert_eq!(last("S=${S:-2}; sleep \"$S\""), "Perhaps: sleep ·");
    assert_eq!(last("n=2; sleep $((n * 3))"), "Perhaps: sleep 6");
    assert_eq!(last("GIT='git -C /srv/fleet'; $GIT stash"), "Shared: git -C /srv/fleet stash");
    assert_eq!(last("a=(x y); a+=(z); echo \"${a[@]}\""), "Perhaps: echo x y z");
    assert_eq!(last("if c; then d=a; else d=b; fi; echo $d"), "Perhaps: echo ·");
    assert_eq!(last("n=0; while read -r l; do n=$((n + 1)); echo $n; done"), "Perhaps: echo ·");
}

#[test]
fn the_checkout_that_a_command_acts_on_is_followed() {
    assert_eq!(last("cd /srv/fleet && git stash"), "Shared: git stash");
    assert_eq!(last("git stash"), "Perhaps: git stash");
    assert_eq!(last("d=$(mktemp -d); git clone -q u \"$d/c\"; cd \"$d/c\"; git add -A"), "Own: git add -A");
    assert_eq!(last("git clone https://example.org/fleet.git\n(cd fleet && git add -A)"), "Own: git add -A");
    assert_eq!(last("git clone https://example.org/fleet.git\n(cd fleet && git add -A)\ngit stash"), "Perhaps: git stash");
    assert_eq!(last("git worktree add ../wt-$1 -b x\ncd ../wt-$1\ngit add -A"), "Own: git add -A");
    assert_eq!(last("cd /srv/fleet; pushd /tmp/x; popd; git stash"), "Shared: git stash");
    assert_eq!(last("GIT_DIR=/srv/fleet/.git git stash"), "Shared: git stash");
    assert_eq!(last("cd \"${REPO:-/srv/fleet}\"; git stash"), "Shared: git stash");
    assert_eq!(last("cd \"$HOME/fleet\" || exit 1; git stash"), "Shared: git stash");
    assert_eq!(last("cd \"$WORKTREE\"; git add -A"), "Own: git add -A");
    assert_eq!(last("worktree=$1; cd \"$worktree\"; git add -A"), "Own: git add -A");
    assert_eq!(last("add() { local wt_dir=$1; git -C \"$wt_dir/sub\" add -A; }\nadd \"$2\""), "Own: git -C ·/sub add -A");
    let made = "w() { local p=\"$R/../trees/$1\"; git worktree add \"$p\"; git -C \"$p\" add -A; }\nfor n in a b; do w $n; done";
    assert_eq!(last(made).replace(UNKNOWN, "·"), "Own: git -C ·/../trees/· add -A");
    assert_eq!(last("cd \".worktrees/$1\" && git add -A"), "Own: git add -A");
    assert_eq!(last("cd \"$HOME/worktrees/a\" && git add -A"), "Own: git add -A");
    assert_eq!(last("cd \"$ROOT/../fleet-worktrees/a\" && git add -A"), "Own: git add -A");
    let two = told("a() { local wt=$1; cd \"$wt\"; git add -A; }\nb() { git -C \"$1\" stash; }");
    assert_eq!(two.last().unwrap().replace(UNKNOWN, "·"), "Perhaps: git -C · stash");
    assert_eq!(last("WORKDIR=/srv/fleet; cd \"$WORKDIR\"; git stash"), "Shared: git stash");
    assert_eq!(last("dir=$1; cd \"$dir\"; git stash"), "Perhaps: git stash");
    assert_eq!(last("HERE=$(cd \"$(dirname \"$0\")/..\" && pwd)\ncd \"$HERE\"; git stash"), "Perhaps: git stash");
    assert_eq!(last("sync() { git -C \"$1\" \"${@:2}\"; git -C \"$1\" stash; }\nsync /srv/fleet"), "Shared: git -C /srv/fleet stash");
}

#[test]
fn a_command_stands_where_it_is_written() {
    let line = |text: &str| {
        let script = script(text);
        let course = script.course();
        let step = course.steps.iter().rfind(|step| step.git().is_some()).unwrap();
        (text[..step.bytes.start].lines().count(), text[step.bytes.clone()].to_owned())
    };
    assert_eq!(line("run() { \"$@\"; }\nrun git stash\n"), (1, "run git stash".to_owned()));
    assert_eq!(line("g() { git -C /srv/f \"$@\"; }\nrun() { echo; \"$@\"; }\nrun g stash -q\n"), (2, "run g stash -q".to_owned()));
    assert_eq!(line("s() { git -C \"$1\" stash; }\ns /srv/f\n"), (1, "git -C \"$1\" stash".to_owned()));
}

#[test]
fn wrappers_and_texts_are_looked_through() {
    assert_eq!(told("sudo -u fleet env GIT_DIR=/srv/f/.git git stash").last().unwrap(), "Shared: git stash");
    assert_eq!(last("bash -c 'cd /srv/fleet && git stash'"), "Shared: git stash");
    assert_eq!(last("bash <<'EOF'\ncd /srv/fleet\ngit stash\nEOF"), "Shared: git stash");
    assert_eq!(told("ssh host 'git stash'"), ["Perhaps: ssh host git stash"]);
}

#[test]
fn failures_are_told_apart() {
    let failure = |text: &str| {
        let script = script(text);
        script.course().steps.iter().find(|step| step.name() == "git").map(|step| step.failure)
    };
    assert_eq!(failure("git pull"), Some(Failure::Unseen));
    assert_eq!(failure("set -euo pipefail\ngit pull"), Some(Failure::Ends));
    assert_eq!(failure("set -e\ngit pull || true"), Some(Failure::Ignored));
    assert_eq!(failure("git pull || { git rebase --abort; exit 1; }"), Some(Failure::Tested));
    assert_eq!(failure("if ! git pull; then exit 1; fi"), Some(Failure::Tested));
    assert_eq!(failure("git pull && git push"), Some(Failure::Skips(20)));
    assert_eq!(failure("git pull && git push || exit 1"), Some(Failure::Tested));
    assert_eq!(failure("sync() { git pull; }\nsync || true"), Some(Failure::Ignored));
}

#[test]
fn handlers_are_walked_where_the_shell_ends() {
    let text = "cleanup() { git worktree remove \"$wt\"; }\ntrap cleanup EXIT INT\nwt=/srv/wt-1\ngit worktree add \"$wt\"";
    assert_eq!(last(text), "Own: git worktree remove /srv/wt-1".replace("Own", "Perhaps"));
    let script = script(text);
    let course = script.course();
    assert_eq!(course.traps[0].signals, ["EXIT", "INT"]);
    assert_eq!(course.steps.last().unwrap().frames.handler(), Some(0));
    let text = "trap 'rm a' EXIT\ntrap 'rm b' EXIT\n(trap 'rm c' EXIT)";
    let replaced: Vec<bool> = self::script(text).course().traps.iter().map(|trap| trap.replaced).collect();
    assert_eq!(replaced, [true, false, false]);
    let replaced = |text: &str| self::script(text).course().traps[0].replaced;
    assert!(replaced("trap 'rm a' EXIT\ntrap - EXIT"));
    assert!(!replaced("trap 'rm a' EXIT\nif keep; then trap - EXIT; fi"));
    assert!(!replaced("trap 'rm a' EXIT INT\ntrap - INT"));
}

#[test]
fn order_and_certainty() {
    let script = script("if a; then b; else c; fi\nd\nf() { e; }\nf\ng");
    let course = script.course();
    let at = |name: &str| course.steps.iter().position(|step| step.name() == name).unwrap();
    assert!(!course.may_precede(at("b"), at("c")));
    assert!(course.may_precede(at("b"), at("d")));
    assert!(!course.surely_precedes(at("b"), at("d")));
    assert!(course.surely_precedes(at("d"), at("g")));
    assert!(course.surely_precedes(at("e"), at("g")));
}

#[test]
fn git_is_read_as_git_reads_its_arguments() {
    let of = |text: &str, test: &dyn Fn(&Git<'_>) -> bool| {
        let script = script(text);
        script.course().steps.iter().find_map(Step::git).is_some_and(|git| test(&git))
    };
    assert!(of("git -C x --no-pager commit -m -a --no-veri", &|git| git.command == "commit"
        && git.has(&["--no-verify"])
        && !git.has(&["-a"])));
    assert!(of("git -c rebase.autoStash=true pull", &|git| git.settings == ["rebase.autoStash=true"]));
    assert!(of("git worktree add -b \"dc/$x\" wt", &|git| {
        git.value(&["-b"]).is_some_and(|value| value.shape() == format!("dc/{UNKNOWN}")) && git.operands().len() == 2
    }));
    assert!(of("git commit -qam x", &|git| git.has(&["-a"]) && git.value(&["-m"]) == Some(Value::text("x"))));
    assert!(!of("git() { echo \"$@\"; }\ngit stash", &|git| git.command == "stash"));
    assert!(of("git() { command git \"$@\"; }\ngit stash", &|git| git.command == "stash"));
}
