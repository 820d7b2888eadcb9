#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad input for the tools, in one boot of the demo's dom0: tests/images/dom0/batch-bad lists and judges the cases.
#   BAD_ROUNDS=N sets the number of create and destroy rounds, 50 by default.
#   BAD_FAULTS=N is how many steps of a creation fail, and before how many it is killed; 8 by default, 0: each.
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
cc -shared -fPIC -O1 -o "$extra/var/lib/socle/fault.so" "$SOCLE_TOP/tests/cli/fault.c" || die "fault.c cannot be compiled"
# The example of libsocle, and the library.
cc -I"$SOCLE_TOP/include" -D_POSIX_C_SOURCE=200809L -o "$extra/var/lib/socle/guests" "$SOCLE_TOP/dom0-tools/api/example/guests.c" \
	"$SOCLE_BUILD/dom0-tools/api/libsocle.so.1.0.0" || die "the example of libsocle cannot be compiled"
cp "$SOCLE_BUILD/dom0-tools/api/libsocle.so.1.0.0" "$extra/var/lib/socle/libsocle.so.1"
pack_extra "$extra" "$SOCLE_BUILD/image/tiny.cpio"
dom0_batch bad "${BAD_TIMEOUT:-900}" dom0_mem=640M "socle.rounds=${BAD_ROUNDS:-50} socle.faults=${BAD_FAULTS:-8}" \
	"$SOCLE_BUILD/image/tiny.cpio $SOCLE_BUILD/image/bad.cpio.zst"
tap_end
