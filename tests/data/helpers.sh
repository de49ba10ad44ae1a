told() { if [ "$2" = "$3" ]; then echo "ok $1"; else echo "wrong $1: $2, not $3"; fi; }
s=0; with_timeout 1 sleep 5 || s=$?; told 'a command that is too slow' "$s" 124
s=0; with_timeout 5 sh -c 'exit 3' || s=$?; told 'its own exit code' "$s" 3
s=0; with_timeout 5 true || s=$?; told 'success' "$s" 0
s=0; with_timeout 5 no_such_command 2>/dev/null || s=$?; told 'not found' "$s" 127
told 'standard input' "$(echo hello | with_timeout 5 cat)" hello
told 'arguments' "$(with_timeout 5 printf '%s|' 'a b' c '')" 'a b|c||'
s=0; with_timeout 0 sh -c 'exit 4' || s=$?; told 'no limit' "$s" 4
s=0; with_timeout 2s sh -c 'exit 5' || s=$?; told 'seconds' "$s" 5
s=0; with_timeout 1m sh -c 'exit 6' || s=$?; told 'minutes' "$s" 6
s=0; with_timeout 0.2 sleep 5 || s=$?; told 'a part of a second' "$s" 124
s=0; with_timeout 1.2 sleep 5 || s=$?; told 'seconds and a part' "$s" 124
for time in '' x 5x 5ms 1.2.3 -1; do
    s=0; with_timeout "$time" true 2>/dev/null || s=$?; told "no time: $time" "$s" 125
done
n=0; while [ "$n" -lt 40 ]; do with_timeout 4321 true; n=$((n + 1)); done
sleep 1.2
told 'nothing waits on' "$(ps -A -o pid= -o args= | awk '$2 == "sleep" && $3 == 4321' | wc -l | tr -d ' ')" 0
s=0; with_timeout 1 sh -c 'echo $$ > pid; exec sleep 60' || s=$?; told 'stopped' "$s" 124
s=0; kill -0 "$(cat pid)" 2>/dev/null || s=$?; told 'the child is gone' "$s" 1
s=0; with_timeout 1 sh -c 'sh -c "sleep 61 & echo \$! > grandchild; wait" & wait' || s=$?; told 'stopped with children' "$s" 124
# It is told to end when the child is, but nobody waits for it.
n=0; while [ "$n" -lt 100 ] && ps -o stat= -p "$(cat grandchild)" | grep -q '^[^Z]'; do sleep 0.1; n=$((n + 1)); done
told 'the grandchild is gone' "$((n < 100))" 1
mkdir -p d/e
ln -s e d/l
: > d/e/f
ln -s d/l/f y
ln -s loop loop
for p in d/l y d/e/../e/f . / d/new /etc/ ./d/e/; do
    told "$p" "$(canonical_path "$p")" "$(readlink -f "$p")"
done
for p in loop no/x; do
    s=0; canonical_path "$p" >/dev/null 2>&1 || s=$?; told "$p" "$s" 1
done
