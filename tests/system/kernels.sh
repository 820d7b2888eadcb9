#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernels: amd64 and rt as dom0, these and the cloud kernel as guests, with 1, 2 and 4 vCPUs, on several
# CPU models, chipsets and sizes of memory. Each Linux must have its vCPUs, read the clock without system calls, pass
# smpcheck, keep a clean log and go. --full makes all combinations.
#   kernels.sh [--full | NAME...]     NAME: a boot of the tables below; all of the first one when none is named
#   kernels.sh --boot LINE            a boot that is not in the table, in the words of its lines
#   KERNELS_QEMU=ARGUMENTS            more arguments of QEMU, such as -s
#   KERNELS_SECONDS=N                 length of the load in each Linux (2)
#   KERNELS_TIMEOUT=N                 seconds that a boot may last at most (600)
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

# SMAP and SMEP are left out of "max": QEMU's emulation of them is broken after SYSRET.
max=max,-smap,-smep
# name  dom0: kernel, MiB, vCPUs  machine: CPU model, chipset, MiB, CPUs  guests: see batch-kernels
boots="
sky     amd64  512 4  Skylake-Client q35  1024 1  amd64:2:160/rt:1:160
small   amd64  144 1  qemu64         pc    256 1  amd64:1:96
rt-high rt     512 2  $max           q35  6144 2  cloud:4:160
"
# These are run when they are named.
more="
rt      rt     512 2  qemu64         pc   1536 2  amd64:1:128
high    rt    3072 4  qemu64         q35 16384 4  amd64:4:160+cloud:2:4500
sky-rt  rt     512 2  Skylake-Client pc   1536 2  rt:4:192+cloud:4:192/amd64:1:128
max     amd64  512 2  $max           pc   1536 4  rt:2:192+amd64:4:192+cloud:1:192
max-rt  rt     512 1  $max           q35  1280 2  cloud:4:192+rt:2:192
"

kernel_of() { case $1 in amd64) echo linux-image-amd64 ;; *) echo "linux-image-$1-amd64" ;; esac; }

dir=$SOCLE_BUILD/image/kernels
add_programs() { # root
	image_add_check "$1" smpcheck
	image_add_check "$1" vdsocheck
	cp "$SOCLE_TOP"/tests/images/programs/run-{smp,kernel} "$1/usr/lib/socle/"
	chmod 755 "$1/etc/rcS" "$1"/usr/lib/socle/*
}
make_guest() {
	local root=$dir/guest
	image_base "$root"
	cp "$SOCLE_TOP"/tests/images/guest/{inittab,rcS,profile} "$root/etc/"
	add_programs "$root"
	image_pack "$root" "$dir/guest.cpio.zst"
}
# dom0's root is a disk, so that dom0 fits a machine of 256 MiB; its initial image holds the drivers.
make_dom0() {
	local root=$dir/dom0 boot=$dir/boot p
	image_base "$root"
	image_base "$boot"
	mkdir -p "$root"/etc/socle "$root"/usr/{share,lib}/socle "$root"/var/{lib,log}/socle
	for p in amd64 rt cloud; do
		fetch_kernel "$(kernel_of $p)"
		cp "$KERNEL_IMAGE" "$root/var/lib/socle/vmlinuz-$p"
		[ $p = cloud ] && continue
		image_add_modules "$root" xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs
		image_add_modules "$boot" virtio_pci virtio_blk ext4 crc32c_generic
	done
	for p in dom0-tools/socle/socle dom0-tools/stored/socle-store; do
		image_add_program "$root" "$SOCLE_BUILD/$p" "/usr/bin/${p##*/}"
	done
	for p in stored consoled; do image_add_program "$root" "$SOCLE_BUILD/dom0-tools/$p/$p"; done
	cp "$dir/guest.cpio.zst" "$root/var/lib/socle/"
	cp "$SOCLE_TOP"/tests/images/dom0/{inittab,rcS,profile} "$root/etc/"
	cp "$SOCLE_TOP/tests/images/dom0/kernel.xml" "$root/etc/socle/"
	cp "$SOCLE_TOP/tests/images/dom0/batch-kernels" "$root/usr/lib/socle/"
	add_programs "$root"
	rm -f "$boot/init" "$dir/dom0.img"
	cp "$SOCLE_TOP/tests/images/dom0/init-disk" "$boot/init"
	chmod 755 "$boot/init"
	image_pack "$boot" "$dir/boot.cpio.zst"
	mke2fs -q -F -t ext4 -E root_owner=0:0 -d "$root" "$dir/dom0.img" 192M >/dev/null || die "mke2fs failed"
}

