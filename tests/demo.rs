//! The demo, with every git of this machine: it ends well, leaves nothing behind, and does not claim what did not happen.

mod support;

use std::fs;

use support::{Git, Sandbox, both};

#[test]
fn every_act_ends_as_it_should_whatever_the_user_has_configured() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok("mkdir ../tmp ../hooks; printf '#!/bin/sh\\nexit 1\\n' > ../hooks/pre-commit; chmod +x ../hooks/pre-commit
            git config --global core.hooksPath \"$PWD/../hooks\"
            git config --global commit.gpgSign true
            git config --global init.defaultBranch trunk
            git config --global user.name nobody");
        let said = sandbox.ok(
            "TMPDIR=\"$PWD/../tmp\" GIT_DIR=/nowhere GIT_INDEX_FILE=/nowhere/index GNP_WRITER=merge-engine GNP_ALLOW=all gnp-lint demo",
        );
        assert!(said.starts_with("A fleet commits 136 agents to state/agents.json"), "{said}");
        assert!(said.ends_with("All 9 acts ended as they should; the repository is gone again."), "{said}");
        for rule in ["emptied-collection", "stash-over-fleet", "uncarried-file", "missing-command", "bash-feature-too-new"] {
            assert!(said.contains(&format!("[{rule}]")), "{rule}: {said}");
        }
        assert!(said.contains("git restore --source=HEAD --staged --worktree -- state/agents.json"), "{said}");
        assert!(said.lines().count() <= 24, "{said}");
        assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0, "{}: something is left", git.version);
    }
}

#[test]
fn where_no_hook_runs_the_demo_says_so() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        // A git that runs no hooks, but lets `install` ask for the configuration and set it.
        sandbox.ok(r#"mv ../bin/git ../bin/real-git
            cat > ../bin/git <<'END'
#!/bin/sh
for word in "$@"; do
    if [ "$word" = config ]; then exec real-git "$@"; fi
done
exec real-git -c core.hooksPath=/dev/null "$@"
END
            chmod +x ../bin/git"#);
        let output = sandbox.sh("gnp-lint demo");
        assert_eq!(output.status.code(), Some(1), "{}", both(&output));
        let said = both(&output);
        let wrong = said.lines().filter(|line| line.starts_with("WRONG")).count();
        assert!(wrong >= 4 && said.contains("it was not refused"), "{said}");
        assert!(said.contains(&format!("{wrong} of 9 acts did not end as they should.")), "{said}");
    }
}

#[test]
fn without_git_it_is_said_in_one_line() {
    let Some(git) = Git::all().pop() else { return };
    let sandbox = Sandbox::empty(&git);
    // `sh` alone: the program finds no git on this PATH.
    sandbox.ok("mkdir ../only-sh; ln -s /bin/sh ../only-sh/sh; ln -s \"$(command -v cat)\" ../only-sh/cat; ln -s \"$(command -v rm)\" ../only-sh/rm");
    let output = sandbox.command(support::BINARY).env("PATH", sandbox.path("only-sh")).arg("demo").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", both(&output));
    assert_eq!(both(&output).lines().count(), 1, "{}", both(&output));
    assert!(both(&output).contains("`git` cannot be run"), "{}", both(&output));
}
