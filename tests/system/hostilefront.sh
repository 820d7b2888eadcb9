#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Guests that attack their backends, beside guests that behave: tests/images/dom0/batch-hostilefront.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
image=$SOCLE_BUILD/image/hostilefront
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$image.cpio.zst" "$SOCLE_BUILD/image/none"
rm -rf "$image"
mkdir -p "$image/var/lib/socle/kit" "$image/usr/bin"
for elf in guest-drivers/guests/{webd,blkbench} tests/guest/domu/hostilefront; do
	strip -o "$image/var/lib/socle/kit/${elf##*/}.elf" "$SOCLE_BUILD/$elf.elf" ||
		die "$elf is not built; run make (webd wants configure --with-lwip, see tests/lib/lwip.sh)"
done
gcc -O2 -static -o "$image/usr/bin/flood" "$SOCLE_TOP/tests/images/programs/flood.c" || die "cannot build flood.c"
image_add_program "$image" "$(command -v prlimit)" /usr/bin/prlimit
pack_extra "$image" "$image.cpio"
dom0_batch hostilefront "${HOSTILEFRONT_TIMEOUT:-900}" dom0_mem=640M "" "$image.cpio $image.cpio.zst"
! grep -qE '^\(hv\) (Panic|Domain [1-9][0-9]* crashed)' "$SOCLE_BUILD/log/hostilefront.txt"
tap $? "nothing crashed" "$(grep -iE '^\(hv\)' "$SOCLE_BUILD/log/hostilefront.txt" | tail -n 15)"
tap_end
