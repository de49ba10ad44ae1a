#!/usr/bin/env bash
# Breaks article 2: whoever interrupts it leaves a worktree, a branch and a lock for each stream.
set -euo pipefail
repo=/srv/fleet
for stream in one two; do
    git -C "$repo" worktree add -q -b "frame-$1/$stream" "$repo-$stream" HEAD # worktree-without-trap
    cp "$repo/state/stream_assignments.json" "$repo-$stream/state/stream_assignments.json"
    (cd "$repo-$stream" && ./scripts/worker.sh "$1" "$stream") &
    sleep 3
done
wait
