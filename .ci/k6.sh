#!/usr/bin/env bash
# Puts k6 into <dir> unless that version is there already, and prints the path of the binary.
#   .ci/k6.sh .cache/k6
# Needs Go. `go install` is tried first. It asks the module's own host for deprecation notes, so it fails where only a module
# proxy can be reached; then k6 is built as a dependency of a temporary module.
set -euo pipefail

version=v2.2.0
package=go.k6.io/k6/v2

dir=${1:?usage: .ci/k6.sh <dir>}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
bin=$dir/k6

if [ -x "$bin" ] && "$bin" version 2>/dev/null | grep -q "k6 $version"; then
  echo "$bin"
  exit 0
fi

command -v go >/dev/null || { echo "k6.sh: Go is needed to build k6 $version (https://go.dev/dl)" >&2; exit 1; }

if ! GOBIN=$dir go install "$package@$version" >&2; then
  echo "k6.sh: go install failed, building k6 inside a throw-away module" >&2
  module=$(mktemp -d)
  trap 'rm -rf "$module"' EXIT
  (
    cd "$module"
    export GOFLAGS="-mod=mod -buildvcs=false"
    go mod init throw-away
    go mod edit -require="$package@$version"
    go build -o "$bin" "$package"
  ) >&2
fi

echo "$bin"
