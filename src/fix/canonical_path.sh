# Prints the absolute path of a file with all symbolic links resolved; the file itself need not exist.
canonical_path() (
    path=$1
    links=0
    while [ -L "$path" ]; do
        links=$((links + 1))
        if [ "$links" -gt 40 ]; then exit 1; fi
        link=$(readlink "$path") || exit 1
        case $link in
            /*) path=$link ;;
            *) path=$(dirname -- "$path")/$link ;;
        esac
    done
    CDPATH=
    if [ -d "$path" ]; then
        cd -P -- "$path" && pwd -P
        exit
    fi
    name=$(basename -- "$path")
    cd -P -- "$(dirname -- "$path")" 2>/dev/null || exit 1
    folder=$(pwd -P)
    printf '%s/%s\n' "${folder%/}" "$name"
)
