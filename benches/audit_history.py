#!/usr/bin/env python3
"""Makes the history that benches/audit.sh measures: the same commits, byte for byte, for the same numbers.

usage: audit_history.py FOLDER [COMMITS [FILES]]

A fleet of 50 state files between 1 KB and 2 MB changes a few of them with every commit; the larger a file, the more rarely.
"""
import json
import os
import random
import subprocess
import sys

SMALLEST, LARGEST = 1_000, 2_000_000


def entry(draw, number):
    return {
        "id": number,
        "name": "agent %06d" % number,
        "karma": draw.randrange(1000),
        "status": draw.choice(["idle", "busy", "asleep"]),
        "seen": 1767225600 + draw.randrange(10_000_000),
    }


def begin(draw, size):
    """A document of about that many bytes."""
    entries, written = {}, 0
    while written < size:
        number = len(entries)
        entries["agent-%06d" % number] = entry(draw, number)
        written += 160
    return {"agents": entries, "total": len(entries), "last_run": 0}


def change(draw, document, frame):
    entries = document["agents"]
    for key in draw.sample(sorted(entries), min(len(entries), 5)):
        entries[key]["karma"] = draw.randrange(1000)
    number = document["total"]
    entries["agent-%06d" % number] = entry(draw, number)
    document["total"] = number + 1
    document["last_run"] = frame


def main():
    folder = sys.argv[1]
    given = [int(word) for word in sys.argv[2:4]]
    commits, files = given + [2000, 50][len(given) :]
    draw = random.Random(17)
    ratio = (LARGEST / SMALLEST) ** (1 / max(files - 1, 1))
    documents = [begin(draw, SMALLEST * ratio**at) for at in range(files)]
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    load = subprocess.Popen(["git", "-C", folder, "fast-import", "--quiet", "--date-format=raw"], stdin=subprocess.PIPE)
    out = load.stdin
    for frame in range(commits):
        changed = range(files) if frame == 0 else sorted(set(draw.choices(range(files), weights=range(2 * files, files, -1), k=3)))
        who = b"Fleet <fleet@example.org> %d +0000" % (1767225600 + 30 * frame)
        subject = b"frame %d" % frame
        out.write(b"commit refs/heads/main\nauthor %s\ncommitter %s\ndata %d\n%s\n" % (who, who, len(subject), subject))
        for at in changed:
            if frame > 0:
                change(draw, documents[at], frame)
            text = json.dumps(documents[at], indent=1).encode() + b"\n"
            out.write(b"M 100644 inline state/file-%02d.json\ndata %d\n%s\n" % (at, len(text), text))
        out.write(b"\n")
    out.close()
    if load.wait() != 0:
        sys.exit("git fast-import failed")
    subprocess.run(["git", "-C", folder, "repack", "-adfq", "--window=10", "--depth=50"], check=True, env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1"})


if __name__ == "__main__":
    main()
