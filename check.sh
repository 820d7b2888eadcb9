#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Checks the ABI headers against the distribution's; prints "N passed, N failed".
set -u
cd "$(dirname "$0")" || exit 1
if ! dpkg-query -W libxen-dev gcc >/dev/null 2>&1; then
	apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc g++ libc6-dev libxen-dev >/dev/null || exit 1
fi
out=$(CC=gcc bash tests/abi/check_layout.sh)
ok=$(grep -c '^ok ' <<<"$out") bad=$(grep -c '^not ok ' <<<"$out")
grep '^not ok ' <<<"$out"
echo "$ok passed, $bad failed"
[ "$bad" = 0 ] && [ "$ok" -gt 0 ]
