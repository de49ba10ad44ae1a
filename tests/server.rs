//! A server that is pushed to, over paths and over a socket, with every git of this machine: what it refuses, what it says, what it keeps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/snapshot.rs"]
mod snapshot;
mod support;

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use snapshot::{differences, snapshot};
use support::{Git, Sandbox};

/// A bare repository with our hooks in `up.git`, and a clone of it without any in `repo`, which has state and a policy.
fn with_each_git(policy: &str, story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        let state = support::agents(20);
        sandbox.ok("git init -q --bare -b main ../up.git && gnp-lint install --server ../up.git");
        sandbox.ok(&format!(
            "git init -q -b main . && git remote add origin ../up.git && mkdir state && cat > state/agents.json <<'EOF'\n{state}EOF\n\
             cat > gnp.toml <<'EOF'\n{policy}EOF\necho one > README && git add . && git commit -qm begin && git push -q -u origin main"
        ));
        story(&sandbox);
    }
}

const WIPE: &str = "printf '{\"agents\": {}}\\n' > state/agents.json && git commit -qam 'resolve'";

/// Where the server's branches stand.
fn refs(sandbox: &Sandbox) -> String {
    sandbox.ok("git -C ../up.git for-each-ref")
}

/// The lines that came from the server, as they were written there.
fn told(said: &str) -> Vec<&str> {
    said.lines().filter_map(|line| line.strip_prefix("remote: ")).map(str::trim_end).collect()
}

#[test]
fn a_push_that_wipes_is_refused_however_it_is_made() {
    with_each_git("", |sandbox| {
        let before = refs(sandbox);
        sandbox.ok(WIPE);
        let wiped = sandbox.ok("git rev-parse HEAD");
        for push in [
            "git push origin main",
            "git push --no-verify origin main",
            "git push --force origin main",
            "git push origin main main:feature HEAD:refs/tags/v1",
            "git push --atomic origin main~1:refs/heads/fine main",
            "git push -o ci.skip origin main || git push origin main",
            "git bundle create -q ../b main && git fetch -q ../b main && git push origin FETCH_HEAD:main",
            "GNP_WRITER=merge-engine GNP_ALLOW='emptied-collection: I say so' CLICOLOR_FORCE=1 git push origin main",
        ] {
            let said = sandbox.fails(push);
            assert!(said.contains("emptied-collection") && said.contains("agent-001"), "{push}: {said}");
            assert!(said.contains("pre-receive hook declined"), "{push}: {said}");
            let lines = told(&said);
            assert!(lines.iter().all(|line| line.chars().count() <= 72 || line.starts_with("        ")), "{push}: {lines:#?}");
            assert!(lines.iter().any(|line| line.trim().starts_with("git restore --source=")), "{push}: {lines:#?}");
            assert!(lines.iter().all(|line| !line.contains('\u{1b}')), "{push}: {lines:#?}");
            assert_eq!(refs(sandbox), before, "{push}");
        }
        // What was refused stayed in quarantine: nothing of it is left.
        assert!(!sandbox.sh(&format!("git -C ../up.git cat-file -e {wiped}")).status.success());
        let log = std::fs::read_to_string(sandbox.path("up.git/gnp/log.jsonl")).unwrap();
        assert!(log.contains("\"door\":\"pre-receive\"") && log.contains("emptied-collection"), "{log}");
        // The waiver that counts is the one in the commit, and the server says how it gets there.
        let said = sandbox.fails("git push origin main");
        let waive = told(&said).into_iter().find(|line| line.trim().starts_with("git commit --amend")).unwrap().trim().to_owned();
        sandbox.ok(&format!("{} && git push -q origin main", waive.replace("REASON", "reseeding after incident 12")));
    });
}

