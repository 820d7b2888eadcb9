#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The hostile guests as guests: one boot of dom0, which starts each of them by our tools and judges what they say, how they
# end and what they leave behind (tests/images/dom0/batch-hostile), while another guest watches its own memory.
#   domu.sh [name...]     all of tests/guest/hostile when none is named
set -u -o pipefail
. "$(dirname "$0")/../system/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$SOCLE_BUILD/image/hostile.cpio.zst" "$SOCLE_BUILD/image/none"
extra=$SOCLE_BUILD/image/hostile
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle/hostile"
for d in "$SOCLE_TOP"/tests/guest/hostile/*/main.c; do
	name=$(basename "$(dirname "$d")")
	[ $# = 0 ] || [[ " $* witness " = *" $name "* ]] || continue
	strip -o "$extra/var/lib/socle/hostile/$name.elf" "$SOCLE_BUILD/tests/guest/hostile/$name.elf" || die "the hostile guests are not built; run make"
done
pack_extra "$extra" "$SOCLE_BUILD/image/hostile-guests.cpio"
QEMU_CPUS=${GUEST_CPUS:-2} dom0_batch hostile "${HOSTILE_TIMEOUT:-900}" dom0_mem=640M "" \
	"$SOCLE_BUILD/image/hostile-guests.cpio $SOCLE_BUILD/image/hostile.cpio.zst"
text=$SOCLE_BUILD/log/hostile.txt
! grep -qE '^\(hv\) Panic on CPU' "$text"
tap $? "the hypervisor never failed" "$(grep -iE '^\(hv\)' "$text" | tail -n 15)"
# Its log is rate-limited: nobody can fill the console with it.
[ "$(grep -c '^(hv)' "$text")" -lt 2500 ]
tap $? "the hypervisor's log is bounded" "$(grep -c '^(hv)' "$text") lines"
tap_end
