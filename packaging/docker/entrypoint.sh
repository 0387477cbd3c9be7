#!/bin/sh
# Serves on the loopback address. The token comes from a secret, if there is one; else the token of
# this run is in /data/runtime.json. A secret that is there but cannot be read is an error.
set -eu
secret=${OUTPOST_TOKEN_FILE:-/run/secrets/outpost_token}
if [ "$#" -gt 0 ]; then exec outpost "$@"; fi
if [ -e "$secret" ]; then exec outpost serve --port 8004 --token-file "$secret"; fi
exec outpost serve --port 8004
