#!/usr/bin/env bash
# Breaks article 6: a worker rewrites a file that another one is rewriting too.
set -euo pipefail
cd /srv/fleet
agent=$1
jq --arg agent "$agent" '.agents[$agent] = {}' state/agents.json >state/agents.json.new # missing-command
mv state/agents.json.new state/agents.json # state-write-in-script
echo '{"posts": []}' >state/posts.json # state-write-in-script
