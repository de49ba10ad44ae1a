#!/usr/bin/env bash
# Runs one frame of a fleet: for each stream a worktree, a branch and a worker, whose delta comes back by merge.
# It obeys all eight articles; start from it.
#
# usage: orchestrator.sh FRAME STREAM…
# WORKER names the program that does a stream's work: it is called as WORKER FRAME STREAM DELTA, in the stream's worktree.

# article 8: portable shell only
# bash 3.2 and BSD's utilities run this as bash 5 and GNU's do: no `timeout`, no `${pids[-1]}`, no `declare -A`.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: orchestrator.sh FRAME STREAM…" >&2
    exit 2
fi
frame=$1
shift
streams="$*"
repo=$(git rev-parse --show-toplevel)
worker=${WORKER:-$repo/scripts/worker.sh}
limit=${LIMIT:-900}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/frame.XXXXXX")

# Runs a command for `limit` seconds at the most. What it starts ends with it, and with this shell.
bounded() {
    "$@" &
    job=$!
    trap 'kill "$job" 2>/dev/null; exit 143' TERM
    # Looks each second, and is not killed: a shell that is ended just after it began can still run the EXIT trap of its parent.
    (
        spent=0
        while kill -0 "$job"; do
            [ "$spent" -lt "$limit" ] || kill "$job"
            sleep 1
            spent=$((spent + 1))
        done
    ) >/dev/null 2>&1 &
    local status=0
    wait "$job" || status=$?
    return "$status"
}

# article 2: clean up at once
# Set before the first worktree is made, and for every way out. `branch -d` keeps a branch whose delta is not merged.
pids=
cleanup() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" || true
    done
    for stream in $streams; do
        git -C "$repo" worktree remove --force "$scratch/$stream" 2>/dev/null || true
        git -C "$repo" branch -q -d "frame-$frame/$stream" 2>/dev/null || true
    done
    git -C "$repo" worktree prune
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# article 1: worktrees, not branches on main
make_worktree() {
    git -C "$repo" worktree add -q -b "frame-$frame/$1" "$scratch/$1" HEAD
    # article 4: copy uncommitted files into a new worktree
    # The assignments of this frame are often written a second ago and not committed yet.
    mkdir -p "$scratch/$1/state/stream_deltas"
    cp "$repo/state/stream_assignments.json" "$scratch/$1/state/stream_assignments.json"
}

# article 7: on failure, write a fallback delta
# Whichever way a worker ends, its delta is there: its own, or one that says `fallback`.
hand_in() {
    cd "$scratch/$stream"
    if [ ! -s "$delta" ]; then
        printf '{"frame":%s,"stream_id":"%s","posts_created":[],"comments_added":[],"_meta":{"status":"fallback","timestamp":"%s"}}\n' \
            "$frame" "$stream" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$delta"
    fi
    # article 3: never stash on main while the fleet runs
    # What is not ours stays where it is: one file is added and committed, by its path.
    git add "$delta"
    git diff --cached --quiet -- "$delta" || git commit -q -m "frame $frame: delta of $stream" -- "$delta"
}

run_stream() {
    stream=$1
    # article 6: write deltas, not state
    delta=state/stream_deltas/frame-$frame-$stream.json
    trap hand_in EXIT
    cd "$scratch/$stream"
    bounded "$worker" "$frame" "$stream" "$delta" || echo "stream $stream failed" >&2
}

# article 5: stagger parallel launches by 3 to 5 seconds
for stream in $streams; do
    make_worktree "$stream"
    run_stream "$stream" &
    pids="$pids $!"
    sleep "${STAGGER:-3}"
done

# What the streams bring comes back by merge, one after the other.
status=0
for pid in $pids; do
    wait "$pid" || status=1
done
pids=
for stream in $streams; do
    if ! git -C "$repo" merge -q --no-edit "frame-$frame/$stream"; then
        git -C "$repo" merge --abort || true
        echo "not merged, kept: frame-$frame/$stream" >&2
        status=1
    fi
done
exit "$status"
