//! The protocol's rules where scripts stand inside other files: every example in every carrier that can hold it, and what a carrier changes.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod script_support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gnp_lint::carriers::{self, Form};
use gnp_lint::finding::Finding;
use gnp_lint::lint::lint_file;
use gnp_lint::rule::{Check, Level, Rule};
use gnp_lint::rules::RULES;
use gnp_lint::shell::Script;
use script_support::{policy, told};

const WORKFLOW: &str = ".github/workflows/run.yml";

/// Every rule for scripts that is about the protocol, and not about portable shell.
fn protocol() -> Vec<&'static Rule> {
    let is_one = |rule: &Rule| matches!(rule.check, Check::Script(_)) && rule.article != 8 && rule.name != "unreadable-script";
    RULES.iter().copied().filter(|rule| is_one(rule)).collect()
}

fn findings(path: &str, text: &str) -> Vec<Finding> {
    let form = Form::of(path, text.as_bytes()).unwrap_or_else(|| panic!("{path} is nothing"));
    let of_protocol = |finding: &Finding| protocol().iter().any(|rule| rule.name == finding.rule);
    lint_file(&carriers::read(form, path, text.as_bytes(), &policy()).scripts, &policy()).into_iter().filter(of_protocol).collect()
}

/// The rule and the line of each finding.
fn places(path: &str, text: &str) -> Vec<(&'static str, usize)> {
    findings(path, text).iter().map(|finding| (finding.rule, finding.place.span.as_ref().unwrap().start().0)).collect()
}

fn message(path: &str, text: &str, rule: &str) -> String {
    let found = findings(path, text);
    let finding = found.iter().find(|finding| finding.rule == rule).unwrap_or_else(|| panic!("{rule}: {:?}", told(&found)));
    format!("{}\n{}", finding.message, finding.help.as_deref().unwrap_or_default())
}

/// Each finding of a rule: its line, its text with single blanks, its level.
fn told_by(rule: &Rule, found: &[Finding]) -> BTreeSet<(usize, String, bool)> {
    let one = |finding: &Finding| {
        let span = finding.place.span.as_ref().unwrap();
        (span.start().0, span.snippet().split_whitespace().collect::<Vec<_>>().join(" "), finding.level == Level::Deny)
    };
    found.iter().filter(|finding| finding.rule == rule.name).map(one).collect()
}

/// A file that an example is put into.
struct Carrier {
    path: &'static str,
    before: &'static str,
    /// What stands before each of its lines.
    indent: &'static str,
    behind: &'static str,
    holds: fn(&str) -> bool,
    changes: &'static [Change],
}

/// Where a carrier rightly changes the verdict on bad examples of a rule: they are silent.
struct Change {
    rule: &'static str,
    silences: fn(&str) -> bool,
    reason: &'static str,
}

const OTHERS_COMMANDS: &str = "an excerpt: what is missing may stand elsewhere";

/// Changes where commands are quoted for somebody to run.
const OF_EXCERPTS: &[Change] = &[
    Change { rule: "worktree-without-trap", silences: |_| true, reason: OTHERS_COMMANDS },
    Change { rule: "missing-fallback-delta", silences: |_| true, reason: OTHERS_COMMANDS },
    Change { rule: "write-before-worktree", silences: |example| !example.contains("|| true"), reason: OTHERS_COMMANDS },
    Change {
        rule: "unhandled-rebase",
        silences: |example| example.contains("git rebase -q origin/main\n"),
        reason: "whoever runs it looks before the next line",
    },
];

const OWN_CLONE: &str = "a hosted job's checkout is a clone of its own";

/// Changes where the checkout is nobody else's.
const OF_HOSTED_JOBS: &[Change] = &[
    Change { rule: "branch-without-worktree", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "worktree-without-trap", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "incomplete-cleanup", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "cleanup-of-another-name", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "stash-in-script", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "autostash-in-script", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "pull-rebase-in-script", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "add-everything", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "discard-in-script", silences: |_| true, reason: OWN_CLONE },
    Change { rule: "write-before-worktree", silences: |_| true, reason: OWN_CLONE },
    Change {
        rule: "side-picked-on-state",
        silences: |example| !example.contains("state/") || example.contains("cd /srv"),
        reason: "a clone of its own, but what it makes of state goes to everybody",
    },
    Change {
        rule: "unhandled-rebase",
        silences: |example| !["add", "commit"].iter().any(|word| example.contains(word)),
        reason: "a clone of its own has nothing to push after a rebase that failed",
    },
];

