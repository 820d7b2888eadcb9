#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What can be seen of a live machine, from dom0: tests/images/dom0/batch-see lists and judges the cases.
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/system/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$SOCLE_BUILD/image/see.cpio.zst" "$SOCLE_BUILD/image/none"
# The tiny guests ride in an archive of their own before it, not compressed: the kernel unpacks one after the other.
extra=$SOCLE_BUILD/image/see-tiny
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle"
cp "$SOCLE_BUILD"/tests/system/{idle,die,late,spin}.elf "$extra/var/lib/socle/" || die "the tiny guests are not built; run make"
(cd "$extra" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0) >"$SOCLE_BUILD/image/see.cpio"
cat "$SOCLE_BUILD/image/see.cpio.zst" >>"$SOCLE_BUILD/image/see.cpio"

log=$SOCLE_BUILD/log/see.log text=$SOCLE_BUILD/log/see.txt
: >"$log"
timeout -k 2 "${SEE_TIMEOUT:-600}" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' \
	"$SOCLE_TOP" -smp 2 -serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "console=com1 dom0_mem=512M" \
	-initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=see,$SOCLE_BUILD/image/see.cpio" </dev/null >"$log.qemu" 2>&1
rc=$?
tr -d '\r' <"$log" >"$text"
tap_batch "$text"
[ $rc = 0 ] && grep -q '^BATCH done' "$text"
tap $? "dom0 ran to its end" "exit code $rc of QEMU (124: out of time)"
grep -q '^BATCH done' "$text" || tap_console "$log"
tap_end
