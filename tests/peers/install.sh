#!/usr/bin/env bash
# Installs the third-party software that the peers and browser suites run against:
# Debian packages by apt-get; Node and Python packages and Keycloak at exact versions into a
# folder outside the repository. Safe to repeat; quick when everything is there already.
# It starts nothing: the suites start each program by hand and stop it again.
set -euo pipefail

export PORTNER_PEERS_DIR="${PORTNER_PEERS_DIR:-/tmp/portner-peers}"

debian_packages=(
  simplesamlphp php-cli php-xml php-mbstring      # a local identity provider (SAML)
  apache2 libapache2-mod-auth-mellon              # a service (SAML)
  libapache2-mod-auth-openidc                     # a client (OpenID Connect)
  libapache2-mod-shib shibboleth-sp-utils         # a service (SAML)
  openjdk-17-jre-headless maven unzip             # Keycloak
  python3 python3-venv                            # services in Python
  xmlsec1 opensaml-schemas xmltooling-schemas libxml2-utils openssl  # judges of signatures and schemas
  softhsm2 opensc                                 # a token for signing keys (PKCS #11), and its tool
  postgresql                                      # the store's contract suite
  chromium firefox-esr                            # the browser suite
  libxml2-dev libxmlsec1-dev libxmlsec1-openssl libclang-dev clang pkg-config libltdl-dev  # samael's signature checks
)
npm_packages=(
  oidc-provider@9.13.3     # a local identity provider (OpenID Connect)
  playwright-core@1.64.1   # drives Chromium and Firefox; later ones ask more of Firefox than the ESR has
  axe-core@4.14.1          # accessibility rules
  @node-saml/node-saml@5.1.0  # a service (SAML)
  openid-client@6.8.9      # a client (OpenID Connect)
)
python_packages=(
  pysaml2==7.5.5           # a service (SAML)
  authlib==1.9.10 joserfc==1.8.0 flask==3.1.3 requests==2.34.2  # a client (OpenID Connect)
)
# InCommon's aggregate of 2014 is among the tests in this package, and in no later one.
aggregate_package=pysaml2==2.4.0
keycloak_version=26.7.3  # a local identity provider, a service and a client, in both protocols
# What is not used here costs seconds at each start.
keycloak_options=(--db=dev-mem --features-disabled=account,admin,ciba,client-policies,device-flow,impersonation,kerberos)

main() {
  install_debian_packages
  install_npm_packages
  install_python_packages
  install_aggregate
  install_keycloak
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

install_python_packages() {
  local wanted="${python_packages[*]}" home="$PORTNER_PEERS_DIR/python"
  if [[ -f $home/installed && $(<"$home/installed") == "$wanted" ]]; then
    echo "Python packages: all present in $home"
    return
  fi
  echo "Python packages: installing $wanted"
  rm -rf "$home"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "${python_packages[@]}"
  echo "$wanted" >"$home/installed"
}

# Metadata of a federation as it was: for its size and its variety, not for its keys.
install_aggregate() {
  local home="$PORTNER_PEERS_DIR/aggregates" fetched
  if [[ -f $home/incommon-2014.xml ]]; then
    echo "Federation's metadata: present in $home"
    return
  fi
  echo "Federation's metadata: taking it from $aggregate_package"
  mkdir -p "$home"
  fetched=$(mktemp -d "$PORTNER_PEERS_DIR/fetched.XXXXXX")
  timeout 300 "$PORTNER_PEERS_DIR/python/bin/pip" download --quiet --disable-pip-version-check \
    --no-deps --no-binary :all: --dest "$fetched" "$aggregate_package"
  tar -xzf "$fetched"/pysaml2-*.tar.gz -C "$fetched" --wildcards '*/tests/InCommon-metadata.xml'
  mv "$fetched"/pysaml2-*/tests/InCommon-metadata.xml "$home/incommon-2014.xml"
  rm -rf "$fetched"
}

# The server's archive, and its own build step, which a first start would make otherwise.
install_keycloak() {
  local wanted="$keycloak_version ${keycloak_options[*]}" home="$PORTNER_PEERS_DIR/keycloak" fetched
  if [[ -f $home/installed && $(<"$home/installed") == "$wanted" ]]; then
    echo "Keycloak: present in $home"
    return
  fi
  echo "Keycloak: installing $wanted"
  rm -rf "$home"
  fetched=$(mktemp -d "$PORTNER_PEERS_DIR/fetched.XXXXXX")
  timeout 600 mvn --quiet --batch-mode org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dmaven.repo.local="$fetched/maven" -DoutputDirectory="$fetched" \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$keycloak_version:zip"
  unzip -q "$fetched/keycloak-quarkus-dist-$keycloak_version.zip" -d "$fetched"
  mv "$fetched/keycloak-$keycloak_version" "$home"
  rm -rf "$fetched"
  timeout 600 "$home/bin/kc.sh" build "${keycloak_options[@]}" >"$home/build.log" 2>&1 || {
    tail -n 30 "$home/build.log" >&2
    return 1
  }
  echo "$wanted" >"$home/installed"
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

main
