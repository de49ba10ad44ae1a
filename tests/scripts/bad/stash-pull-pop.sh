#!/usr/bin/env bash
# Breaks article 3: whatever the fleet has written and not committed goes into a stash, and comes back over what it has written since.
set -euo pipefail

put_aside() {
    git stash push -q -u -m "before frame $1" # stash-in-script
}

bring_back() {
    git stash pop -q
}

cd /srv/fleet
put_aside "$1"
git pull -q --rebase --autostash origin main # autostash-in-script
bring_back
git checkout --theirs state/agents.json # side-picked-on-state
git add -A # add-everything
git commit -q -m "frame $1"
git push -q origin main
