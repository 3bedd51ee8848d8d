#!/bin/sh
# Everything we know how to prove, cheapest first: npm test.
#
# Stops at the first section that fails; the lab, whose files take minutes each, goes on to its end.
# The last lines are Node's own summary of the lab, or the words of what failed.
set -u

top=$(cd -- "$(dirname -- "$0")/.." && pwd) && cd -- "$top" || exit 1
PATH=$top/node_modules/.bin:$PATH:/usr/sbin:/sbin
export PATH

main() {
  sh deploy/setup.sh --quiet || exit 1
  section 'Types, format, lint, dead code, import law: npm run check'
  npm run --silent check || exit 1
  section 'Unit tests: npm run unit'
  npm run --silent unit || exit 1
  section 'Lab tests, one file after the other: npm run lab-tests'
  npm run --silent lab-tests || exit 1
}

section() {
  printf '\n=== %s\n\n' "$1"
}

main
