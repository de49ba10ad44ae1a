#!/usr/bin/env bash
# Breaks article 7: where the command line tool is missing, the merge waits for a delta that never comes.
set -u
delta=state/stream_deltas/frame-$1-$2.json
if ! command -v agent >/dev/null 2>&1; then
    echo "no agent found" >&2
    exit 1 # missing-fallback-delta
fi
agent --frame "$1" --stream "$2" >"$delta"
