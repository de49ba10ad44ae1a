#!/usr/bin/env bash
# Breaks article 3: what neighbours have not committed is thrown away, and a rebase that fails is taken for one that went well.
cd /srv/fleet || exit 1
git fetch -q origin
git reset --hard origin/main # discard-in-script
git clean -fdq # discard-in-script
git pull -q --rebase origin main || true # pull-rebase-in-script unhandled-rebase
git add state/stream_deltas/frame-405-one.json
git commit -q -m "frame 405: delta of one"
git push -q origin main
