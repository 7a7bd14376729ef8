#!/usr/bin/env bash
# Installs redis-server from Debian's or Ubuntu's packages unless it is there already, and prints the path of the binary.
# The tests start it themselves, on ports of their own.
set -euo pipefail

if ! command -v redis-server >/dev/null; then
  command -v apt-get >/dev/null || { echo "redis.sh: install Redis 7 or later, so that redis-server is on PATH" >&2; exit 1; }
  as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -q >&2
  as_root apt-get install -q -y --no-install-recommends redis-server >&2
fi
command -v redis-server
