#!/usr/bin/env bash
# Real third-party software logs in through Portner; prints what was asserted and ends with
# "N passed, N failed". Installs what it needs, starts everything on loopback in a folder of
# its own, stops it again, and keeps the folder only when something failed.
#
# PORTNER        the program to test (default: built here in release mode)
# PORTNER_PEERS_DIR  where Node packages and samael's build are kept (default /tmp/portner-peers)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
export PORTNER_PEERS_DIR="${PORTNER_PEERS_DIR:-/tmp/portner-peers}"

"$here/install.sh"

if [[ -z ${PORTNER:-} ]]; then
  cargo build --release --locked --quiet --manifest-path "$repository/Cargo.toml"
  PORTNER="${CARGO_TARGET_DIR:-$repository/target}/release/portner"
fi
export PORTNER

CARGO_TARGET_DIR="$PORTNER_PEERS_DIR/samael" cargo build --locked --quiet --manifest-path "$here/samael-sp/Cargo.toml"
export SAMAEL_SP="$PORTNER_PEERS_DIR/samael/debug/portner-samael-sp"

exec node "$here/suite.mjs"
