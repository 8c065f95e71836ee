#!/bin/sh
# Passes all tests on a Debian machine that has Rust, and installs what they need. Safe to run again and again.
#
#   sh tests/run.sh             everything
#   sh tests/run.sh rust        format, lints, unit tests and tests over HTTP (SQLite, PostgreSQL, MariaDB)
#   sh tests/run.sh browser     hanko-elements and the built-in page in Chromium
#   sh tests/run.sh webhooks    a receiver with the published library of Standard Webhooks
set -eu
cd "$(dirname "$0")/.."
part=${1:-all}

install() {
    missing=
    for package in "$@"; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install --yes --no-install-recommends $missing
}

if [ "$part" = all ] || [ "$part" = rust ]; then
    command -v cc >/dev/null || install build-essential
    servers=$(sh tests/services.sh)
    eval "$servers"
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace
    # The same flows on the other databases.
    for database in postgres mysql; do
        SEALFLOW_TEST_DATABASE=$database cargo test --test it -- flows:: http:: webhooks::
    done
fi

if [ "$part" = all ] || [ "$part" = browser ]; then
    install chromium
    command -v npm >/dev/null || install nodejs npm
    cargo build
    (
        cd tests/browser
        npm ci --no-audit --no-fund
        SEALFLOW_BIN="$PWD/../../target/debug/sealflow" npm test
    )
fi

if [ "$part" = all ] || [ "$part" = webhooks ]; then
    command -v npm >/dev/null || install nodejs npm
    cargo build
    cd tests/webhooks
    npm ci --no-audit --no-fund
    SEALFLOW_BIN="$PWD/../../target/debug/sealflow" npm test
fi
