#!/bin/sh
# Runs the browser tests against a build.
#   sh tests/e2e/run.sh BUILD
# The pages' own packages are there once a build bundled them; playwright drives Chromium.
set -eu
export DATASITE_BUILD="$1"
[ -d web/node_modules/playwright-core ] || (cd web && npm ci --loglevel=error --no-audit --no-fund)
# Two files at a time: much of a test is waiting, and each has a server and a browser of its own.
exec node --test --test-concurrency=2 tests/e2e/*.test.mjs
