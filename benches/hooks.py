#!/usr/bin/env python3
"""What the hooks cost: git with no hooks, with static no-op hooks in the same places, with ours, and with hook managers.

    benches/hooks.py [--binary FILE] [--rounds N] [--files 50,300000] [--only commit,rebase,fetch,stash]

The rivals run interleaved, round by round, in one run; medians in milliseconds and ratios are printed, of processor time too, which
other work on the machine blurs less. Needs git, a C compiler and
a release build of gnp-lint (`./install.sh` leaves one on PATH). lefthook and prek take part if they are on PATH.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HOOKS = ["pre-commit", "commit-msg", "reference-transaction", "post-index-change", "pre-merge-commit", "pre-push", "pre-rebase", "post-checkout"]
LEFTHOOK = "pre-commit:\n  commands:\n    true:\n      run: 'true'\n"
PREK = "repos:\n- repo: local\n  hooks:\n  - {id: 'true', name: 'true', entry: 'true', language: system, pass_filenames: false}\n"


def environment(home):
    env = {"PATH": os.environ["PATH"], "HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "GNP_WRITER": "merge-engine", "GIT_EDITOR": ":", "LEFTHOOK_QUIET": "meta,execution,summary,success,skips"}
    for who in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{who}_NAME"], env[f"GIT_{who}_EMAIL"] = "Ada", "ada@example.org"
    return env


class Rival:
    """A repository of a number of files with one kind of hooks."""

    def __init__(self, name, folder, files, env, hooks):
        self.name, self.folder, self.env, self.counter = name, folder, env, 0
        os.makedirs(os.path.join(folder, "state"))
        with open(os.path.join(folder, "state/agents.json"), "w") as file:
            file.write(agents(0))
        self.git("init", "-q", "-b", "main", ".")
        # Blobs are the same, so that 300,000 files take no disk: only the trees and the index count.
        blob = subprocess.run(["git", "hash-object", "-w", "--stdin"], input=b"x\n", cwd=folder, env=env, capture_output=True, check=True).stdout.decode().strip()
        lines = "".join(f"100644 {blob}\tsrc/{n // 300:04}/{n:06}\n" for n in range(files - 3))
        subprocess.run(["git", "update-index", "--index-info"], input=lines.encode(), cwd=folder, env=env, check=True)
        self.git("checkout-index", "-q", "-a")
        for extra in ("own", "other"):
            self.write(extra, "begin\n")
        self.git("add", ".")
        self.git("commit", "-qm", "begin")
        self.git("gc", "-q")
        hooks(self)

    def git(self, *args, check=True):
        return subprocess.run(["git", *args], cwd=self.folder, env=self.env, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def write(self, path, text):
        with open(os.path.join(self.folder, path), "w") as file:
            file.write(text)

    def timed(self, *args):
        """Time by the clock, and by the processors, in milliseconds."""
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        self.git(*args)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall * 1000, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def agents(frame):
    """A state file as fleets keep them: its time moves on with each frame, which tells that it is no stale copy."""
    return f'{{"updated": {1767225600 + frame * 30}, "agents": {{\n' + ",\n".join(f'  "agent-{n:03}": {{"frame": {frame}, "karma": {n * 7 % 100}}}' for n in range(1, 137)) + "\n}}\n"


def commit_own(rival):
    rival.counter += 1
    rival.write("own", f"{rival.counter}\n")
    rival.git("add", "own")
    return rival.timed("commit", "-qm", "own")


def commit_state(rival):
    rival.counter += 1
    rival.write("state/agents.json", agents(rival.counter))
    rival.git("add", "state")
    return rival.timed("commit", "-qm", "sync")


def rebase(rival):
    rival.counter += 1
    rival.git("branch", "-f", "base")
    rival.git("switch", "-q", "-C", "topic", "base")
    for n in range(10):
        rival.write(f"topic-{n}", f"{rival.counter}\n")
        rival.git("add", f"topic-{n}")
        rival.git("commit", "-qm", "topic")
    rival.git("switch", "-q", "main")
    commit_own(rival)
    rival.git("switch", "-q", "topic")
    took = rival.timed("rebase", "-q", "main")
    rival.git("switch", "-q", "main")
    return took


def fetch(rival):
    refs = [f"refs/copies/{n}" for n in range(50)]
    rival.git("fetch", "-q", ".", *[f"+main:{ref}" for ref in refs])
    subprocess.run(["git", "update-ref", "--stdin"], input="".join(f"delete {ref}\n" for ref in refs).encode(), cwd=rival.folder, env=rival.env, check=True)
    return rival.timed("fetch", "-q", ".", *[f"+main:{ref}" for ref in refs])


def stash(rival):
    rival.counter += 1
    rival.write("own", f"stash {rival.counter}\n")
    took = rival.timed("stash", "push", "-q")
    rival.git("stash", "drop", "-q")
    return took


ACTS = {"commit": [("commit of an own file", commit_own), ("commit of a state file", commit_state)], "rebase": [("rebase of ten", rebase)], "fetch": [("fetch of 50 refs", fetch)], "stash": [("stash", stash)]}


def rivals(work, files, env, binary):
    noop = os.path.join(work, "noop")
    if not os.path.exists(noop):
        with open(noop + ".c", "w") as source:
            source.write("int main(void) { return 0; }\n")
        if subprocess.run(["cc", "-O2", "-static", "-o", noop, noop + ".c"], stderr=subprocess.DEVNULL).returncode:
            subprocess.run(["cc", "-O2", "-o", noop, noop + ".c"], check=True)

    def no_ops(rival):
        for hook in HOOKS:
            shutil.copy(noop, os.path.join(rival.folder, ".git/hooks", hook))

    def ours(rival):
        subprocess.run([binary, "install", "--force", rival.folder], env=env, check=True, stdout=subprocess.DEVNULL)

    def manager(name, config, text):
        def install(rival):
            rival.write(config, text)
            rival.git("add", config)
            rival.git("commit", "-qm", "hooks")
            subprocess.run([name, "install"], cwd=rival.folder, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        return install

    kinds = [("bare", lambda rival: None), ("no-op", no_ops), ("gnp-lint", ours)]
    if shutil.which("lefthook"):
        kinds.append(("lefthook", manager("lefthook", "lefthook.yml", LEFTHOOK)))
    if shutil.which("prek"):
        kinds.append(("prek", manager("prek", ".pre-commit-config.yaml", PREK)))
    return [Rival(name, os.path.join(work, f"{name}-{files}"), files, env, hooks) for name, hooks in kinds]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=shutil.which("gnp-lint"))
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--files", default="50,300000")
    parser.add_argument("--only", default="commit,rebase,fetch,stash")
    args = parser.parse_args()
    if not args.binary:
        sys.exit("gnp-lint is not on PATH: run ./install.sh, or name a release build with --binary")
    version = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as work:
        home = os.path.join(work, "home")
        os.mkdir(home)
        env = environment(home)
        print(f"{version}; medians of {args.rounds} rounds in ms; × is against static no-op hooks in the same places\n")
        for files in map(int, args.files.split(",")):
            repositories = rivals(work, files, env, args.binary)
            for group in args.only.split(","):
                # Managers hook commits alone; a large index makes the other acts a matter of git.
                for title, act in ACTS[group]:
                    if files > 1000 and group not in ("commit",):
                        continue
                    rounds = max(5, args.rounds // (1 if group in ("commit", "stash") else 4) // (4 if files > 1000 else 1))
                    taking_part = [rival for rival in repositories if group == "commit" or rival.name in ("bare", "no-op", "gnp-lint")]
                    times = {rival.name: [] for rival in taking_part}
                    for _ in range(rounds):
                        for rival in taking_part:
                            times[rival.name].append(act(rival))
                    report(f"{title}, {files:,} files", times)
            for rival in repositories:
                shutil.rmtree(rival.folder)


def report(title, times):
    wall, cpu = ({name: statistics.median(pair[which] for pair in pairs) for name, pairs in times.items()} for which in (0, 1))
    cells = [f"{name} {wall[name]:.1f} ({wall[name] / wall['no-op']:.2f} ×, processor {cpu[name] / cpu['no-op']:.2f} ×)" for name in wall]
    print(f"{title:38} " + " · ".join(cells), flush=True)


if __name__ == "__main__":
    main()
