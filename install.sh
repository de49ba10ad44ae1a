#!/bin/sh
# Builds gnp-lint, puts it on PATH, installs its hooks into a repository and shows that it works. See --help.
set -eu

usage() {
    cat <<'TEXT'
usage: ./install.sh [REPO] [--prefix DIR] [--force] [--write-policy]
       ./install.sh --uninstall [REPO] [--prefix DIR]

Builds gnp-lint and puts it into DIR/bin (without --prefix: $HOME/.local/bin). With REPO the hooks are installed
into that git repository and its scripts are linted; without, `gnp-lint demo` shows what the hooks do.

  --prefix DIR     put the program into DIR/bin
  --force          install the hooks although commits to canonical state match no writer
  --write-policy   append the missing [[writer]] blocks to REPO/gnp.toml
  --uninstall      take the hooks out of REPO, and the program away; everything is as it was before
  --help           this text

Exit code: 0 done, 1 the demo went wrong, 2 not installed.
TEXT
}

say() {
    printf 'install.sh: %s\n' "$*"
}

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 2
}

# --- what is wanted -------------------------------------------------------------------------------------------------

repo=
prefix=
uninstall=no
force=
write_policy=
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h)
        usage
        exit 0
        ;;
    --prefix)
        [ $# -gt 1 ] && [ -n "$2" ] || fail "--prefix needs a folder"
        prefix=$2
        shift
        ;;
    --prefix=?*) prefix=${1#--prefix=} ;;
    --uninstall) uninstall=yes ;;
    --force) force=--force ;;
    --write-policy) write_policy=--write-policy ;;
    -*) fail "unknown option $1; ./install.sh --help lists them" ;;
    '') fail "the name of the repository is empty" ;;
    *)
        [ -z "$repo" ] || fail "one repository at a time: $repo or $1"
        repo=$1
        ;;
    esac
    shift
done

if [ -z "$prefix" ]; then
    [ -n "${HOME:-}" ] || fail "HOME is not set; name a folder with --prefix DIR"
    prefix=$HOME/.local
