#!/usr/bin/env bash
# Breaks article 4: the worktree is made from a commit, and the assignments written a moment before are not in it.
set -euo pipefail
repo=/srv/fleet
tree=$(mktemp -d)/frame
cleanup() {
    git -C "$repo" worktree remove --force "$tree" || true
    git -C "$repo" worktree prune
    git -C "$repo" branch -q -d "frame-$1" || true
}
trap 'cleanup "$1"' EXIT INT TERM
./scripts/assign.sh "$1" >"$repo/state/stream_assignments.json" # state-write-in-script write-before-worktree
git -C "$repo" worktree add -q -b "frame-$1" "$tree" HEAD
cd "$tree"
./scripts/worker.sh "$1"
