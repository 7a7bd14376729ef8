#!/usr/bin/env bash
# Fills <dir> with links to Node, npm, Git, sh and the coreutils, to be used as a PATH that has nothing else.
set -euo pipefail
dir=${1:?usage: .ci/bare-path.sh <dir>}
mkdir -p "$dir"
for name in node npm npx git sh env cat chmod cp cut date dirname basename echo expr false head kill ln ls mkdir mkfifo mktemp mv pwd readlink rm rmdir seq sleep sort stat stty tail tee test touch tr true uname wc; do
  if path=$(type -P "$name"); then ln -sf "$(readlink -f "$path")" "$dir/$name"; fi
done
