#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What an operator does with guests, in one boot: tests/images/dom0/batch-guests lists and judges the cases.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$SOCLE_BUILD/image/guests.cpio.zst" "$SOCLE_BUILD/image/none"
extra=$SOCLE_BUILD/image/guests-extra
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle"
strip -o "$extra/var/lib/socle/hello.elf" "$SOCLE_BUILD/guest-drivers/guests/hello.elf" || die "hello is not built; run make"
pack_extra "$extra" "$SOCLE_BUILD/image/guests-extra.cpio"
dom0_batch guests "${GUESTS_TIMEOUT:-900}" dom0_mem=512M "" "$SOCLE_BUILD/image/guests-extra.cpio $SOCLE_BUILD/image/guests.cpio.zst"
sed -n 's/^BATCH prom //p' "$SOCLE_BUILD/log/guests.txt" >"$SOCLE_BUILD/log/guests.prom"
why=$("$SOCLE_TOP/tests/lib/prom.py" "$SOCLE_BUILD/log/guests.prom" 2>&1)
tap $? "the metrics keep Prometheus' format" "$why"
tap_end