run() { # name kernel "dom0_mem=... dom0_max_vcpus=..." model chipset MiB CPUs "kernel options"; leaves $text and $rc
	local log=$SOCLE_BUILD/log/kernels-$1.log
	text=$SOCLE_BUILD/log/kernels-$1.txt
	: >"$log"
	QEMU_CPU=$4 QEMU_MACHINE=$5 QEMU_MEMORY=$6 timeout -k 2 "${KERNELS_TIMEOUT:-600}" \
		bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" -smp "$7" \
		-serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "console=com1 $3" \
		-initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=kernels $8,$dir/boot.cpio.zst" \
		-drive "if=none,id=root,format=raw,snapshot=on,file=$dir/dom0.img" -device virtio-blk-pci,drive=root \
		${KERNELS_QEMU:-} \
		</dev/null >/dev/null 2>"$log.qemu"
	rc=$?
	tr -d '\r' <"$log" >"$text"
}

# The rt kernel of Linux 6.1 has a race of its own: execve() sets the task's new page tables and then has them pinned, which
# rt can be preempted between; the switch back loads a root that is no page table yet, which is refused (docs/kernels.md).
# Whatever process it hits is lost, so such a boot says nothing and is tried again, twice at most.
rt_raced() { # console text
	grep -aqE 'op=26 arg=\[[0-9a-f]+\] result=-22|xen_mc_flush' "$1"
}

boot() { # the words of a line of the table
	local name=$1 kernel=$2 dom0_mib=$3 dom0_vcpus=$4 model=$5 chipset=$6 mib=$7 cpus=$8 guests=$9 high=no tries=3
	echo "# $name: dom0 $kernel, $dom0_vcpus vCPUs, $dom0_mib MiB; machine $model, $chipset, $mib MiB, $cpus CPUs; guests $guests"
	fetch_kernel "$(kernel_of "$kernel")"
	[ "$mib" -gt 4096 ] && high=yes
	[[ "/$kernel:+$guests" = *[/+]rt:* ]] || tries=1
	while :; do
		run "$name" "$kernel" "dom0_mem=${dom0_mib}M dom0_max_vcpus=$dom0_vcpus" "$model" "$chipset" "$mib" "$cpus" \
			"socle.seconds=${KERNELS_SECONDS:-2} socle.high=$high socle.vcpus=$dom0_vcpus socle.guests=$guests"
		tries=$((tries - 1))
		[ $tries -gt 0 ] && rt_raced "$text" || break
		echo "# $name: once more, since an rt kernel was preempted in execve: $(grep -am1 -E 'op=26 arg|xen_mc_flush' "$text")"
	done
	tap "$(grep -q "^(hv) SMP: $cpus CPU" "$text"; echo $?)" "$name: $cpus CPUs start" "$(tail -n 5 "$text")"
	tap_batch "$text" "$name: "
	tap "$(grep -qx 'BATCH done' "$text"; echo $?)" "$name: the batch ran to its end" \
		"exit code $rc of QEMU (124: it hung)" "$(tail -n 15 "$text")"
}

full() {
	local kernel model chipset mib cpus vcpus dom0 guests
	for kernel in amd64 rt; do for model in qemu64 Skylake-Client $max; do for chipset in pc q35; do
		boot "full-$kernel-$model-$chipset-256-1" $kernel 144 1 $model $chipset 256 1 amd64:1:96
		for mib in 2048 16384; do for cpus in 1 2 4; do for vcpus in 1 2 4; do
			dom0=512 guests=amd64:1:160+rt:1:160+cloud:1:160/amd64:2:160+rt:2:192+cloud:2:160/amd64:4:192+rt:4:192+cloud:4:192
			[ $mib -gt 4096 ] && dom0=3072 guests=$guests/amd64:2:4500
			boot "full-$kernel-$model-$chipset-$mib-$cpus-$vcpus" $kernel $dom0 $vcpus $model $chipset $mib $cpus $guests
		done; done; done
	done; done; done
}

mkdir -p "$dir" "$SOCLE_BUILD/log"
make_guest
make_dom0
if [ "${1:-}" = --full ]; then
	full
elif [ "${1:-}" = --boot ]; then
	# shellcheck disable=SC2086
	boot $2
else
	while read -r name rest; do
		[ -n "$name" ] || continue
		# shellcheck disable=SC2086
		if [ $# = 0 ] || [[ " $* " = *" $name "* ]]; then boot "$name" $rest; fi
	done <<<"$boots$([ $# = 0 ] || echo "$more")"
fi
tap_end
