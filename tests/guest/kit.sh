#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The guests made with the kit, as guests: one boot of dom0, which starts each of them by our tools and looks at what they say
# (tests/images/dom0/batch-kit). The examples of docs/porting.md are among them, built outside of the tree.
set -u -o pipefail
. "$(dirname "$0")/../system/machine.bash"
. "$SOCLE_TOP/tests/lib/porting.bash"

fetch_kernel linux-image-amd64
image=$SOCLE_BUILD/image/kit
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$image.cpio.zst" "$SOCLE_BUILD/image/none"
# The guests ride in an archive of their own before it, not compressed: the kernel unpacks one after the other.
rm -rf "$image"
mkdir -p "$image/var/lib/socle/kit"
for elf in "$SOCLE_BUILD"/guest-drivers/guests/*.elf "$SOCLE_BUILD"/tests/guest/domu/*.elf; do
	strip -o "$image/var/lib/socle/kit/${elf##*/}" "$elf" || die "the guests are not built; run make"
done
image_add_program "$image" "$SOCLE_BUILD/tests/guest/domu/resume" /var/lib/socle/kit/resume
why=$(porting_build)
tap $? "the examples of docs/porting.md build with what is installed" "$why"
mkdir -p "$image/var/lib/socle/porting"
cp "$SOCLE_BUILD"/porting/examples/*.{elf,console,words,needs,xml} "$image/var/lib/socle/porting/"
cp "$SOCLE_BUILD/porting/examples/hello.elf" "$image/var/lib/socle/"
(cd "$image" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0) >"$image.cpio"
cat "$image.cpio.zst" >>"$image.cpio"

log=$SOCLE_BUILD/log/kit.log text=$SOCLE_BUILD/log/kit.txt
: >"$log"
timeout -k 2 "${KIT_TIMEOUT:-400}" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' \
	"$SOCLE_TOP" -smp 2 -serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" \
	-append "console=com1 dom0_mem=640M" -initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=kit,$image.cpio" \
	</dev/null >"$log.qemu" 2>&1
rc=$?
tr -d '\r' <"$log" >"$text"
tap_batch "$text"
[ $rc = 0 ] && grep -q '^BATCH done' "$text"
tap $? "dom0 ran to its end" "exit code $rc of QEMU (124: out of time)"
! grep -qE '^\(hv\) (Panic|Domain [1-9][0-9]* crashed)' "$text"
tap $? "nothing crashed" "$(grep -iE '^\(hv\)' "$text" | tail -n 15)"
grep -q '^BATCH done' "$text" || tap_console "$log"
tap_end
