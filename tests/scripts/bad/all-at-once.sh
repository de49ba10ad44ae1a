#!/usr/bin/env bash
# Breaks article 5: every worker starts in the same second, or the next.
set -euo pipefail
pause=1
start() {
    nohup ./scripts/worker.sh "$1" >/dev/null 2>&1 & # unstaggered-launch
}
for stream in one two three; do
    start "$stream"
done
wait
for stream in four five six; do
    ./scripts/worker.sh "$stream" & # short-stagger
    sleep "$pause"
done
wait
