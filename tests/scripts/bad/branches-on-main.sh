#!/usr/bin/env bash
# Breaks article 1: each stream's branch is made in the checkout that everybody shares.
set -euo pipefail
cd /srv/fleet
for stream in one two; do
    git switch -q -c "frame-$1/$stream" # branch-without-worktree
    ./scripts/worker.sh "$1" "$stream"
    git add "state/stream_deltas/frame-$1-$stream.json"
    git commit -q -m "frame $1: delta of $stream"
    git switch -q main
done
