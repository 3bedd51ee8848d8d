#!/bin/sh
# Everything we know how to prove, cheapest first: npm test.
#
# Stops at the first section that fails; the lab, whose files take minutes each, goes on to its end.
# What measures rates and delays runs by itself. The last lines are Node's own summaries, or the words of what failed.
set -u

top=$(cd -- "$(dirname -- "$0")/.." && pwd) && cd -- "$top" || exit 1
PATH=$top/node_modules/.bin:$PATH:/usr/sbin:/sbin
# The daemons are started hundreds of times.
NODE_COMPILE_CACHE=$top/node_modules/.cache/node
export PATH NODE_COMPILE_CACHE

main() {
  sh deploy/setup.sh --quiet || exit 1
  section 'Types, format, lint, dead code, import law: npm run check'
  npm run --silent check || exit 1
  section 'Unit tests: npm run unit'
  npm run --silent unit || exit 1
  status=0
  section 'Lab tests that measure, one file after the other: npm run lab-alone'
  npm run --silent lab-alone || status=1
  section 'Lab tests that do not, two files at a time: npm run lab-beside'
  npm run --silent lab-beside || status=1
  exit $status
}

section() {
  printf '\n=== %s\n\n' "$1"
}

main
