# Runs a command for at most so many seconds (5, 2m, 1h); 124 if it had to be stopped, with all that it had started.
with_timeout() (
    limit=$1
    shift
    case ${limit%[smhd]} in '' | . | *[!0-9.]* | *.*.*)
        echo "with_timeout: no time: $limit" >&2
        exit 125
        ;;
    esac
    case $limit in
        *s) limit=${limit%s} ;;
        *m) limit=$((${limit%m} * 60)) ;;
        *h) limit=$((${limit%h} * 3600)) ;;
        *d) limit=$((${limit%d} * 86400)) ;;
    esac
    if [ "$limit" = 0 ]; then exec "$@"; fi
    # A process and its descendants; without ps the process alone.
    family() {
        echo "$1"
        ps -A -o pid= -o ppid= 2>/dev/null | awk -v first="$1" '
            { parent[$1] = $2 }
            END { for (pid in parent) { up = parent[pid]; while (up != first && up in parent) up = parent[up]; if (up == first) print pid } }'
    }
    { "$@" <&3 3<&- & } 3<&0
    child=$!
    # No trap and no long sleep: its TERM could come too early for the one, and the other would outlive it.
    (
        case $limit in *.*) sleep "0.${limit#*.}" ;; esac
        limit=${limit%.*}
        while [ "${limit:-0}" -gt 0 ]; do
            sleep 1
            limit=$((limit - 1))
        done
        trap "" TERM
        kill $(family "$child")
    ) >/dev/null 2>&1 </dev/null &
    watcher=$!
    trap 'kill $(family "$child") "$watcher" 2>/dev/null; exit 143' HUP INT TERM
    status=0
    wait "$child" 2>/dev/null || status=$?
    kill "$watcher" 2>/dev/null || :
    if wait "$watcher" 2>/dev/null; then status=124; fi
    exit "$status"
)
