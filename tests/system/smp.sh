#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Several CPUs: dom0 with 4 vCPUs and a guest with 4 vCPUs on 2 CPUs, both under load while CPUs go and come.
#   SMP_SECONDS=N   length of the load (20)
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/system/machine.bash"

fetch_kernel linux-image-amd64
log=$SOCLE_BUILD/log/smp.log
mkdir -p "$SOCLE_BUILD/log"
make_guest_image "$SOCLE_BUILD/guest.cpio.zst"
make_dom0_image "$SOCLE_BUILD/smp.cpio.zst" "$SOCLE_BUILD/guest.cpio.zst"
timeout -k 2 $((600 + 10 * ${SMP_SECONDS:-20})) qemu-system-x86_64 -accel "$(qemu_accel)" -cpu "${QEMU_CPU:-$(qemu_cpu)}" -smp "${SMP_CPUS:-2}" -m 1536 \
	-display none -no-reboot -net none -serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" \
	-append "console=com1 dom0_mem=768M dom0_max_vcpus=4" \
	-initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=smp socle.seconds=${SMP_SECONDS:-20},$SOCLE_BUILD/smp.cpio.zst" </dev/null >/dev/null 2>&1
rc=$?
tr -d '\r' <"$log" >"$log.txt"
tap "$(grep -q '^(hv) SMP: '"${SMP_CPUS:-2} CPUs" "$log.txt"; echo $?)" "all CPUs start" "$(grep -a SMP "$log.txt")"
tap_batch "$log.txt"
tap "$(grep -qx 'BATCH done' "$log.txt"; echo $?)" "the batch ran to its end" "exit code $rc" "$(tail -n 15 "$log.txt")"
tap_end
