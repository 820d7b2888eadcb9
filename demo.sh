#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# From power-on to a second Linux: builds Socle, makes a bootable ISO with Debian's own kernel, starts it in QEMU and
# ends at dom0's shell with one guest running.   demo.sh [--batch] [--uefi] [--memory MIB]
#   --batch   unattended: checks every step by what the guest printed and wrote; exit code 0, or 1 and the step's name
set -u -o pipefail
. "$(dirname "$0")/tests/lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/lwip.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"

batch=0 uefi=0
while [ $# -gt 0 ]; do
	case $1 in
	--batch) batch=1 ;;
	--uefi) uefi=1 ;;
	--memory) shift; QEMU_MEMORY=${1:-} ;;
	-h|--help) sed -n '3,5s/^# //p' "$0"; exit 0 ;;
	*) die "unknown argument '$1'; known: --batch --uefi --memory MIB" ;;
	esac
	shift
done

mkdir -p "$SOCLE_BUILD"
firmware=""
[ $uefi = 1 ] && firmware=ovmf
# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $RUN_PACKAGES $firmware
fetch_lwip
build_socle --with-lwip="$LWIP_DIR"
fetch_kernel linux-image-amd64
say "making the guest's and dom0's images"
make_guest_image "$SOCLE_BUILD/guest.cpio.zst"
make_dom0_image "$SOCLE_BUILD/dom0.cpio.zst" "$SOCLE_BUILD/guest.cpio.zst"
say "making a bootable ISO"
extra=""
[ $batch = 1 ] && extra="socle.batch=demo"
make_iso "$SOCLE_BUILD/socle.iso" "$INSTALLED/boot/socle.gz" "$KERNEL_IMAGE" "$SOCLE_BUILD/dom0.cpio.zst" \
	"dom0_mem=768M console=com1,vga" "console=hvc0 quiet $extra"
drive=(-cdrom "$SOCLE_BUILD/socle.iso" -boot d)
[ $uefi = 1 ] && drive+=(-bios /usr/share/ovmf/OVMF.fd)

if [ $batch = 0 ]; then
	say "starting QEMU ($(qemu_accel)); Ctrl-A X ends it"
	exec qemu-system-x86_64 -accel "$(qemu_accel)" -cpu "$(qemu_cpu)" -smp "${QEMU_CPUS:-2}" -m "${QEMU_MEMORY:-1536}" -nographic -no-reboot -net none "${drive[@]}"
fi

say "starting QEMU ($(qemu_accel)), unattended"
log=$SOCLE_BUILD/demo.log
timeout -k 5 "${DEMO_SECONDS:-600}" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' \
	"$SOCLE_TOP" -serial "file:$log" "${drive[@]}" </dev/null
grep -a '^BATCH' "$log" | tr -d '\r' >&2
if grep -aq '^BATCH done' "$log" && ! grep -aq '^BATCH fail' "$log"; then
	say "the demo passed"
	exit 0
fi
step=$(grep -a '^BATCH fail' "$log" | head -n 1 | tr -d '\r')
printf 'demo: FAILED at: %s\nthe whole console: %s\n' "${step:-the machine did not reach dom0}" "$log" >&2
tail -n 30 "$log" >&2
exit 1
