#!/usr/bin/env bash
# Installs the third-party software that the peers and browser suites run against:
# Debian packages by apt-get, Node packages at exact versions into a folder outside
# the repository. Safe to repeat; quick when everything is there already.
# It starts nothing: the suites start each program by hand and stop it again.
set -euo pipefail

export PORTNER_PEERS_DIR="${PORTNER_PEERS_DIR:-/tmp/portner-peers}"

debian_packages=(
  simplesamlphp php-cli php-xml php-mbstring      # a local identity provider (SAML)
  apache2 libapache2-mod-auth-mellon              # a service (SAML)
  libapache2-mod-auth-openidc                     # a client (OpenID Connect)
  xmlsec1 opensaml-schemas xmltooling-schemas libxml2-utils openssl  # judges of signatures and schemas
  postgresql                                      # the store's contract suite
  chromium firefox-esr                            # the browser suite
  libxml2-dev libxmlsec1-dev libxmlsec1-openssl libclang-dev clang pkg-config libltdl-dev  # samael's signature checks
)
npm_packages=(
  oidc-provider@9.13.3     # a local identity provider (OpenID Connect)
  playwright-core@1.64.1   # drives Chromium and Firefox; later ones ask more of Firefox than the ESR has
  axe-core@4.14.1          # accessibility rules
)

main() {
  install_debian_packages
  install_npm_packages
}

install_debian_packages() {
  local missing=() package
  for package in "${debian_packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo "Debian packages: all present"
    return
  fi
  echo "Debian packages: installing ${missing[*]}"
  # A package's own start script would occupy ports and leave daemons behind.
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
    made_policy=1
  fi
  local outcome=0
  as_root apt-get -qq update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
      -o Dpkg::Use-Pty=0 install "${missing[@]}" >/dev/null || outcome=$?
  [[ -z $made_policy ]] || as_root rm -f "$policy"
  return "$outcome"
}

install_npm_packages() {
  local wanted="${npm_packages[*]}" stamp="$PORTNER_PEERS_DIR/installed"
  if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
    echo "Node packages: all present in $PORTNER_PEERS_DIR"
    return
  fi
  echo "Node packages: installing $wanted"
  mkdir -p "$PORTNER_PEERS_DIR"
  echo '{"private": true, "type": "module"}' >"$PORTNER_PEERS_DIR/package.json"
  (cd "$PORTNER_PEERS_DIR" &&
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --save-exact --no-package-lock \
      --no-audit --no-fund --loglevel=error "${npm_packages[@]}")
  echo "$wanted" >"$stamp"
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

main