const CARRIERS: &[Carrier] = &[
    Carrier {
        path: WORKFLOW,
        before: "on: push\njobs:\n  one:\n    runs-on: self-hosted\n    steps:\n      - shell: bash {0}\n        run: |\n",
        indent: "          ",
        behind: "",
        holds: |_| true,
        changes: &[],
    },
    Carrier {
        path: WORKFLOW,
        before: "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - shell: bash {0}\n        run: |\n",
        indent: "          ",
        behind: "",
        // `timeout` is there, so that a comment that allows it would allow nothing.
        holds: |example| !example.contains("allow(missing-command"),
        changes: OF_HOSTED_JOBS,
    },
    Carrier {
        path: "justfile",
        before: "run:\n    #!/usr/bin/env bash\n",
        indent: "    ",
        behind: "",
        holds: |example| !example.contains("{{"),
        changes: &[],
    },
    Carrier {
        path: "AGENTS.md",
        before: "# Each frame\n\nRun:\n\n```bash\n",
        indent: "",
        behind: "```\n",
        holds: |_| true,
        changes: OF_EXCERPTS,
    },
    Carrier {
        path: "run.py",
        before: "import subprocess\nsubprocess.run(r'''\n",
        indent: "",
        behind: "''', shell=True)\n",
        holds: |example| !example.contains('\n') && !example.contains('#'),
        changes: OF_EXCERPTS,
    },
];

impl Carrier {
    fn with(&self, example: &str) -> String {
        let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{}{line}\n", self.indent) };
        format!("{}{}{}", self.before, example.lines().map(line).collect::<String>(), self.behind)
    }

    fn change(&self, rule: &Rule, example: &str) -> Option<&Change> {
        self.changes.iter().find(|change| change.rule == rule.name && (change.silences)(example))
    }
}

#[test]
fn every_example_is_judged_the_same_in_its_carriers() {
    for rule in protocol() {
        assert!(rule.bad.len() >= 3 && rule.good.len() >= 3, "{} has too few examples", rule.name);
        for example in rule.bad {
            let plain = gnp_lint::lint(&Script::parse("run.sh", example.as_bytes(), policy().targets.clone()), &policy());
            let mut carried = 0;
            for carrier in CARRIERS.iter().filter(|carrier| (carrier.holds)(example)) {
                let text = carrier.with(example);
                let found = findings(carrier.path, &text);
                if let Some(change) = carrier.change(rule, example) {
                    assert_eq!(told_by(rule, &found), BTreeSet::new(), "{}: {}:\n{text}", rule.name, change.reason);
                    continue;
                }
                let shift = carrier.before.lines().count();
                let expected: BTreeSet<_> =
                    told_by(rule, &plain).into_iter().map(|(line, text, deny)| (line + shift, text, deny)).collect();
                assert!(!expected.is_empty(), "{}: {example}", rule.name);
                assert_eq!(told_by(rule, &found), expected, "{} in {}:\n{text}", rule.name, carrier.path);
                carried += 1;
            }
            assert!(carried >= 2, "{}: in {carried} carriers: {example}", rule.name);
        }
        for example in rule.good {
            for carrier in CARRIERS.iter().filter(|carrier| (carrier.holds)(example)) {
                let text = carrier.with(example);
                let found = findings(carrier.path, &text);
                assert!(found.is_empty(), "{} in {}:\n{text}\n{:?}", rule.name, carrier.path, told(&found));
            }
        }
    }
}

#[test]
fn changes_are_about_rules_and_examples_that_there_are() {
    for change in CARRIERS.iter().flat_map(|carrier| carrier.changes) {
        let rule = protocol().into_iter().find(|rule| rule.name == change.rule).unwrap();
        assert!(rule.bad.iter().any(|example| (change.silences)(example)), "{}: {}", change.rule, change.reason);
    }
}

#[test]
fn instructions_are_followed_and_what_they_forbid_is_not() {
    let read = |folder: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/carriers").join(folder).join("AGENTS.md");
        fs::read_to_string(path).unwrap()
    };
    assert_eq!(places("AGENTS.md", &read("ok")), []);
    let bad = read("bad");
    let expected = [
        ("stash-in-script", 7),
        ("pull-rebase-in-script", 8),
        ("stash-in-script", 16),
        ("add-everything", 19),
        ("bypassed-hooks", 24),
        ("unstaggered-launch", 30),
    ];
    assert_eq!(places("AGENTS.md", &bad), expected);
    for path in [".github/copilot-instructions.md", "packages/web/AGENTS.md", "CLAUDE.md", "docs/CLAUDE.md", ".claude/agents/sync.md"] {
        assert_eq!(places(path, &bad), expected, "{path}");
    }
    let help = findings("AGENTS.md", &bad).iter().find(|finding| finding.level == Level::Deny).unwrap().help.clone().unwrap();
    assert!(help.contains("`git pull origin main` in line 17") && help.contains("`git stash pop` in line 18"), "{help}");
}

