#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The hostile guests as guests: one boot of dom0, which starts each of them by our tools and judges what they say, how they
# end and what they leave behind (tests/images/dom0/batch-hostile), while another guest watches its own memory.
#   domu.sh [name...]     all of tests/guest/hostile when none is named
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/system/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$SOCLE_BUILD/image/hostile.cpio.zst" "$SOCLE_BUILD/image/none"
# The guests ride in an archive of their own before it, not compressed: the kernel unpacks one after the other.
extra=$SOCLE_BUILD/image/hostile
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle/hostile"
for d in "$SOCLE_TOP"/tests/guest/hostile/*/main.c; do
	name=$(basename "$(dirname "$d")")
	[ $# = 0 ] || [[ " $* witness " = *" $name "* ]] || continue
	strip -o "$extra/var/lib/socle/hostile/$name.elf" "$SOCLE_BUILD/tests/guest/hostile/$name.elf" || die "the hostile guests are not built; run make"
done
(cd "$extra" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0) >"$SOCLE_BUILD/image/hostile.cpio"
cat "$SOCLE_BUILD/image/hostile.cpio.zst" >>"$SOCLE_BUILD/image/hostile.cpio"

log=$SOCLE_BUILD/log/hostile.log text=$SOCLE_BUILD/log/hostile.txt
: >"$log"
timeout -k 2 "${HOSTILE_TIMEOUT:-900}" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' \
	"$SOCLE_TOP" -smp "${GUEST_CPUS:-2}" -serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" \
	-append "console=com1 dom0_mem=640M" -initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=hostile,$SOCLE_BUILD/image/hostile.cpio" \
	</dev/null >"$log.qemu" 2>&1
rc=$?
tr -d '\r' <"$log" >"$text"
tap_batch "$text"
[ $rc = 0 ] && grep -q '^BATCH done' "$text"
tap $? "dom0 ran to its end" "exit code $rc of QEMU (124: out of time)"
! grep -qE '^\(hv\) Panic on CPU' "$text"
tap $? "the hypervisor never failed" "$(grep -iE '^\(hv\)' "$text" | tail -n 15)"
# Its log is rate-limited: nobody can fill the console with it.
[ "$(grep -c '^(hv)' "$text")" -lt 2500 ]
tap $? "the hypervisor's log is bounded" "$(grep -c '^(hv)' "$text") lines"
grep -q '^BATCH done' "$text" || tap_console "$log"
tap_end
