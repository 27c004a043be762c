#!/usr/bin/env bash
# Takes the defences out one at a time and runs the tests: a mutant that survives is a rule that
# no test holds (A25). Needs cargo-mutants (`cargo install --locked cargo-mutants`).
#
#   tests/mutants.sh [saml|oidc] [cargo-mutants options, such as --file 'src/saml/checks.rs']
#
# A mutant of the whole package takes minutes. The layers allow less: `saml` and `oidc` use only
# the modules below them (tests/architecture.rs), so each is cut out into a crate of its own, of
# the same sources, dependencies and tests, where a mutant takes seconds. Without --file
# everything that decides is mutated. The survivors end up in missed.txt, whose path is told.
#
# PORTNER_MUTANTS_DIR  the crates, their builds and the outcome (default target/mutants)
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly ROOT=$PWD
readonly WORK="${PORTNER_MUTANTS_DIR:-$ROOT/target/mutants}"

# What each part is made of: modules of src, dependencies beyond the common ones, the files that decide.
readonly COMMON='aws-lc-rs data-encoding idna insta jiff proptest rand_chacha rcgen rustls serde tempfile thiserror tokio url uuid x509-cert zeroize'
declare -rA MODULES=(
  [saml]='ambient domain keys saml'
  [oidc]='ambient domain egress keys oidc'
)
declare -rA DEPENDENCIES=(
  [saml]='flate2 quick-xml'
  [oidc]='http http-body-util hyper hyper-util openidconnect postcard rustls-native-certs serde_json tokio-rustls tower tracing'
)
declare -rA DECIDES=(
  [saml]='saml/xml/signature*.rs saml/xml/response.rs saml/xml/verifying_key.rs saml/xml/c14n.rs
          saml/xml/guard.rs saml/xml/parse.rs saml/xml/tree.rs saml/xml/chars.rs saml/xml/limits.rs
          saml/xml/encryption*.rs saml/xml/ciphers.rs
          saml/checks.rs saml/response.rs saml/assertion.rs saml/incoming.rs saml/instant.rs saml/name_id.rs
          saml/binding_*.rs saml/authn_request.rs saml/logout.rs saml/status.rs'
  [oidc]='oidc/jws.rs oidc/jwk.rs oidc/pkce.rs oidc/code.rs oidc/hint.rs oidc/client_auth.rs
          oidc/authorize.rs oidc/token.rs oidc/params.rs oidc/claims_request.rs
          oidc/rp/*.rs oidc/client/address.rs'
)

main() {
  local part=saml
  case ${1:-} in saml | oidc) part=$1; shift ;; esac
  command -v cargo-mutants >/dev/null || { echo "cargo-mutants is missing" >&2; exit 1; }
  local crate="$WORK/$part"
  cut_out "$part" "$crate"
  local options=("$@")
  if [[ " $* " != *" --file"* && " $* " != *" -f "* ]]; then
    for pattern in ${DECIDES[$part]}; do options+=(--file "src/$pattern"); done
  fi
  # One crate, mutated where it lies, keeps its build between mutants.
  (cd "$crate" && cargo mutants --in-place --output "$WORK/$part-outcome" --cap-lints=true \
    --timeout-multiplier 4 "${options[@]}")
  echo "Survivors: $WORK/$part-outcome/mutants.out/missed.txt"
}

# Makes a crate of the modules of a part, under the same name, with the same versions.
cut_out() {
  local part=$1 crate=$2
  rm -rf "$crate/src" "$crate/tests"
  mkdir -p "$crate/src" "$crate/tests"
  for module in ${MODULES[$part]}; do
    if [[ -d src/$module ]]; then cp -r "src/$module" "$crate/src/"; else cp "src/$module.rs" "$crate/src/"; fi
    echo "pub mod $module;"
  done >"$crate/src/lib.rs"
  cp Cargo.lock "$crate/Cargo.lock"
  {
    printf '[package]\nname = "portner"\nversion = "0.1.0"\nedition = "2024"\npublish = false\n\n[lib]\ndoctest = false\n\n[workspace]\n\n[dependencies]\n'
    for name in $COMMON ${DEPENDENCIES[$part]}; do
      grep -m1 "^$name = " Cargo.toml
    done
    # What the whole package gets through others of its dependencies.
    printf 'der = { version = "0.7", features = ["std"] }\n'
    printf '\n[profile.dev]\ndebug = false\n\n'
    # Dependencies are built once and run for every mutant.
    printf '[profile.dev.package."*"]\nopt-level = 2\n'
  } >"$crate/Cargo.toml"
  if [[ $part == saml ]]; then
    mkdir -p "$crate/tests/attacks"
    cp -r tests/xml "$crate/tests/"
    cp tests/attacks/{mutator,editing,signature_mutants}.rs "$crate/tests/attacks/"
    printf 'mod xml;\n' >"$crate/tests/main.rs"
  fi
}

main "$@"
