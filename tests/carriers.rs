//! Scripts inside other files: what is found there and where, what is left alone, and fixes written into the carrier.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod script_support;

use std::time::Duration;

use gnp_lint::carriers::{self, Form};
use gnp_lint::finding::Finding;
use gnp_lint::fix::{self, Extent};
use gnp_lint::lint::lint_file;
use gnp_lint::policy::{Policy, Version};
use gnp_lint::shell::{Checkout, Dialect, Errexit, Script};
use proptest::prelude::*;
use script_support::{TARGETS, policy, told};

const WORKFLOW: &str = ".github/workflows/ci.yml";

fn scripts(path: &str, text: &str) -> Vec<Script> {
    let form = Form::of(path, text.as_bytes()).unwrap_or_else(|| panic!("{path} is nothing"));
    carriers::read(form, path, text.as_bytes(), &policy()).scripts
}

fn findings(path: &str, text: &str) -> Vec<Finding> {
    lint_file(&scripts(path, text), &policy())
}

/// Rule, line and column of each finding.
fn places(path: &str, text: &str) -> Vec<(&'static str, usize, usize)> {
    let at = |finding: &Finding| finding.place.span.as_ref().unwrap().start();
    findings(path, text).iter().map(|finding| (finding.rule, at(finding).0, at(finding).1)).collect()
}

fn silent(path: &str, text: &str) {
    let found = findings(path, text);
    assert!(found.is_empty(), "{path}:\n{text}\n{:?}", told(&found));
}

fn fixed(path: &str, text: &str, wanted: Extent) -> String {
    let form = Form::of(path, text.as_bytes()).unwrap();
    fix::fixed(path, text, form, &policy(), wanted).text.unwrap_or_else(|| text.to_owned())
}

/// A workflow of one job.
fn job(runs_on: &str, steps: &str) -> String {
    format!("on: push\njobs:\n  one:\n    runs-on: {runs_on}\n    steps:\n{steps}")
}

#[test]
fn a_step_is_judged_by_what_runs_it() {
    let step = "      - run: timeout 5 x\n";
    silent(WORKFLOW, &job("ubuntu-latest", step));
    assert_eq!(places(WORKFLOW, &job("macos-14", step)), [("missing-command", 6, 14)]);
    assert_eq!(places(WORKFLOW, &job("[self-hosted, macOS]", step)), [("missing-command", 6, 14)]);
    silent(WORKFLOW, &job("[self-hosted, linux]", step));
    assert_eq!(places(WORKFLOW, &job("ubuntu-latest", "      - run: pbcopy <x\n")), [("missing-command", 6, 14)]);
    let matrix = "${{ matrix.os }}\n    strategy:\n      matrix:\n        os: [ubuntu-latest, macos-latest]";
    assert_eq!(places(WORKFLOW, &job(matrix, step)), [("missing-command", 9, 14)]);
    silent(WORKFLOW, &job(matrix, "      - if: runner.os == 'Linux'\n        run: timeout 5 x\n"));
    let included =
        "${{ matrix.os }}\n    strategy:\n      matrix:\n        include:\n          - os: macos-13\n          - os: ubuntu-22.04";
    assert_eq!(places(WORKFLOW, &job(included, step)), [("missing-command", 11, 14)]);
    silent(WORKFLOW, &job("macos-14\n    container: debian", step));
}