#[test]
fn what_brings_nothing_bad_passes_in_silence() {
    with_each_git("[worktree]\nbranch = ['dc/*/frame-*']\n", |sandbox| {
        for push in [
            "echo two > README && git commit -qam two && git push origin main",
            "git switch -qc feature && git commit -q --allow-empty -m f && git push origin feature && git commit -q --amend -m g && git push -f origin feature",
            "git tag v1 && git push origin v1 && git push origin :feature && git push -f origin main~1:refs/tags/v1",
            "git switch -q main && git merge -q --no-ff --no-edit feature && git push origin main",
            "git push origin main:release main:dc/stream-1/frame-1",
            "git push origin :release",
        ] {
            let said = support::both(&sandbox.sh(push));
            assert!(!said.contains("remote:"), "{}: {push}: {said}", sandbox.git().version);
            assert!(!said.contains("rejected"), "{push}: {said}");
        }
        let said = sandbox.fails("git push origin main:dc/stream1");
        assert!(said.contains("misnamed-stream-branch"), "{said}");
        assert!(!sandbox.path("up.git/gnp/log.jsonl").exists() || !sandbox.ok("cat ../up.git/gnp/log.jsonl").contains("merge"));
    });
}

#[test]
fn a_protected_branch_stays_where_it_is() {
    with_each_git("", |sandbox| {
        sandbox.ok("git push -q origin main:topic && git -C ../up.git config receive.denyDeleteCurrent ignore");
        let before = refs(sandbox);
        for way in [
            "git push origin :main",
            "git push -f --no-verify origin --delete main topic",
            "git push --atomic origin :main main:topic2",
            "git -C ../up.git branch -D main",
            "git -C ../up.git update-ref -d refs/heads/main",
        ] {
            let said = sandbox.fails(way);
            assert!(said.contains("protected-branch-removed"), "{way}: {said}");
            assert_eq!(refs(sandbox), before, "{way}");
        }
        sandbox.ok("git push -q origin :topic");
    });
}

#[test]
fn a_force_push_needs_a_writer_whom_the_commits_tell() {
    let policy = "[[writer]]\nname = 'engine'\nenv = { GNP_WRITER = 'merge-engine' }\nforce_push = true\n\
                  [[writer]]\nname = 'bot'\nauthor = ['bot@example.org']\nforce_push = true\n";
    with_each_git(policy, |sandbox| {
        sandbox.ok("echo two > README && git commit -qam two && git push -q origin main");
        let before = refs(sandbox);
        sandbox.ok("git reset -q --hard HEAD~1 && echo three > README && git commit -qam three");
        for push in ["git push -f origin main", "GNP_WRITER=merge-engine git push -f origin main", "git push origin +main~1:main"] {
            let said = sandbox.fails(push);
            assert!(said.contains("force-push-to-protected"), "{push}: {said}");
            assert_eq!(refs(sandbox), before, "{push}");
        }
        sandbox.ok("git commit -q --amend --author 'Bot <bot@example.org>' -m three && git push -q -f origin main");
        assert_ne!(refs(sandbox), before);
    });
}

#[test]
fn who_writes_state_is_told_by_the_commits_and_by_the_servers_own_policy() {
    let policy = "[[writer]]\nname = 'bot'\nauthor = ['bot@example.org']\n";
    with_each_git(policy, |sandbox| {
        let before = refs(sandbox);
        let change = "sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak && git add -A";
        sandbox.ok(&format!("{change} && printf '[state]\\ncanonical = []\\n' > gnp.toml && git add -A && git commit -qm tune"));
        let said = sandbox.fails("GNP_WRITER=merge-engine git push origin main");
        assert!(said.contains("canonical-state-commit"), "{said}");
        assert_eq!(refs(sandbox), before);
        sandbox.ok(&format!(
            "git reset -q --hard HEAD~1 && {change} && git commit -q --author 'Bot <bot@example.org>' -m tune && git push -q origin main"
        ));
        // A branch that is not protected is judged by what it has done since it left the protected one.
        let said = sandbox.sh("git push origin main:topic");
        assert!(said.status.success() && !support::both(&said).contains("remote:"), "{}", support::both(&said));
    });
}

