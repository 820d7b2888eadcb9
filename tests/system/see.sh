#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What can be seen of a live machine, from dom0: tests/images/dom0/batch-see lists and judges the cases.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$SOCLE_BUILD/image/see.cpio.zst" "$SOCLE_BUILD/image/none"
extra=$SOCLE_BUILD/image/see-tiny
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle"
cp "$SOCLE_BUILD"/tests/system/{idle,die,late,spin}.elf "$extra/var/lib/socle/" || die "the tiny guests are not built; run make"
pack_extra "$extra" "$SOCLE_BUILD/image/see-tiny.cpio"
dom0_batch see "${SEE_TIMEOUT:-600}" "dom0_mem=512M dom0_deadline=300" "" "$SOCLE_BUILD/image/see-tiny.cpio $SOCLE_BUILD/image/see.cpio.zst"
grep -qaF "shut down 'idle': waits for its end [" "$SOCLE_BUILD/log/see.log"
tap $? "a wait is seen on the terminal" "$(grep -aF 'shut down' "$SOCLE_BUILD/log/see.log" | cat -v)"
tap_end
