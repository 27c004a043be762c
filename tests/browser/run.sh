#!/usr/bin/env bash
# Drives `portner demo` with Chromium and Firefox: every story in both; in Chromium in Danish
# and English, on a desktop and a phone, with a look at every page and the accessibility rules;
# the mishaps of real users, what is left of a login, and names that want to be scripts. Ends
# with "N passed, N failed".
#
# PORTNER            the program to test (default: built here in release mode)
# CHROMIUM, FIREFOX  other browsers than Debian's
# PORTNER_ARTIFACTS  where screenshots go (default /tmp/portner-artifacts)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
export PORTNER_PEERS_DIR="${PORTNER_PEERS_DIR:-/tmp/portner-peers}"
export PORTNER_ARTIFACTS="${PORTNER_ARTIFACTS:-/tmp/portner-artifacts}"

"$repository/tests/peers/install.sh"

if [[ -z ${PORTNER:-} ]]; then
  cargo build --release --locked --quiet --manifest-path "$repository/Cargo.toml"
  PORTNER="${CARGO_TARGET_DIR:-$repository/target}/release/portner"
fi
export PORTNER

node "$here/board-script.mjs"
exec node "$here/suite.mjs"
