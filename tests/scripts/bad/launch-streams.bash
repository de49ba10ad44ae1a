#!/usr/bin/env bash
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")     # unportable-option
declare -A started                         # bash-feature-too-new
for stream in {01..05}; do                 # bash-feature-too-new
    timeout 900 "$here/stream.sh" "$stream" & # missing-command
    pids+=($!)
    started[$stream]=$(date -d now +%s)    # unportable-option
done
wait "${pids[-1]}"                         # bash-feature-too-new
sed -i 's/running/done/' "$here/status"    # unportable-option
cleanup() {
    echo "failed: ${pids[-1]}" &>> log      # bash-feature-too-new
}
trap cleanup EXIT
