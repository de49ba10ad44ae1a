# Runs a command for at most so many seconds (5, 2m, 1h); 124 if it had to be stopped.
with_timeout() (
    limit=$1
    shift
    case $limit in
        *s) limit=${limit%s} ;;
        *m) limit=$((${limit%m} * 60)) ;;
        *h) limit=$((${limit%h} * 3600)) ;;
        *d) limit=$((${limit%d} * 86400)) ;;
    esac
    if [ "$limit" = 0 ]; then exec "$@"; fi
    { "$@" <&3 3<&- & } 3<&0
    child=$!
    (
        sleep "$limit" &
        trap "kill $!; exit 1" TERM
        wait "$!" && trap "" TERM && kill "$child"
    ) >/dev/null 2>&1 </dev/null &
    watcher=$!
    trap 'kill "$child" "$watcher" 2>/dev/null; exit 143' HUP INT TERM
    status=0
    wait "$child" 2>/dev/null || status=$?
    kill "$watcher" 2>/dev/null || :
    if wait "$watcher" 2>/dev/null; then status=124; fi
    exit "$status"
)
