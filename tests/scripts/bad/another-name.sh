#!/usr/bin/env bash
# Breaks article 2: the branches that are deleted are not the ones that were made, and `|| true` keeps that quiet.
set -euo pipefail
repo=/srv/fleet
scratch=$(mktemp -d)
cleanup() {
    local stream
    for stream in $STREAMS; do
        git -C "$repo" worktree remove --force "$scratch/$stream" || true
        git -C "$repo" branch -D "dc/stream-$stream/frame-$FRAME" || true # cleanup-of-another-name
    done
    git -C "$repo" worktree prune
    rm -rf "$scratch"
}
trap cleanup EXIT INT TERM
for stream in $STREAMS; do
    git -C "$repo" worktree add -q -b "dc/$stream/frame-$FRAME" "$scratch/$stream" HEAD
    cp "$repo/state/stream_assignments.json" "$scratch/$stream/state/stream_assignments.json"
    (cd "$scratch/$stream" && ./scripts/worker.sh "$FRAME" "$stream") &
    sleep 3
done
wait