fi
case $prefix in
/*) ;;
*) prefix=$PWD/$prefix ;;
esac
case $repo in
-*) repo=./$repo ;;
esac
bin=$prefix/bin
program=$bin/gnp-lint
# Names the folders that were made for the program, the innermost first, so that --uninstall removes those and no others.
made=$bin/.gnp-lint-made-folders
project=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

# --- the way back ---------------------------------------------------------------------------------------------------

# Takes the hooks out with the installed gnp-lint, else with the one that stands beside them.
remove_hooks() {
    common=$(git -C "$repo" rev-parse --path-format=absolute --git-common-dir) || fail "$repo is not a git repository; nothing was removed"
    for candidate in "$program" "$common/hooks/gnp-lint" "$common/gnp/hooks/gnp-lint"; do
        if [ -x "$candidate" ]; then
            "$candidate" uninstall "$repo" || fail "the hooks are still in $repo, so the program stays as well"
            return
        fi
    done
    [ ! -e "$common/gnp/install.json" ] || fail "no gnp-lint is left to take the hooks out of $repo with; run ./install.sh first"
    say "there are no hooks of gnp-lint in $repo"
}

remove_everything() {
    [ -z "$repo" ] || remove_hooks
    if [ -f "$program" ]; then
        rm -f "$program"
        say "removed $program"
    else
        say "there is no $program"
    fi
    if [ -f "$made" ]; then
        folders=$(cat "$made")
        rm -f "$made"
        # A folder that holds something by now stays.
        printf '%s\n' "$folders" | while IFS= read -r folder; do
            rmdir "$folder" 2>/dev/null || break
        done
    fi
    [ -n "$repo" ] || say "hooks stay in the repositories that have them; ./install.sh --uninstall REPO takes them out"
}

if [ "$uninstall" = yes ]; then
    remove_everything
    exit 0
fi

# --- what it takes --------------------------------------------------------------------------------------------------

scratch=
clean_up() {
    [ -z "$scratch" ] || rm -rf "$scratch"
    rm -f "$program.new.$$" 2>/dev/null || :
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
scratch=$(mktemp -d) || fail "no temporary folder can be made"
printf 'int main(void) { return 0; }\n' >"$scratch/try.c"

compiles() {
    "$@" -o "$scratch/try" "$scratch/try.c" >/dev/null 2>&1 && "$scratch/try"
}

missing=0
lacking() {
    printf 'install.sh: %s\n' "$*" >&2
    missing=1
}

system=$(uname -s)
if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
    lacking "Rust is missing (no cargo on PATH): install it from https://rustup.rs"
fi
command -v git >/dev/null || lacking "git is missing: install git 2.39 or newer (apt-get install git, brew install git)"
# On a mac without the tools, /usr/bin/cc is there and opens a window.
if [ "$system" = Darwin ] && ! xcode-select -p >/dev/null 2>&1; then
    lacking "a C compiler is missing: run xcode-select --install"
elif ! compiles "${CC:-cc}"; then
    lacking "a C compiler is missing (${CC:-cc} builds no program): install one (apt-get install build-essential, apk add build-base)"
fi
[ "$missing" = 0 ] || exit 2

if [ -n "$repo" ] && ! git -C "$repo" rev-parse --git-dir >/dev/null 2>&1; then
    fail "$repo is not a git repository; nothing was installed"
fi

# --- build ----------------------------------------------------------------------------------------------------------

host=$(rustc -vV | sed -n 's/^host: //p')
target=$host
linking="dynamic"
# Hooks run many times an operation, and a static program starts in half the time.
if [ "$system" = Linux ]; then
    machine=${host%%-*}
    musl=$machine-unknown-linux-musl
    musl_cc=
    for candidate in "$machine-linux-musl-gcc" musl-gcc; do
        if [ -z "$musl_cc" ] && command -v "$candidate" >/dev/null && compiles "$candidate" -static; then
            musl_cc=$candidate
        fi
    done
    if [ -n "$musl_cc" ] && [ -d "$(rustc --print target-libdir --target "$musl" 2>/dev/null)" ]; then
        target=$musl
        linking="static, with musl"
        name=$(printf '%s\n' "$musl" | tr - _)
        export "CC_$name=$musl_cc"
        flags="-C relocation-model=static"
    elif compiles "${CC:-cc}" -static; then
        linking="static, with the C library of this system"
        flags="-C target-feature=+crt-static -C relocation-model=static"
    else
        linking="dynamic (no static C library here; hooks start a little slower)"
        flags=
    fi
    # With an explicit target the flags do not reach build scripts and procedural macros, which must stay dynamic.
    [ -z "$flags" ] || export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }$flags"
fi
say "building gnp-lint for $target: $linking"
output=${CARGO_TARGET_DIR:-$project/target}
case $output in
/*) ;;
*) output=$PWD/$output ;;
esac
(cd "$project" && cargo build --release --locked --bin gnp-lint --target "$target" --target-dir "$output") ||
    fail "the build failed, as shown above; nothing was installed"

# --- put it in place ------------------------------------------------------------------------------------------------

# mkdir -p, and writes down what was not there before.
make_folder() {
    new=
    folder=$1
    while [ ! -d "$folder" ]; do
        new="$new$folder
"
        folder=$(dirname -- "$folder")
    done
    mkdir -p "$1"
    [ -z "$new" ] || printf '%s' "$new" >"$made"
}

built=$output/$target/release/gnp-lint
if cmp -s "$built" "$program"; then
    say "$program is up to date"
else
    make_folder "$bin" || fail "$bin cannot be made"
    # A copy under another name first: a program that runs cannot be overwritten, but it can be replaced.
    cp "$built" "$program.new.$$" && chmod 755 "$program.new.$$" && mv -f "$program.new.$$" "$program" || fail "$program cannot be written"
    say "installed $program"
fi
case ":$PATH:" in
*":$bin:"*) ;;
*)
    say "$bin is not on PATH; add this line to your shell's start-up file:"
    printf '    export PATH="%s:$PATH"\n' "$bin"
    ;;
esac

# --- show it working ------------------------------------------------------------------------------------------------

if [ -z "$repo" ]; then
    "$program" demo
    exit
fi
"$program" install ${force:+"$force"} ${write_policy:+"$write_policy"} "$repo" || exit
say "what gnp-lint says about the scripts in $repo:"
findings=0
(cd "$repo" && "$program") >"$scratch/findings" || findings=$?
sed -n '1,40p' "$scratch/findings"
[ "$findings" -le 1 ] || fail "gnp-lint could not lint $repo, as shown above; its hooks are installed"
count=$(cd "$repo" && "$program" --format json | sed -n 's/.*"summary":{"deny":\([0-9]*\),"warn":\([0-9]*\).*/\1 denied, \2 warned about/p')
say "${count:-nothing found}: gnp-lint in $repo shows all of it. Commits are judged from now on."
