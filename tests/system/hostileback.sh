#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Backends that lie to guests of the kit: tests/images/dom0/batch-hostileback.
#   HOSTILEBACK_LIES=PATTERN for some of the lies.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
image=$SOCLE_BUILD/image/hostileback
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$image.cpio.zst" "$SOCLE_BUILD/image/none"
rm -rf "$image"
mkdir -p "$image/var/lib/socle/kit" "$image/usr/bin"
strip -o "$image/var/lib/socle/kit/victim.elf" "$SOCLE_BUILD/tests/guest/domu/victim.elf" || die "the victim is not built; run make"
image_add_program "$image" "$SOCLE_BUILD/tests/guest/domu/liar" /usr/bin/liar
pack_extra "$image" "$image.cpio"
dom0_batch hostileback "${HOSTILEBACK_TIMEOUT:-900}" dom0_mem=640M "${HOSTILEBACK_LIES:+socle.lies=$HOSTILEBACK_LIES}" "$image.cpio $image.cpio.zst"
! grep -qE '^\(hv\) (Panic|Domain [1-9][0-9]* crashed)' "$SOCLE_BUILD/log/hostileback.txt"
tap $? "nothing crashed" "$(grep -iE '^\(hv\)' "$SOCLE_BUILD/log/hostileback.txt" | tail -n 15)"
tap_end
