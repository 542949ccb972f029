#!/usr/bin/env bash
# What the browser tests need besides Python packages: prepare.sh ENVIRONMENT
# A Chromium (the system's, else Debian's, else Playwright's own download), and Galaxy's IGV viewer from npm.
set -euo pipefail
environment=$1
igv='@galaxyproject/igv@0.0.25'

if ! command -v chromium > /dev/null && ! command -v chromium-browser > /dev/null && ! command -v google-chrome > /dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        apt-get update -qq && apt-get install -qq -y chromium > /dev/null
    else
        "$environment/bin/playwright" install chromium
    fi
fi

command -v npm > /dev/null || { echo "test-browser: npm is needed, for Galaxy's IGV viewer; install Node.js" >&2; exit 3; }
rm -rf "$environment/viewers" && mkdir -p "$environment/viewers/igv"
cd "$environment/viewers"
tar xzf "$(npm pack --silent "$igv")" -C igv
