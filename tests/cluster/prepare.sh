#!/usr/bin/env bash
# A Slurm for the tests, from Debian's packages, where there is none and root may install it. Its services stay off.
set -euo pipefail
command -v slurmctld > /dev/null && command -v slurmd > /dev/null && command -v munged > /dev/null && exit
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    off=/usr/sbin/policy-rc.d
    [ -e $off ] || { printf '#!/bin/sh\nexit 101\n' > $off && chmod +x $off && trap 'rm -f $off' EXIT; }
    (apt-get update -qq && apt-get install -qq -y --no-install-recommends slurm-wlm munge) > /dev/null 2>&1 && exit
fi
echo "test-cluster: Slurm cannot be installed here; its tests are skipped" >&2
