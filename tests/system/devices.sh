#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Devices of running guests, in one boot of dom0: tests/images/dom0/batch-devices lists and judges the cases.
#   DEVICE_ROUNDS=N sets how often a disk and a card come and go, 10 by default.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
make_guest_image "$SOCLE_BUILD/image/devices-guest.cpio.zst"
make_dom0_image "$SOCLE_BUILD/image/devices.cpio.zst" "$SOCLE_BUILD/image/devices-guest.cpio.zst"
extra=$SOCLE_BUILD/image/devices-tiny
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle"
cp "$SOCLE_BUILD"/tests/system/{idle,late,plug}.elf "$extra/var/lib/socle/" || die "the tiny guests are not built; run make"
image_add_program "$extra" "$SOCLE_BUILD/tests/system/rounds" /var/lib/socle/rounds
pack_extra "$extra" "$SOCLE_BUILD/image/devices-tiny.cpio"
dom0_batch devices "${DEVICES_TIMEOUT:-900}" dom0_mem=768M "socle.rounds=${DEVICE_ROUNDS:-10}" \
	"$SOCLE_BUILD/image/devices-tiny.cpio $SOCLE_BUILD/image/devices.cpio.zst"
tap_end