#[test]
fn readers_work_in_their_own_clone() {
    let page = |commands: &str| format!("# Contributing\n\nType:\n\n```bash\n{commands}```\n");
    let own = "git checkout -b my-feature\ngit commit -am 'Add it'\ngit stash\ngit pull --rebase origin main\ngit push origin main\n\
               git reset --hard origin/main\ngit worktree add ../other\n";
    assert_eq!(places("CONTRIBUTING.md", &page(own)), []);
    assert_eq!(places("docs/start.md", &page("cd ~/src/project\ngit stash\ncd /path/to/project && git add -A\n")), []);
    // A place on a machine is no reader's, state is everybody's, and so are jobs that start at once.
    assert_eq!(places("docs/runbook.md", &page("cd /srv/fleet\ngit stash\n")), [("stash-in-script", 7)]);
    assert_eq!(places("docs/state.md", &page("jq . new.json > state/agents.json\n")), [("state-write-in-script", 6)]);
    assert_eq!(places("docs/run.md", &page("for i in 1 2 3; do ./worker.sh $i & done\n")), [("unstaggered-launch", 6)]);
    let bypass = findings("README.md", &page("git commit --no-verify -m x\n"));
    assert_eq!(bypass.iter().map(|finding| (finding.rule, finding.level)).collect::<Vec<_>>(), [("bypassed-hooks", Level::Warn)]);
}

#[test]
fn messages_count_the_lines_of_the_carrier() {
    let step = |commands: &str| {
        format!("on: push\njobs:\n  one:\n    runs-on: self-hosted\n    steps:\n      - shell: bash {{0}}\n        run: |\n{commands}")
    };
    let stash =
        message(WORKFLOW, &step("          git stash\n          git pull origin main\n          git stash pop\n"), "stash-in-script");
    assert!(stash.contains("`git pull origin main` in line 9") && stash.contains("`git stash pop` in line 10"), "{stash}");
    let rebase = message(WORKFLOW, &step("          git rebase origin/main || true\n          git add docs\n"), "unhandled-rebase");
    assert!(rebase.contains("`git add docs` in line 9"), "{rebase}");
    let branch = message(WORKFLOW, &step("          git switch -c x\n          git commit -m x -- docs\n"), "branch-without-worktree");
    assert!(branch.contains("line 9 builds on it"), "{branch}");
    let unknown = message("run.py", "import subprocess\nsubprocess.run(['git', 'commit', '-a', '-m', text])\n", "add-everything");
    assert!(unknown.starts_with("`git commit -a -m \"…\"`"), "{unknown}");
}

#[test]
fn commands_to_paste_are_written_as_the_carrier_has_them() {
    let make = message("Makefile", "run:\n\tcut -f1 streams | xargs -P 4 -n 1 ./stream.sh\n", "unstaggered-launch");
    assert!(make.contains("./stream.sh \"$$stream\" & sleep 4"), "{make}");
    let python = "import subprocess, time\nfor s in streams:\n    subprocess.Popen(['./worker.sh', s])\n";
    assert!(message("run.py", python, "unstaggered-launch").ends_with("\n    time.sleep(4)"));
    assert!(message("run.py", &format!("{python}    time.sleep(1)\n"), "short-stagger").ends_with("\n    time.sleep(4)"));
    let shell = "for s in 1 2 3; do\n  ./worker.sh \"$s\" &\ndone\n";
    assert!(message("run.sh", shell, "unstaggered-launch").ends_with("\n    sleep 4"));
}