#[test]
fn a_step_is_read_in_its_shell() {
    let of = |steps: &str| scripts(WORKFLOW, &job("ubuntu-latest", steps));
    let one = |steps: &str| {
        let found = of(steps);
        assert_eq!(found.len(), 1, "{steps}");
        (found[0].dialect, found[0].errexit, found[0].checkout)
    };
    assert_eq!(one("      - run: ls\n"), (Dialect::Bash, Errexit::FromStart, Checkout::Own));
    assert_eq!(one("      - run: ls\n        shell: sh\n"), (Dialect::Sh, Errexit::FromStart, Checkout::Own));
    assert_eq!(one("      - run: ls\n        shell: bash {0}\n"), (Dialect::Bash, Errexit::Never, Checkout::Own));
    assert!(of("      - run: ls\n        shell: pwsh\n      - run: print()\n        shell: python\n").is_empty());
    assert!(scripts(WORKFLOW, &job("windows-latest", "      - run: ls\n")).is_empty());
    let defaults = "defaults:\n  run:\n    shell: sh\n".to_owned() + &job("ubuntu-latest", "      - run: ls\n");
    assert_eq!(scripts(WORKFLOW, &defaults)[0].dialect, Dialect::Sh);
    assert_eq!(scripts(WORKFLOW, &job("self-hosted", "      - run: ls\n"))[0].checkout, Checkout::Shared);
    assert_eq!(scripts(WORKFLOW, &job("macos-15", "      - run: ls\n"))[0].targets.macos, Some(Version(15, 0)));
}

#[test]
fn every_way_to_write_a_text_in_yaml_keeps_its_places() {
    let steps = "      - run: |\n          set -u\n          if a; then\n            echo é; sed -i s/a/b/ f\n          fi\n\
                 \x20     - run: >-\n          echo a &&\n          sed -i\n          s/a/b/ f\n\n          echo \"${v^^}\"\n\
                 \x20     - run: \"echo \\\"é\\\"; sed -i s/a/b/ f\"\n      - run: 'echo ''é''; sed -i s/a/b/ f'\n\
                 \x20     - {run: sed -i s/a/b/ f}\n      - run: |2\n           sed -i s/a/b/ f\n      - run: echo a;\n          sed -i s/a/b/ f\n";
    let found = places(WORKFLOW, &job("macos-14", steps));
    let expected = [(9, 21), (13, 11), (16, 17), (17, 27), (18, 27), (19, 15), (21, 12), (23, 11)];
    assert_eq!(found.iter().map(|(_, line, column)| (*line, *column)).collect::<Vec<_>>(), expected, "{found:?}");
}

#[test]
fn what_an_expression_becomes_is_unknown() {
    silent(WORKFLOW, &job("macos-14", "      - run: ${{ matrix.run }} x && echo '${{ a }}' \"${{ '}' }}\"\n"));
    let text = job("macos-14", "      - run: echo ${{ a }}; timeout ${{ b }} x\n");
    assert_eq!(places(WORKFLOW, &text), [("missing-command", 6, 29)]);
    assert_eq!(fixed(WORKFLOW, &text, Extent::Unsafe), text);
}

