#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad input for the tools, in one boot of the demo's dom0: tests/images/dom0/batch-bad lists and judges the cases.
#   BAD_ROUNDS=N sets the number of create and destroy rounds, 100 by default.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$SOCLE_BUILD/image/bad.cpio.zst" "$SOCLE_BUILD/image/none"
extra=$SOCLE_BUILD/image/tiny
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle"
cp "$SOCLE_BUILD"/tests/system/{idle,die}.elf "$extra/var/lib/socle/" || die "the tiny guests are not built; run make"
pack_extra "$extra" "$SOCLE_BUILD/image/tiny.cpio"
dom0_batch bad "${BAD_TIMEOUT:-900}" dom0_mem=640M "socle.rounds=${BAD_ROUNDS:-100}" \
	"$SOCLE_BUILD/image/tiny.cpio $SOCLE_BUILD/image/bad.cpio.zst"
tap_end
