#!/bin/sh
# Judges a generated history, and lets `git log -p` print it, turn by turn; prints the medians and their ratio.
#
# usage: benches/audit.sh [ROUNDS]
# GNP_LINT: the binary (target/release/gnp-lint); AUDIT_HISTORY: a folder to keep the history in; COMMITS, FILES: its size.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
binary=${GNP_LINT:-$here/target/release/gnp-lint}
rounds=${1:-5}
[ -x "$binary" ] || { echo "$binary is missing: cargo build --release" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
history=${AUDIT_HISTORY:-$work/history}
if [ ! -d "$history" ]; then
  python3 "$here/benches/audit_history.py" "$history" "${COMMITS:-2000}" "${FILES:-50}"
fi
cd "$history"

# Runs a command with its output thrown away; prints how long it took, in milliseconds.
milliseconds() {
  python3 -c 'import subprocess, sys, time
start = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(round((time.monotonic() - start) * 1000))
sys.exit(0 if code in (0, 1) else code)' "$@"
}

median() { sort -n "$1" | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'; }

round=0
while [ "$round" -lt "$rounds" ]; do
  milliseconds git log -p -- state >>"$work/git"
  milliseconds "$binary" audit >>"$work/audit"
  round=$((round + 1))
done
git --version
git count-objects -vH | grep size-pack
echo "commits: $(git rev-list --count HEAD); rounds: $rounds; processors: $(getconf _NPROCESSORS_ONLN)"
theirs=$(median "$work/git")
ours=$(median "$work/audit")
echo "git log -p -- state: $theirs ms"
echo "gnp-lint audit:      $ours ms"
awk -v ours="$ours" -v theirs="$theirs" 'BEGIN { printf "ratio:               %.2f\n", ours / theirs }'
