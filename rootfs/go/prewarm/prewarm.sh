#!/bin/sh
# Fills $GOCACHE with the packages that tests need: Ginkgo takes half a minute to compile.
set -eu
work=/tmp/prewarm  # always the same path: paths are part of the key of an entry
mkdir -p "$work/src/solution"
cp /usr/local/share/prewarm/*.go "$work/src/solution/"
cd "$work/src/solution"
export GOPATH="$work:/usr/share/gocode"
go vet .
go build .
go test -c -o "$work/test" .
rm -rf "$work"
# An entry of the cache ends with the time when it was made, which differs in each build. Go uses it
# only for the age of test results.
find "$GOCACHE" -name '*-a' -exec sed -i -E 's/[0-9 ]{20}$/ 1735689600000000000/' {} +
rm -f "$GOCACHE/testexpire.txt"
# Once a day go records here that it looked for old entries. It fails if it cannot write the file.
ln -sf /tmp/.go-trim "$GOCACHE/trim.txt"
