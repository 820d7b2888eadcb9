#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Several CPUs: dom0 with 4 vCPUs and a guest with 4 vCPUs on 2 CPUs, both under load while CPUs go and come.
#   SMP_SECONDS=N   length of the load (20)
#   SMP_CPUS=N      CPUs of the machine (2)
#   SMP_STRESS=1    the guest runs Debian's stress-ng as well: processors, memory, processes, switches, timers, futexes, all verified
#   SMP_GUESTS=N    N guests of 2 vCPUs at once, up to 9, instead of the one (batch-crowd)
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
make_guest_image "$SOCLE_BUILD/guest.cpio.zst"
guest=$SOCLE_BUILD/guest.cpio.zst
if [ -n "${SMP_STRESS:-}" ]; then
	install_packages stress-ng
	rm -rf "$SOCLE_BUILD/image/stress"
	image_add_program "$SOCLE_BUILD/image/stress" "$(command -v stress-ng)" /usr/bin/stress-ng
	pack_extra "$SOCLE_BUILD/image/stress" "$SOCLE_BUILD/image/stress.cpio"
	cat "$SOCLE_BUILD/image/stress.cpio" "$guest" >"$SOCLE_BUILD/image/stress-guest.cpio"
	guest=$SOCLE_BUILD/image/stress-guest.cpio
fi
make_dom0_image "$SOCLE_BUILD/smp.cpio.zst" "$guest"
batch=smp dom0=768
[ -n "${SMP_GUESTS:-}" ] && batch=crowd dom0=512
QEMU_CPUS=${SMP_CPUS:-2} dom0_batch $batch $((600 + 10 * ${SMP_SECONDS:-20})) "dom0_mem=${dom0}M dom0_max_vcpus=4" \
	"socle.seconds=${SMP_SECONDS:-20} socle.guests=${SMP_GUESTS:-1}" "$SOCLE_BUILD/smp.cpio.zst"
grep -q '^(hv) SMP: '"${SMP_CPUS:-2} CPUs" "$SOCLE_BUILD/log/$batch.txt"
tap $? "all CPUs start" "$(grep -a SMP "$SOCLE_BUILD/log/$batch.txt")"
tap_end
