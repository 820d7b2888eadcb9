#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The demo, unattended: from GRUB to a guest that wrote to its disk. One test for each of its steps.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

mkdir -p "$SOCLE_BUILD/log"
rm -f "$SOCLE_BUILD/demo.log"
"$SOCLE_TOP/demo.sh" --batch >"$SOCLE_BUILD/log/demo.out" 2>&1 </dev/null
rc=$?
if [ -e "$SOCLE_BUILD/demo.log" ]; then
	tr -d '\r' <"$SOCLE_BUILD/demo.log" >"$SOCLE_BUILD/log/demo.txt"
	tap_batch "$SOCLE_BUILD/log/demo.txt"
fi
tap $rc "demo.sh --batch ends well" "exit code $rc" "$(tail -n 15 "$SOCLE_BUILD/log/demo.out")"
tap_end
