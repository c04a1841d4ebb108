#!/bin/sh
# Fills $GOCACHE with what tests need: Ginkgo takes half a minute to compile.
set -eu
work=/tmp/prewarm  # the same always: paths are part of what an entry is found by
mkdir -p "$work/src/solution"
cp /usr/local/share/prewarm/*.go "$work/src/solution/"
cd "$work/src/solution"
export GOPATH="$work:/usr/share/gocode"
go vet .
go build .
go test -c -o "$work/test" .
rm -rf "$work"
# An entry of the cache ends with the time it was made, which no two builds have alike. It is only
# used to tell the age of test results.
find "$GOCACHE" -name '*-a' -exec sed -i -E 's/[0-9 ]{20}$/ 1735689600000000000/' {} +
rm -f "$GOCACHE/testexpire.txt"
# Once a day go notes here that it looked for old entries, and fails if it cannot.
ln -sf /tmp/.go-trim "$GOCACHE/trim.txt"
