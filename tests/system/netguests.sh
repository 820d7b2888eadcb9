#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Guests with network cards, made with the kit: one boot of dom0, which starts them and talks to them
# (tests/images/dom0/batch-netguests).
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
image=$SOCLE_BUILD/image/netguests
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$image.cpio.zst" "$SOCLE_BUILD/image/none"
rm -rf "$image"
mkdir -p "$image/var/lib/socle/kit"
for elf in webd router netbench; do
	strip -o "$image/var/lib/socle/kit/$elf.elf" "$SOCLE_BUILD/guest-drivers/guests/$elf.elf" ||
		die "$elf is not built; run make (webd wants configure --with-lwip, see tests/lib/lwip.sh)"
done
pack_extra "$image" "$image.cpio"
dom0_batch netguests "${NETGUESTS_TIMEOUT:-900}" dom0_mem=768M "" "$image.cpio $image.cpio.zst"
tap_end