#[test]
fn a_branch_that_is_moved_on_the_server_itself_is_judged_too() {
    with_each_git("", |sandbox| {
        sandbox.ok(WIPE);
        sandbox.ok("git push -q origin main:refs/wiped/main");
        let before = refs(sandbox);
        for way in ["git -C ../up.git update-ref refs/heads/main refs/wiped/main", "git -C ../up.git branch -f main refs/wiped/main"] {
            let said = sandbox.fails(way);
            assert!(said.contains("emptied-collection"), "{way}: {said}");
            assert_eq!(refs(sandbox), before, "{way}");
        }
        sandbox.ok("git -C ../up.git gc -q && git -C ../up.git pack-refs --all");
        sandbox.fails("git push origin main");
        assert_eq!(refs(sandbox), before);
    });
}

#[test]
fn every_form_of_repository_is_served() {
    for git in Git::all() {
        for form in ["--object-format=sha256", "--ref-format=reftable"] {
            let sandbox = Sandbox::empty(&git);
            if !sandbox.sh(&format!("git init -q {form} --bare -b main ../up.git")).status.success() {
                // git 2.39 knows no reftable.
                assert!(form.contains("reftable"), "{}", git.version);
                continue;
            }
            sandbox.ok(&format!(
                "gnp-lint install --server ../up.git && git init -q {form} -b main . && mkdir state && cat > state/agents.json <<'EOF'\n{}EOF\n\
                 git add . && git commit -qm begin && git push -q ../up.git main",
                support::agents(20)
            ));
            sandbox.ok(WIPE);
            let said = sandbox.fails("git push ../up.git main");
            assert!(said.contains("emptied-collection"), "{form}: {said}");
        }
    }
}

#[test]
fn earlier_server_hooks_run_in_order_and_their_veto_counts() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok(
            "git init -q --bare -b main ../up.git && cd ../up.git
            printf '#!/bin/sh\\necho \"pre-receive $#\" >> \"$HOME/seen\"; cat >> \"$HOME/seen\"; test ! -e \"$HOME/veto\" || { echo no from theirs; exit 1; }\\n' > hooks/pre-receive
            printf '#!/bin/sh\\necho \"update $*\" >> \"$HOME/seen\"\\n' > hooks/update
            chmod +x hooks/pre-receive hooks/update",
        );
        let before = snapshot(&sandbox.path("up.git"));
        let said = sandbox.ok("gnp-lint install --server ../up.git && gnp-lint install --server ../up.git");
        assert!(said.contains("your own hooks still run: pre-receive") && said.contains("already installed"), "{said}");
        sandbox.ok("gnp-lint uninstall ../up.git");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("up.git"))), [""; 0]);

        sandbox.ok("gnp-lint install --server ../up.git && git init -q -b main . && git commit -q --allow-empty -m x && git push -q ../up.git main");
        let tip = sandbox.ok("git rev-parse main");
        let null = "0".repeat(tip.len());
        let seen = sandbox.ok("cat \"$HOME/seen\"");
        assert_eq!(seen, format!("pre-receive 0\n{null} {tip} refs/heads/main\nupdate refs/heads/main {null} {tip}"));
        let said = sandbox.fails("touch \"$HOME/veto\"; git commit -q --allow-empty -m y; git push ../up.git main");
        assert!(said.contains("remote: no from theirs"), "{said}");
    }
}

