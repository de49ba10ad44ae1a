#!/usr/bin/env bash
# Breaks article 2: the worktree goes, its branch and its entry stay, and nothing goes where somebody interrupts it.
set -euo pipefail
repo=/srv/fleet
tree=/srv/worktrees/frame-$1
cleanup() {
    rm -rf "$tree"
}
trap cleanup EXIT # incomplete-cleanup
git -C "$repo" worktree add -q -b "frame-$1" "$tree" HEAD
cp "$repo/state/stream_assignments.json" "$tree/state/stream_assignments.json"
cd "$tree"
./scripts/worker.sh "$1"