#[test]
fn a_step_acts_in_its_working_directory() {
    let job = |runner: &str, head: &str, step: &str| {
        format!("on: push\n{head}jobs:\n  one:\n    runs-on: {runner}\n    steps:\n      - shell: bash {{0}}\n{step}")
    };
    let level = |text: &str| findings(WORKFLOW, text).iter().map(|finding| (finding.rule, finding.level)).collect::<Vec<_>>();
    let stash = "        run: git stash\n";
    assert_eq!(level(&job("self-hosted", "", stash)), [("stash-in-script", Level::Warn)]);
    let there = format!("        working-directory: /srv/fleet\n{stash}");
    assert_eq!(level(&job("self-hosted", "", &there)), [("stash-in-script", Level::Deny)]);
    assert_eq!(level(&job("ubuntu-latest", "", &there)), []);
    let default = "defaults:\n  run:\n    working-directory: /srv/fleet\n";
    assert_eq!(level(&job("self-hosted", default, stash)), [("stash-in-script", Level::Deny)]);
    let scratch = format!("        working-directory: ${{{{ runner.temp }}}}/clone\n{stash}");
    assert_eq!(level(&job("self-hosted", default, &scratch)), []);
    let unknown = format!("        working-directory: ${{{{ inputs.folder }}}}\n{stash}");
    assert_eq!(level(&job("self-hosted", default, &unknown)), [("stash-in-script", Level::Warn)]);
    let write =
        |folder: &str| job("ubuntu-latest", "", &format!("        working-directory: {folder}\n        run: jq . x > agents.json\n"));
    for folder in ["state", "./state/", "${{ github.workspace }}/state"] {
        assert_eq!(level(&write(folder)), [("state-write-in-script", Level::Warn)], "{folder}");
    }
    for folder in ["docs", "state/memory", "${{ github.workspace }}/site"] {
        assert_eq!(level(&write(folder)), [], "{folder}");
    }
    // A pathspec of a part of the tree is not everything.
    let part = "        working-directory: docs\n        run: git add . && git commit -m x\n";
    assert_eq!(level(&job("self-hosted", "", part)), []);
}

#[test]
fn a_pipeline_runs_where_its_tags_say() {
    let job = |keys: &str| format!("default:\n  tags: [docker]\n.own:\n  tags: [self-hosted]\njob:\n{keys}  script:\n    - git stash\n");
    let found = |keys: &str| places(".gitlab-ci.yml", &job(keys)).iter().map(|(rule, _)| *rule).collect::<Vec<_>>();
    assert_eq!(found(""), [""; 0]);
    for keys in [
        "  tags: [self-hosted, linux]\n",
        "  extends: .own\n",
        "  extends: [.own, .other]\n",
        "  tags: [\"$RUNNER\"]\n  parallel:\n    matrix:\n      - RUNNER: [docker, self-hosted]\n",
        "  tags: [\"${RUNNER}\"]\n  variables: {RUNNER: self-hosted}\n",
    ] {
        assert_eq!(found(keys), ["stash-in-script"], "{keys}");
    }
    for keys in ["  extends: .own\n  tags: [docker]\n", "  extends: job\n", "  tags: [$RUNNER]\n"] {
        assert_eq!(found(keys), [""; 0], "{keys}");
    }
    let default = "default:\n  tags: [self-hosted]\njob:\n  script:\n    - git stash\n";
    assert_eq!(places(".gitlab-ci.yml", default), [("stash-in-script", 5)]);
}

#[test]
fn values_of_the_carrier_may_be_anything() {
    let text = "on: push\njobs:\n  one:\n    runs-on: self-hosted\n    steps:\n      - shell: bash {0}\n        run: |\n\
                \x20         cleanup() { git worktree remove --force ../wt; git worktree prune; git branch -D \"dc/${{ inputs.b }}-old\"; }\n\
                \x20         trap cleanup EXIT INT TERM\n          git worktree add -b \"dc/${{ inputs.a }}\" ../wt\n";
    assert_eq!(places(WORKFLOW, text), []);
}

#[test]
fn what_prints_its_usage_does_nothing() {
    let script = |text: &str| places("run.sh", text);
    assert_eq!(script("cd /srv/fleet\ngit stash -h\ngit stash push --help\ngit commit -h\ngit reset --hard -h\n"), []);
    assert_eq!(script("cd /srv/fleet\ngit stash -q\n"), [("stash-in-script", 2)]);
}