#[test]
fn a_servers_own_folder_of_hooks_stays_in_use() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok("git init -q --bare -b main ../up.git && mkdir ../up.git/ours
            for hook in pre-receive update post-receive; do
                printf '#!/bin/sh\\ncat > /dev/null; echo %s >> \"$HOME/seen\"\\n' $hook > ../up.git/ours/$hook
            done
            chmod +x ../up.git/ours/* && git -C ../up.git config core.hooksPath ours && cp ../up.git/config ../config");
        sandbox.ok("gnp-lint install --server ../up.git
            git init -q -b main . && git commit -q --allow-empty -m x && git push -q ../up.git main");
        assert_eq!(sandbox.ok("cat \"$HOME/seen\""), "pre-receive\nupdate\npost-receive");
        sandbox.ok("gnp-lint uninstall ../up.git && cmp ../config ../up.git/config && test ! -e ../up.git/gnp");
    }
}

#[test]
fn the_servers_hooks_go_into_bare_repositories_alone() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok("git init -q -b main . && git init -q --bare ../up.git");
        let said = sandbox.fails("gnp-lint install --server");
        assert!(said.contains("has a work tree") && said.contains("leave --server out"), "{said}");
        let said = sandbox.fails("gnp-lint install ../up.git");
        assert!(said.contains("--server"), "{said}");
        // A fleet that the server would refuse is shown first.
        sandbox.ok("mkdir state && echo '{}' > state/a.json && printf '[[writer]]\\nname = \"x\"\\nauthor = [\"x@example.org\"]\\n' > gnp.toml && git add . && git commit -qm begin
            for n in 1 2 3; do echo \"{\\\"n\\\": $n}\" > state/a.json; GIT_AUTHOR_EMAIL=sim@example.org git commit -qam \"frame $n\"; done
            git push -q ../up.git main");
        let said = sandbox.fails("gnp-lint install --server ../up.git");
        assert!(said.contains("author = ['sim@example.org']") && said.contains("nothing was installed"), "{said}");
        sandbox.ok("gnp-lint install --server --force ../up.git && gnp-lint uninstall ../up.git && test ! -e ../up.git/gnp");
    }
}

/// `git daemon` on a port of this machine; it ends with the test.
struct Daemon {
    process: Child,
    port: u16,
}

impl Daemon {
    fn start(sandbox: &Sandbox) -> Self {
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut command = sandbox.command("git");
            let base = format!("--base-path={}", sandbox.path("").display());
            command.args(["daemon", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1", "--timeout=30", &base]);
            command.arg(format!("--port={port}"));
            let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let mut daemon = Self { process, port };
            if daemon.answers() {
                return daemon;
            }
        }
        panic!("git daemon does not start; is it installed with git?");
    }

    /// Whether it listens within a few seconds; it ends at once when the port was taken in between.
    fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // `git daemon` is a child of `git`, which passes the signal on.
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.process), rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

#[test]
fn over_a_socket_a_real_server_refuses_and_accepts() {
    with_each_git("", |sandbox| {
        let daemon = Daemon::start(sandbox);
        let url = format!("git://127.0.0.1:{}/up.git", daemon.port);
        sandbox.ok(&format!(
            "git remote set-url origin {url} && git fetch -q && echo two > README && git commit -qam two && git push -q origin main"
        ));
        let before = refs(sandbox);
        sandbox.ok(WIPE);
        for push in [
            "git push --no-verify origin main",
            "git push -f origin main main:other",
            "git push --atomic origin main~1:refs/heads/fine main",
        ] {
            let said = sandbox.fails(push);
            assert!(told(&said).iter().any(|line| line.contains("emptied-collection")), "{push}: {said}");
            assert_eq!(refs(sandbox), before, "{push}");
        }
        let said = sandbox.fails("git push -f origin main~2:main");
        assert!(said.contains("force-push-to-protected"), "{said}");
        // What the help says brings the pusher on.
        let said = sandbox.fails("git push origin main");
        let restore = told(&said).into_iter().find(|line| line.trim().starts_with("git restore")).unwrap().trim().to_owned();
        sandbox.ok(&format!("{restore} && git commit -qm 'put the agents back' && git push -q origin main"));
        assert_ne!(refs(sandbox), before);
    });
}

/// The pusher's work tree is not known to the server: what it prints takes back the commit, and leaves alone what is not committed yet.
#[test]
fn what_a_pusher_pastes_loses_nothing_of_theirs() {
    let wipe = "printf '{\"agents\": {}}\\n' > state/agents.json && git commit -qam wipe";
    let cases = [
        ("nothing beside", wipe, "", "cmp -s state/agents.json ../agents"),
        ("a next frame", wipe, "echo '{\"agents\": {\"next\": 1}}' > state/agents.json", "grep -q next state/agents.json"),
        (
            "a next frame, staged",
            wipe,
            "echo '{\"agents\": {\"next\": 1}}' > state/agents.json; git add state",
            "grep -q next state/agents.json",
        ),
        ("deleted", "git rm -q state/agents.json && git commit -qm untrack", "", "cmp -s state/agents.json ../agents"),
        (
            "untracked, and still written",
            "git rm -q --cached state/agents.json && git commit -qm untrack",
            "echo '{\"agents\": {\"next\": 1}}' > state/agents.json",
            "grep -q next state/agents.json",
        ),
        (
            "renamed",
            "git mv state/agents.json state/people.json && git commit -qm rename",
            "",
            "cmp -s state/agents.json ../agents && test ! -e state/people.json",
        ),
        (
            "renamed, and a next frame",
            "git mv state/agents.json state/people.json && git commit -qm rename",
            "echo '{\"agents\": {\"next\": 1}}' > state/people.json",
            "grep -q next state/people.json",
        ),
    ];
    with_each_git("[[writer]]\nname = 'bot'\nauthor = ['bot@example.org']\n", |sandbox| {
        sandbox.ok("cp state/agents.json ../agents; cp -a . ../copy; cp -a ../up.git ../copy.git");
        for (name, act, beside, holds) in cases {
            let name = format!("{name} on {}", sandbox.git().version);
            sandbox.ok("find . -mindepth 1 -delete; cp -a ../copy/. .; rm -rf ../up.git; cp -a ../copy.git ../up.git");
            sandbox.ok(&format!("echo own >> README; echo new > new; git add new; {act}; {beside}"));
            let said = sandbox.fails("git push origin main");
            let restore = told(&said).into_iter().find(|line| line.trim().starts_with("git restore --source=")).unwrap().trim().to_owned();
            sandbox.ok(&restore);
            assert!(sandbox.sh(holds).status.success(), "{name}: {said}\n{}", sandbox.ok("git status; head -v state/*"));
            assert_eq!(sandbox.ok("tail -n1 README; cat new"), "own\nnew", "{name}");
            // And it brings the pusher on.
            let said = sandbox.ok("git commit -qm 'put it back' && git push origin main 2>&1");
            assert!(!said.contains("error["), "{name}: {said}");
        }
    });
}

/// A checkout that is pushed to: what is printed is pasted where the push was made, and the fleet works where it arrives.
#[test]
fn a_push_into_a_checkout_is_told_what_helps_where_it_was_made() {
    let frame = "sed -i.bak 's/\"karma\": 7 /\"karma\": 8 /' state/agents.json && rm state/agents.json.bak";
    for git in Git::all() {
        for receives in ["git config receive.denyCurrentBranch updateInstead", "git switch -q --detach"] {
            let sandbox = Sandbox::new(&git);
            let name = format!("{receives} on {}", git.version);
            sandbox.ok(&format!("{receives}; echo fleet > beside; git clone -q . ../clone"));
            let before = sandbox.state();
            // What the fleet's environment tells of a commit is forgotten when it is pushed without it.
            sandbox.ok(&format!(
                "cd ../clone && git switch -q main && gnp-lint install --force > ../installed && {frame} && fleet git commit -qam frame && echo '{{}}' > state/agents.json"
            ));
            let said = sandbox.fails("cd ../clone && git push origin main");
            assert!(said.contains("error[canonical-state-commit]") && said.contains("first name its `author`"), "{name}: {said}");
            let paste = |start: &str| said.lines().map(str::trim).find(|line| line.starts_with(start)).map(str::to_owned);
            if let Some(back) = paste("git -C ") {
                sandbox.ok(&format!("cd ../clone && {back}"));
            }
            assert_eq!(sandbox.state(), before, "{name}: {said}");
            // What the help says of a writer helps.
            sandbox.ok("cp -a ../clone ../again; cp -a . ../there");
            sandbox.ok(
                "git switch -q main
                printf '[[writer]]\\nname = \"ada\"\\nauthor = [\"ada@example.org\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm law gnp.toml
                git switch -q - 2> /dev/null || git switch -q --detach main
                cd ../again && git restore state && git pull -q --no-rebase --no-edit origin main && git push -q origin main",
            );
            // And what it says of everybody else leaves their next frame alone.
            sandbox.ok("find . -mindepth 1 -delete; cp -a ../there/. .");
            let restore = paste("git restore --source=").unwrap();
            sandbox.ok(&format!(
                "cd ../clone && {restore} && test \"$(cat state/agents.json)\" = '{{}}' && fleet git commit -qm back && git push -q origin main"
            ));
        }
    }
}
