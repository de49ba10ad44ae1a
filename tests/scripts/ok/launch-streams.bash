#!/usr/bin/env bash
# Starts one worker for each stream, ends those that run too long, and leaves nothing behind.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
limit=${LIMIT:-900}
pids=()

# GNU's `timeout` where there is one, else a watcher of our own.
bounded() {
    if command -v timeout >/dev/null 2>&1; then
        timeout "$limit" "$@"
    elif command -v gtimeout >/dev/null 2>&1; then
        gtimeout "$limit" "$@"
    else
        "$@" &
        local worker=$!
        (while kill -0 "$worker" && [ $((limit--)) -gt 0 ]; do sleep 1; done; kill "$worker") 2>/dev/null &
        wait "$worker"
    fi
}

modified() {
    stat -c %Y "$1" 2>/dev/null || stat -f %m "$1"
}

cores() {
    nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2
}

replace() {
    case "$(uname -s)" in
        Darwin) sed -i '' "$@" ;;
        *) sed -i "$@" ;;
    esac
}

yesterday() {
    if [[ $OSTYPE == darwin* ]]; then
        date -v-1d +%F
    else
        date -d yesterday +%F
    fi
}

finish() {
    local pid
    for pid in "${pids[@]+"${pids[@]}"}"; do
        kill "$pid" 2>/dev/null || true
    done
}
trap finish EXIT INT TERM

for stream in $(seq 1 "$(cores)"); do
    bounded "$here/stream.sh" "$stream" "$(yesterday)" &
    pids+=($!)
    sleep 3
done
wait "${pids[${#pids[@]}-1]}"
replace 's/running/done/' "$here/status"
echo "status of $(modified "$here/status"); timeout was $limit, {01..10} and \${pids[-1]} are only mentioned"