#[test]
fn fixes_are_written_as_the_carrier_wants_them() {
    let before =
        job("macos-14", "      - run: |\n          set -u\n          sed -i s/a/${{ x }}/ f\n      - run: 'echo ''a''; sed -i s/a/b/ f'\n");
    let after = fixed(WORKFLOW, &before, Extent::Unsafe);
    assert!(after.contains("          (sed -i.bak s/a/${{ x }}/ f && rm -f f.bak)\n"), "{after}");
    assert!(after.contains("      - run: 'echo ''a''; (sed -i.bak s/a/b/ f && rm -f f.bak)'\n"), "{after}");
    let block = job("macos-14", "      - run: |\n          set -u\n          timeout 5 x\n          echo \"${v^^}\"\n");
    let after = fixed(WORKFLOW, &block, Extent::Unsafe);
    assert!(
        after.contains("\n          with_timeout() (\n              limit=$1\n") && after.contains("\n          with_timeout 5 x\n"),
        "{after}"
    );
    assert!(findings(WORKFLOW, &after).is_empty() && !after.contains(" \n"), "{after}");
    let cases = [
        ("Makefile", "a:\n\techo $$x && \\\n\t  sed -i s/a/$$x/ f\n", "sed -i.bak s/a/$$x/ f && rm -f f.bak"),
        ("package.json", r#"{"scripts": {"a": "echo \"é\" && sed -i \"s/a/b/\" f"}}"#, r#"sed -i.bak \"s/a/b/\" f && rm -f f.bak"#),
        ("justfile", "a:\n  sed -i s/a/{{b}}/ f\n", "  sed -i.bak s/a/{{b}}/ f && rm -f f.bak\n"),
        ("x.py", "import os\nos.system(\"sed -i 's/a/b/' f\")\n", "os.system(\"sed -i.bak 's/a/b/' f && rm -f f.bak\")"),
        ("README.md", "> ```sh\n> sed -i s/a/b/ f\n> ```\n", "> sed -i.bak s/a/b/ f && rm -f f.bak\n"),
    ];
    for (path, text, expected) in cases {
        let after = fixed(path, text, Extent::Unsafe);
        assert!(after.contains(expected), "{path}: {after}");
        silent(path, &after);
    }
}

#[test]
fn what_cannot_be_written_soundly_is_left() {
    let cases = [
        (WORKFLOW, job("macos-14", "      - run: timeout 5 x\n")),
        ("x.py", "import subprocess\nsubprocess.run(['sed', '-i', 's/a/b/', 'f'])\n".to_owned()),
        ("Makefile", "a:\n\ttimeout 5 x\n".to_owned()),
        ("package.json", r#"{"scripts": {"a": "timeout 5 x"}}"#.to_owned()),
    ];
    for (path, text) in cases {
        assert!(!findings(path, &text).is_empty(), "{path}");
        assert_eq!(fixed(path, &text, Extent::Unsafe), text);
    }
}

#[test]
fn comments_allow_in_carriers() {
    let quiet = [
        (WORKFLOW, job("macos-14", "      - run: timeout 5 x # gnp-lint: allow(missing-command) it is installed\n")),
        (
            WORKFLOW,
            job(
                "macos-14",
                "      # gnp-lint: allow(missing-command) it is installed\n      - run: |\n          ls\n          timeout 5 x\n",
            ),
        ),
        (
            WORKFLOW,
            job("macos-14", "      - run: | # gnp-lint: allow(missing-command) it is installed\n          ls\n          timeout 5 x\n"),
        ),
        (
            WORKFLOW,
            job("macos-14", "      - run: |\n          # gnp-lint: allow(missing-command) it is installed\n          timeout 5 x\n"),
        ),
        ("a.md", "<!-- gnp-lint: allow(missing-command) it is installed -->\n\n```sh\nls\ntimeout 5 x\n```\n".to_owned()),
        ("a.md", "```sh\ntimeout 5 x # gnp-lint: allow(missing-command) it is installed\n```\n".to_owned()),
        ("x.py", "import os\n# gnp-lint: allow(missing-command) it is installed\nos.system('timeout 5 x')\n".to_owned()),
        ("x.py", "import os\nos.system('timeout 5 x')  # gnp-lint: allow(missing-command) it is installed\n".to_owned()),
        ("Dockerfile", "FROM x\n# gnp-lint: allow(missing-command) it is installed\nRUN pbcopy\n".to_owned()),
        ("Makefile", "a:\n# gnp-lint: allow(missing-command) it is installed\n\ttimeout 5 x\n".to_owned()),
    ];
    for (path, text) in quiet {
        silent(path, &text);
    }
    let text = job("macos-14", "      # gnp-lint: allow(missing-command)\n      - run: timeout 5 x\n      - run: timeout 6 x\n");
    assert_eq!(places(WORKFLOW, &text), [("suppression-without-reason", 6, 7), ("missing-command", 8, 14)]);
    let text = "<!-- gnp-lint: allow(missing-command) nothing -->\n```sh\nls\n```\n";
    assert_eq!(places("a.md", text), [("suppression-without-reason", 1, 1)]);
}

#[test]
fn actions_run_wherever_the_policy_says() {
    let text =
        "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: timeout 5 x\n    - shell: pwsh\n      run: timeout 5 x\n";
    assert_eq!(places("action.yml", text), [("missing-command", 5, 12)]);
    silent("action.yml", "runs:\n  using: node20\n  main: timeout 5 x\n");
}

#[test]
fn pipelines_of_gitlab() {
    let text = ".base: &base\n  before_script:\n    - pbcopy x\njob:\n  <<: *base\n  script:\n    - cd x\n    - pbcopy y\n    - |\n      ls\n      pbcopy z\n\
                after:\n  after_script: pbcopy w\n  variables:\n    script: pbcopy\nmac:\n  tags: [macos]\n  script: ['timeout 5 x', !reference [a, script]]\n";
    let found: Vec<_> = places(".gitlab-ci.yml", text).into_iter().map(|(_, line, column)| (line, column)).collect();
    assert_eq!(found, [(3, 7), (8, 7), (11, 7), (13, 17), (18, 13)]);
    silent(".gitlab-ci.yml", "job:\n  script:\n    - timeout 5 x\n    - echo '$[[ inputs.x ]]'\n  tags: [windows]\n");
}

#[test]
fn recipes_of_make() {
    let text = "x := $(shell timeout 1)\nall: dep ; timeout 5 x\n\t@-timeout $(T) \"$$v\" && \\\n\t\tsed -i s/a/b/ f\nifdef X\n\t+timeout 6 x\nendif\n\
                define R\n\ttimeout 7\nendef\nlater := a\n\ttimeout 8\n";
    let found: Vec<_> = places("Makefile", text).into_iter().map(|(_, line, column)| (line, column)).collect();
    assert_eq!(found, [(2, 12), (3, 4), (4, 3), (6, 3)]);
    silent("Makefile", "a:\n\t@echo timeout 5; $(TIMEOUT) 5 x # timeout\n\tcommand -v timeout >/dev/null && timeout 5 x\n");
    assert_eq!(places("Makefile", "a:\n\t[[ -f x ]]\n"), [("bashism-in-sh", 2, 2)]);
    silent("Makefile", "SHELL := /usr/bin/env bash\na:\n\t[[ -f x ]]\n");
    assert_eq!(scripts("Makefile", ".ONESHELL:\na:\n\tcd x\n\tls\n")[0].text.trim_end(), "cd x\nls");
    assert_eq!(scripts("Makefile", "a:\n\tcd x\n\tls\n").len(), 2);
    assert_eq!(scripts("x.mk", ".RECIPEPREFIX = >\na:\n>ls $${x}\n")[0].text.as_ref(), "ls ${x}");
}

#[test]
fn recipes_of_just() {
    let text = "v := `timeout 1`\na arg='x':\n  @timeout {{v}} x\n  [[ -f x ]]\nb:\n    #!/usr/bin/env bash\n    set -eu\n    [[ -f x ]]\n    timeout 5 \"{{ v }}\"\nc:\n  #!/usr/bin/env python3\n  timeout 5\n";
    let found = places("justfile", text);
    assert_eq!(found, [("missing-command", 3, 4), ("bashism-in-sh", 4, 3), ("missing-command", 9, 5)]);
    silent("justfile", "set shell := ['bash', '-c']\na:\n  [[ -f x ]] # timeout 5\n");
    silent("justfile", "set shell := ['pwsh', '-c']\na:\n  timeout 5\n");
}

#[test]
fn images_are_linux() {
    let text = "# syntax=x\nFROM debian\nRUN timeout 5 x && \\\n    # a comment\n    pbcopy\nRUN <<EOF\nls\npbcopy\nEOF\nRUN bash <<'EOF'\npbcopy\nEOF\n\
                RUN [\"pbcopy\", \"x\"]\nONBUILD RUN pbcopy\nRUN --mount=type=cache,target=/x [[ -f x ]]\nSHELL [\"/bin/bash\", \"-c\"]\nRUN [[ -f x ]]\nFROM b\nRUN [[ -f x ]]\nCMD pbcopy\n";
    let found = places("Dockerfile", text);
    let expected = [(5, 5), (8, 1), (11, 1), (14, 13), (15, 34), (19, 5)];
    assert_eq!(found.iter().map(|(_, line, column)| (*line, *column)).collect::<Vec<_>>(), expected, "{found:?}");
    let all = scripts("a.Dockerfile", "FROM x\nRUN a\n");
    assert_eq!((all[0].checkout, all[0].targets.macos, all[0].dialect), (Checkout::Own, None, Dialect::Sh));
    silent("Dockerfile", "FROM mcr.microsoft.com/windows/servercore\nRUN pbcopy\n");
    silent("Dockerfile", "FROM x\nRUN sed -i s/a/b/ f && date -d @0 && readlink -f x\n");
}

#[test]
fn scripts_of_npm() {
    let text =
        "{\n\t\"name\": \"é\",\n\t\"scripts\": {\n\t\t\"a\": \"echo \\\"é\\\" && timeout 5 x\",\n\t\t\"b\": \"[[ -f x ]]\"\n\t}\n}\n";
    assert_eq!(places("package.json", text), [("missing-command", 4, 23), ("bashism-in-sh", 5, 9)]);
    silent("package.json", r#"{"scripts": {"a": "eslint src/*.{js,ts} && echo timeout"}, "timeout": "timeout 5 x"}"#);
    assert!(!findings("package.json", r#"{"scripts": {"a": "mkdir -p x/{a,b}"}}"#).is_empty());
    silent("package.json", "{\"scripts\": [\"timeout 5\"]}");
    silent("package.json", "{\"scripts\": {");
    assert_eq!(Form::of("x/package-lock.json", b"{}"), None);
}

#[test]
fn fences_of_markdown() {
    let text = "# A\n```bash\ntimeout 5 x\n```\n~~~ {.sh}\ntimeout 6 x\n~~~\n```python\ntimeout 7\n```\n```\ntimeout 8\n```\n    timeout 9\n\n1. a\n\n   ```shell\n   timeout 10 x\n   ```\n\
                ```console\n$ timeout 11 x\ntimeout 12 x\n$ ls \\\n>   && timeout 13 x\nme@host:~$ timeout 14 x\n```\n```console\ntimeout 15 x\n```\n";
    let found: Vec<_> = places("a.md", text).into_iter().map(|(_, line, column)| (line, column)).collect();
    assert_eq!(found, [(3, 1), (6, 1), (19, 4), (22, 3), (25, 8), (26, 12)]);
    silent("a.md", "```sh\ngit checkout <branch> && ls | head -n <count of lines>\nif unfinished; then\n```\n");
}

#[test]
fn examples_of_what_not_to_do_are_silent() {
    let bad = "```sh\ntimeout 5 x\n```\n";
    for before in
        ["Never do this:\n\n", "## Don't\n\n", "## Wrong\n\nText.\n\n", "- Bad:\n\n", "Install it. Avoid this:\n\n", "❌ On macOS\n\n"]
    {
        silent("a.md", &format!("{before}{bad}"));
    }
    for before in [
        "",
        "Run:\n\n",
        "## Good\n\n",
        "Never use pkill. Run this instead:\n\n",
        "Don't forget to run:\n\n",
        "If you don't have it, run:\n\n",
        "Never do this:\n\n```sh\nls\n```\n\nBut this:\n\n",
    ] {
        assert_eq!(places("a.md", &format!("{before}{bad}")).len(), 1, "{before}");
    }
    silent("a.md", "```sh\n# bad\ntimeout 5 x\n\n# good\nls\ntimeout 6 x # never\n```\n");
    assert_eq!(places("a.md", "```sh\n# bad\ntimeout 5 x\n# good\ntimeout 6 x\n```\n"), [("missing-command", 5, 1)]);
    silent("a.md", &format!("## Ubuntu\n\n{bad}"));
    silent("a.md", &format!("On Linux:\n\n{bad}"));
    silent("a.md", "### macOS\n\n```sh\npbcopy <x\n```\n");
    assert_eq!(places("a.md", "### Clipboard\n\n```sh\npbcopy <x\n```\n").len(), 1);
}

#[test]
fn instructions_of_agents_are_read_inline() {
    let text = "Run `timeout 5 x` first. Never run `timeout 6 x`. Use `a b` instead of `timeout 7 x`. `timeout 8 x` is forbidden. `timeout` alone.\n\
                - Then `sed -i s/a/b/ f`.\n\nNever:\n\n- `timeout 9 x`\n\n| a | b |\n| - | - |\n| ``timeout 10 x`` | é `timeout 11 x` |\n";
    let found: Vec<_> = places("CLAUDE.md", text).into_iter().map(|(_, line, column)| (line, column)).collect();
    assert_eq!(found, [(1, 6), (2, 9), (10, 5), (10, 25)]);
    silent("docs/other.md", text);
    assert!(!findings(".claude/commands/run.md", text).is_empty());
}

#[test]
fn programs_in_python() {
    let text = "import os, subprocess\nimport subprocess as sp\nfrom subprocess import Popen as P\nfrom os import system\n\
                subprocess.run(['timeout', '5', 'x'], check=True)\nsp.check_output(('bash', '-c', \"echo 'é'; timeout 5 x\"))\nP(args=['timeout', '5'])\n\
                system('timeout 5 x')\nos.popen(f'timeout {n} x')\nsp.call('timeout 5 %s' % x, shell=True)\nsp.run('a b; '\n  'timeout 5', shell=True)\n\
                os.system('''\n  ls\n  timeout 5 \"$x\"\n''')\nsubprocess.run(['git', '-C', path, *more, 'timeout'])\nsubprocess.run('timeout 5')\nother.run(['timeout'])\nsubprocess.run(cmd)\n";
    let found: Vec<_> = places("x.py", text).into_iter().map(|(_, line, column)| (line, column)).collect();
    assert_eq!(found, [(5, 18), (6, 43), (7, 10), (8, 9), (9, 12), (10, 10), (12, 4), (15, 3)]);
    silent("x.py", "import subprocess, sys\nif sys.platform == 'linux':\n    subprocess.run(['timeout', '5'])\n");
    silent(
        "x.py",
        "import subprocess, shutil\ndef f():\n    if not shutil.which('timeout'):\n        return\n    subprocess.run(['timeout', '5'])\n",
    );
    silent("x.py", "# subprocess.run(['timeout', '5'])\n'''\nsubprocess.run(['timeout', '5'])\n'''\n");
    assert_eq!(places("tool", "#!/usr/bin/env python3\nimport os\nos.system('timeout 5 x')\n"), [("missing-command", 3, 12)]);
    assert_eq!(places("x.py", "import os\nprint 'python 2'\nos.system('timeout 5 x')\n"), [("missing-command", 3, 12)]);
}

#[test]
fn a_loop_of_popen_is_a_loop_of_jobs() {
    let one = |text: &str| {
        let found = scripts("x.py", &format!("import subprocess, time\n{text}"));
        assert_eq!(found.len(), 1, "{text}");
        found[0].text.to_string()
    };
    let text = one("for s in streams:\n    subprocess.Popen(['./stream.sh', s], cwd='w t')\n    time.sleep(2)\n");
    assert_eq!(text, "while :; do\ncd 'w t' && ./stream.sh \"${__}\" &\nsleep 2\ndone\n");
    assert_eq!(one("[subprocess.Popen(c) for c in commands]\n"), "while :; do\n\"${__}\" &\ndone\n");
    assert_eq!(one("for s in x:\n    subprocess.Popen(['a', s]).wait()\n"), "a \"${__}\"");
    assert_eq!(one("for s in x:\n    subprocess.run(['a', s])\n"), "a \"${__}\"");
    assert_eq!(one("subprocess.Popen(['sh', '-c', f\"echo '{x}' $y\"])\n"), "sh -c \"echo '${__}' \\$y\"");
}

#[test]
fn what_is_surely_a_carrier_and_cannot_be_read_is_named() {
    let found = findings(WORKFLOW, "on: push\njobs:\n  a:\n    runs-on: macos-14\n    steps:\n      - run: timeout 5 x\n   b: [\n");
    let rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
    assert!(rules.contains(&"unreadable-script"), "{:?}", told(&found));
    assert!(found.iter().any(|finding| finding.message.contains("cannot be read from here on")));
    let bracket = job(
        "${{ matrix.os }}\n    strategy:\n      matrix:\n        os: [\n          macos-14, # a\n\n          # b\n        ]",
        "      - run: timeout 5 x\n",
    );
    assert_eq!(places(WORKFLOW, &bracket).iter().map(|place| place.0).collect::<Vec<_>>(), ["missing-command"]);
    silent("x.py", "import os\ndef (:\n");
    silent("a.md", "```sh\nif\n");
    let shell = job("ubuntu-latest", "      - run: |\n          if true; then\n");
    assert_eq!(places(WORKFLOW, &shell).iter().map(|place| place.0).collect::<Vec<_>>(), ["unreadable-script"]);
}

#[test]
fn only_what_its_path_names_is_a_carrier() {
    for path in
        ["docs/ci.yml", "x.github/workflows/a.yml", "README.txt", "makefile.py.txt", "Dockerfile.dockerignore", "just.toml", "data.json"]
    {
        assert_eq!(Form::of(path, b"run: timeout 5 x\n"), None, "{path}");
    }
    for path in [
        "a/.github/workflows/x.yaml",
        "action.yaml",
        "ci/build.gitlab-ci.yml",
        "GNUmakefile",
        "Containerfile",
        "web.Dockerfile",
        ".justfile",
        "a.just",
    ] {
        assert!(matches!(Form::of(path, b""), Some(Form::Carrier(_))), "{path}");
    }
    assert!(matches!(Form::of("hooks/pre-commit", b"#!/bin/sh\n"), Some(Form::Script(Dialect::Sh))));
}

/// Debug builds are some twenty times slower than what is shipped.
const PATIENCE: Duration = Duration::from_secs(20);

/// What this thread has worked: other tests and builds beside it do not count.
fn spent() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

const PATHS: &[&str] =
    &[WORKFLOW, "action.yml", ".gitlab-ci.yml", "Makefile", "justfile", "Dockerfile", "package.json", "CLAUDE.md", "x.py"];

fn judged(path: &str, bytes: &[u8]) {
    let policy = Policy { targets: TARGETS, ..policy() };
    let Some(form) = Form::of(path, bytes) else { return };
    let read = carriers::read(form, path, bytes, &policy).scripts;
    for finding in lint_file(&read, &policy) {
        let span = finding.place.span.as_ref().unwrap_or_else(|| panic!("{finding:?} has no place"));
        assert_eq!(span.text.as_ref(), String::from_utf8_lossy(bytes), "{path}");
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            assert!(span.text.get(edit.bytes.clone()).is_some(), "{path}: {edit:?}");
        }
    }
    for script in read.iter().filter(|script| !script.text.is_empty()) {
        for invocation in &script.invocations {
            let place = script.place(&invocation.word().bytes).span.unwrap();
            let seen = &script.text[invocation.word().bytes.clone()];
            let plain = |text: &str| text.chars().all(|char| char.is_ascii_alphanumeric());
            // What is written otherwise in the carrier is longer there, and never something else.
            assert!(
                !plain(seen) || place.snippet() == seen || place.snippet().len() > seen.len(),
                "{path}: {seen:?} {:?}",
                place.snippet()
            );
        }
    }
}

#[test]
fn hostile_carriers_are_judged_in_time() {
    let deep = 20_000;
    let texts = [
        "[".repeat(deep),
        "{a: ".repeat(deep),
        "- ".repeat(deep),
        "a:\n ".repeat(deep),
        "? ".repeat(deep),
        "&a [*a, ".repeat(deep / 10),
        "> ".repeat(deep),
        "```sh\n".repeat(deep / 10),
        "- ```sh\n  timeout 5 x\n  ```\n".repeat(2_000),
        "`a b` ".repeat(deep / 10),
        "*".repeat(deep),
        "(".repeat(deep),
        "not ".repeat(deep),
        "f(".repeat(deep),
        "lambda: ".repeat(deep),
        format!("import os, subprocess\n{}", "os.system(".repeat(deep / 10)),
        format!("import subprocess\n{}", "[subprocess.Popen(x) for x in ".repeat(deep / 10)),
        format!("import subprocess\nsubprocess.run([{}])", "'timeout', ".repeat(deep / 10)),
        format!("import os\nos.system({})", "'a' + ".repeat(deep / 10)),
        "if x:\n ".repeat(deep / 10),
        "RUN a \\\n".repeat(deep),
        "RUN <<EOF\n".repeat(deep / 10),
        "a:\n\t$(".repeat(deep / 10),
        "a:\n\ttimeout 5 $(x) \\\n".repeat(2_000),
        "a: ; $$(".repeat(deep / 10),
        "a:\n  {{".repeat(deep / 10),
        format!("{{\"scripts\": {}", "{\"a\":".repeat(deep)),
        format!("{{\"scripts\": {{\"a\": \"{}\"}}}}", "{a,b} \\\" ".repeat(deep / 10)),
        format!("jobs:\n a:\n  steps:\n{}", "   - run: timeout 5 x\n".repeat(2_000)),
        format!("jobs:\n a:\n  runs-on: macos-1\n  steps:\n   - run: |\n{}", "      timeout 5 x\n".repeat(2_000)),
        "\u{feff}\u{e9}\r\n\0".repeat(100),
    ];
    for text in &texts {
        for path in PATHS {
            let start = spent();
            judged(path, text.as_bytes());
            let head: String = text.chars().take(30).collect();
            let took = spent().saturating_sub(start);
            assert!(took < PATIENCE, "{path} {head:?} took {took:?}");
        }
    }
}

const WHOLE: &[(&str, &str)] = &[
    (
        WORKFLOW,
        "jobs:\n  é:\n    runs-on: [macos-14]\n    steps:\n      - run: |\n          timeout 5 \"${{ x }}\"\n\n          sed -i 's/é/b/' f\n      - run: 'sed -i ''s/a/b/'' f'\n      - run: \"echo \\u00e9; timeout 5\\tx\"\n      - run: >\n          a\n           timeout 5 b\n",
    ),
    ("Makefile", "é := 1\na: b ; timeout 5 $$x\n\t@timeout $(T) \"$${v^^}\" \\\n\t && sed -i s/a/b/ f\r\n"),
    ("Dockerfile", "FROM é\nRUN a && \\\n  # é\n  pbcopy\nRUN <<EOF\npbcopy é\nEOF\n"),
    (
        "CLAUDE.md",
        "# é\n> ```sh\n> timeout 5 <é>\n> ```\nRun `sed -i s/a/b/ f`, never `timeout 5 x`.\n\n```console\n$ timeout 5 é\né\n```\n<!-- gnp-lint: allow(missing-command) é -->\n",
    ),
    (
        "x.py",
        "import subprocess, time\nfor é in x:\n  subprocess.Popen(['timeout', f'{é}', \"it's $x\"], cwd='é')\n  time.sleep(é)\nsubprocess.run(r'timeout 5 \\é' '%s' % é, shell=True)\n",
    ),
    ("package.json", "{\"scripts\": {\"é\": \"timeout 5 \\u00e9 && sed -i \\\"s/a/b/\\\" {a,b}\"}}"),
    ("justfile", "é:\n  @timeout {{é}} x\nb:\n  #!/bin/bash\n  sed -i s/é/{{x}}/ f\n"),
    (".gitlab-ci.yml", "é:\n  tags: [macos]\n  script:\n    - timeout 5 é\n    - |\n      sed -i s/é/b/ f\n"),
];

#[test]
fn every_truncation_is_judged() {
    for (path, text) in WHOLE {
        for end in 0..=text.len() {
            judged(path, &text.as_bytes()[..end]);
        }
    }
}

proptest! {
    #[test]
    fn any_edit_of_a_carrier_is_judged(
        which in 0..WHOLE.len(), at in 0..400usize, length in 0..20usize,
        with in prop::sample::select(vec!["'", "\"", "\n", "\r\n", " ", "\t", "é", "|", ">", ": ", "- ", "#", "`", "```", "$", "{", "}", "\\", "[", "]", "&a ", "*a", "timeout 5 x", "EOF"]),
    ) {
        let (path, text) = WHOLE[which];
        let mut bytes = text.as_bytes().to_vec();
        let at = at.min(bytes.len());
        bytes.splice(at..(at + length).min(text.len()), with.bytes());
        judged(path, &bytes);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let after = fixed(path, text, Extent::Unsafe);
            let (before, after) = (findings(path, text).len(), findings(path, &after).len());
            prop_assert!(after <= before, "{path}: {before} findings became {after}");
        }
    }
}