#[test]
fn python_programs_are_read_as_their_commands() {
    let program = |body: &str| format!("import os, subprocess, time\n{body}");
    let found = |body: &str| places("run.py", &program(body));
    assert_eq!(found("subprocess.run(['git', 'stash'])\nos.system('git stash pop')\n"), [("stash-in-script", 2)]);
    assert_eq!(found("subprocess.run(['git', 'stash', 'list'])\nos.system('git stash pop')\n"), []);
    let there = findings("run.py", &program("subprocess.run(['git', 'stash'], cwd='/srv/fleet')\n"));
    assert_eq!(there.iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Deny]);
    assert_eq!(found("subprocess.run(['git', 'stash'], cwd='/tmp/clone')\n"), []);
    assert_eq!(found("subprocess.run(['git', 'add', '-A'], cwd=folder)\n"), [("add-everything", 2)]);
    let deny = |body: &str| findings("run.py", &program(body)).iter().any(|finding| finding.level == Level::Deny);
    for folder in ["'/srv/fleet'", "Path('/srv/fleet')", "pathlib.Path(\"/srv/fleet\")"] {
        assert!(deny(&format!("REPO = {folder}\nsubprocess.run(['git', 'stash'], cwd=REPO)\n")), "{folder}");
        assert!(deny(&format!("subprocess.run(['git', 'stash'], cwd={folder})\n")), "{folder}");
        assert!(!deny(&format!("REPO = {folder}\nREPO = arguments.repo\nsubprocess.run(['git', 'stash'], cwd=REPO)\n")), "{folder}");
    }
    assert_eq!(found("path = f'/tmp/{name}'\nsubprocess.run(['git', 'stash'], cwd=path)\n"), []);
    assert_eq!(found("subprocess.run(['git', 'add', '-A'], cwd=worktree)\n"), []);
    assert_eq!(found("for s in streams:\n    subprocess.Popen(['./worker.sh', s])\n"), [("unstaggered-launch", 3)]);
    assert_eq!(found("for s in streams:\n    subprocess.Popen(['./worker.sh', s])\n    time.sleep(1)\n"), [("short-stagger", 3)]);
    assert_eq!(found("for s in streams:\n    subprocess.Popen(['./worker.sh', s])\n    time.sleep(4)\n"), []);
    let starts = "def start(s):\n    return subprocess.Popen(['./worker.sh', s])\n\n";
    assert_eq!(found(&format!("{starts}jobs = [start(s) for s in streams]\n")), [("unstaggered-launch", 5)]);
    assert_eq!(found(&format!("{starts}for s in streams:\n    start(s)\n    time.sleep(4)\n")), []);
    assert_eq!(found(&format!("{starts}for s in streams:\n    start(s).wait()\n")), []);
    let reads = "def start(s):\n    return subprocess.Popen(['./diff.sh', s], stdout=subprocess.PIPE)\n\n";
    assert_eq!(found(&format!("{reads}jobs = [start(s) for s in streams]\n")), []);
    assert_eq!(found(&format!("{starts}start('one')\n")), []);
}

#[test]
fn the_end_of_an_excerpt_is_not_the_end_of_the_work() {
    let fence = |commands: &str| format!("# Each frame\n\nRun:\n\n```bash\n{commands}```\n");
    assert_eq!(places("AGENTS.md", &fence("git worktree add -b x ../x\ncd ../x\n")), []);
    assert_eq!(places("AGENTS.md", &fence("git pull --rebase --no-autostash\ngit push\n")), []);
    assert_eq!(places("AGENTS.md", &fence("git pull --rebase --no-autostash; git push\n")), [("unhandled-rebase", 6)]);
    let removed = "git worktree add -b x ../x\nmake -C ../x\ngit worktree remove ../x\n";
    assert_eq!(places("AGENTS.md", &fence(removed)), []);
    let with_trap = format!("trap 'git worktree remove --force ../x' EXIT INT TERM\n{removed}");
    assert_eq!(places("AGENTS.md", &fence(&with_trap)), [("incomplete-cleanup", 6)]);
    let others = "git worktree add -b one ../one\ngit worktree remove ../two\ngit branch -D three\n";
    assert_eq!(places("AGENTS.md", &fence(others)), []);
    let recipe = "wt:\n\tgit worktree add ../wt\n\tmake -C ../wt\n\tgit worktree remove ../wt\n";
    assert_eq!(places("Makefile", recipe), []);
    assert_eq!(places("justfile", recipe), []);
    // One shell runs all of it: that is a whole script.
    assert_eq!(places("Makefile", &format!(".ONESHELL:\n{recipe}")), [("incomplete-cleanup", 5)]);
    let pushed = ".ONESHELL:\nup:\n\tgit pull --rebase --no-autostash\n\tgit push\n";
    assert_eq!(places("Makefile", pushed), [("unhandled-rebase", 3)]);
    assert_eq!(places("Makefile", &format!(".SHELLFLAGS := -eu -c\n{pushed}")), []);
    let elsewhere = format!("{}\nFirst `git worktree add ../x`, then go there.\n", fence("git switch -c x\ngit commit -m x -- docs\n"));
    assert_eq!(places("AGENTS.md", &elsewhere), []);
}
