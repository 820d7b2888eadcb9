#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Stock Linux as dom0 on the machines of QEMU: disks and network cards work with their interrupts, the clock is steady,
# the log is clean, and the machine goes off or restarts when dom0 says so. Four boots cover chipset, CPU, memory and firmware: one
# starts as a machine of today does, by UEFI and GRUB.
#   machines.sh [name...]     pc q35 pc-max q35-high; all of them when none is named
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

OVMF=/usr/share/OVMF
fetch_kernel linux-image-amd64
dir=$SOCLE_BUILD/image/machines
mkdir -p "$dir" "$SOCLE_BUILD/log"
make_boot_image "$dir/boot.cpio.zst"

# One disk per kind, of different sizes and contents, so that none is taken for another.
make_disk() { # file MiB
	head -c 4194304 /dev/urandom >"$1"
	truncate -s "$2M" "$1"
}
first_mib() { head -c 1048576 "$1" | md5sum | cut -c1-32; }
fact() { sed -n "s/^BATCH $1 //p" "$text"; }

check_disk() { # machine file MiB what
	local line
	line=$(grep -aE "^BATCH disk [a-z]+ sectors $(($3 * 2048)) " "$text")
	[ -n "$line" ]
	tap $? "$1: $4 is there with its size" || return 0
	grep -q " first $5 " <<<"$line"
	tap $? "$1: $4 is read right" "$line"
	grep -q ' back same ' <<<"$line" && grep -q " wrote $(tail -c +2097153 "$2" | head -c 262144 | md5sum | cut -c1-32) " <<<"$line"
	tap $? "$1: what is written on $4 is on the disk" "$line"
	[ "$(sed -n 's/.* irqs //p' <<<"$line")" -gt 0 ] 2>/dev/null
	tap $? "$1: $4 has interrupts" "$line"
}
check_net() { # machine driver
	local line
	line=$(fact net | grep " $2 ")
	grep -q 'lease yes echo yes' <<<"$line"
	tap $? "$1: $2 sends and receives" "${line:-no such interface}"
	[ "$(sed -n 's/.* irqs //p' <<<"$line")" -gt 0 ] 2>/dev/null
	tap $? "$1: $2 has interrupts" "${line:-no such interface}"
}
check_common() { # machine end
	local wall mono bad
	grep -q '^BATCH done' "$text"
	tap $? "$1: dom0 reached user space and its end" "$(tail -n 12 "$text")"
	fact clocksource-after | grep -qxE 'tsc|xen'
	tap $? "$1: the clocksource is tsc or xen" "$(fact clocksource-after)"
	wall=$(sed -n 's/^BATCH slept wall \([0-9]*\) .*/\1/p' "$text")
	mono=$(sed -n 's/^BATCH slept .*monotonic \([0-9]*\) ms/\1/p' "$text")
	[ "${wall:-0}" -ge 3 ] && [ "$wall" -le 5 ] && [ "${mono:-0}" -ge 2990 ] && [ "$mono" -le 4500 ]
	tap $? "$1: three seconds are three seconds" "$(fact slept)"
	bad=$(fact bad)
	[ -z "$bad" ] && grep -q '^BATCH done' "$text"
	tap $? "$1: dom0's log is clean" "$bad"
	! grep -q '^(hv) Panic' "$text"
	tap $? "$1: the hypervisor is alive to the end" "$(grep -A 20 '^(hv) Panic' "$text")"
	[ "$rc" = 0 ] && [ "$(sed -n 's/.*"reason": "\([a-z-]*\)".*/\1/p' "$log.qmp" | tail -n 1)" = "$2" ]
	tap $? "$1: the machine ends by $2" "exit code $rc of QEMU (124: it hung)" "$(tail -n 3 "$text")"
}
# How the machine gets at the hypervisor: by QEMU's own loader, or with UEFI from an ISO.
direct() { # dom0's options
	start=(-kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "$hv_options" -initrd "$KERNEL_IMAGE $1,$dir/boot.cpio.zst")
}
uefi() { # dom0's options
	make_iso "$dir/boot.iso" "$SOCLE_BUILD/hypervisor/socle.gz" "$KERNEL_IMAGE" "$dir/boot.cpio.zst" "$hv_options" "$1"
	cp "$OVMF/OVMF_VARS_4M.fd" "$dir/vars.fd"
	start=(-drive "if=pflash,format=raw,readonly=on,file=$OVMF/OVMF_CODE_4M.fd" -drive "if=pflash,format=raw,file=$dir/vars.fd"
		-drive "if=none,id=cd,media=cdrom,file=$dir/boot.iso" -device ide-cd,bus=ide.1,drive=cd,bootindex=0 -vga std)
}
boot() { # name end-option qemu arguments...; QEMU's loader, or FIRMWARE=uefi
	local name=$1 end=$2 hv_options="console=com1 ${DOM0_MEM:+dom0_mem=$DOM0_MEM}" start
	shift 2
	log=$SOCLE_BUILD/log/machines-$name.log text=$SOCLE_BUILD/log/machines-$name.txt
	: >"$log"
	# The monitor tells a power-off from a restart: its last event names the reason.
	rm -f "$log.in" && mkfifo "$log.in"
	local monitor
	exec {monitor}<>"$log.in"
	echo '{"execute":"qmp_capabilities"}' >&"$monitor"
	"${FIRMWARE:-direct}" "console=hvc0 quiet socle.batch=boot socle.end=$end"
	timeout -k 2 "${MACHINES_TIMEOUT:-400}" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' \
		"$SOCLE_TOP" -serial "file:$log" "${start[@]}" -qmp stdio "$@" <&"$monitor" >"$log.qmp" 2>"$log.qemu"
	rc=$?
	exec {monitor}>&-
	rm -f "$log.in"
	tr -d '\r' <"$log" >"$text"
}
disk() { # letter -> QEMU's arguments for the medium; the device follows
	printf '%s\n' -drive "if=none,id=disk$1,format=raw,file=$dir/disk$1.img"
}

machine_pc() { # AHCI on a PCI card, e1000
	make_disk "$dir/diska.img" 24
	local sum_a
	sum_a=$(first_mib "$dir/diska.img")
	QEMU_MACHINE=pc QEMU_CPU=qemu64 QEMU_MEMORY=512 boot pc off $(disk a) -device ahci,id=ahci -device ide-hd,bus=ahci.0,drive=diska \
		-netdev user,id=n0 -device e1000,netdev=n0
	check_disk pc "$dir/diska.img" 24 "the AHCI disk" "$sum_a"
	check_net pc e1000
	check_common pc guest-shutdown
}
machine_q35() { # the chipset's own AHCI, virtio on PCI Express
	make_disk "$dir/diska.img" 24
	make_disk "$dir/diskb.img" 40
	local sum_a sum_b
	sum_a=$(first_mib "$dir/diska.img") sum_b=$(first_mib "$dir/diskb.img")
	QEMU_MACHINE=q35 QEMU_CPU=qemu64 QEMU_MEMORY=1024 DOM0_MEM=512M boot q35 reboot $(disk a) -device ide-hd,bus=ide.0,drive=diska \
		$(disk b) -device virtio-blk-pci,drive=diskb -netdev user,id=n0 -device virtio-net-pci,netdev=n0
	check_disk q35 "$dir/diska.img" 24 "the AHCI disk" "$sum_a"
	check_disk q35 "$dir/diskb.img" 40 "the virtio disk" "$sum_b"
	check_net q35 virtio_net
	check_common q35 guest-reset
}
machine_pc_max() { # memory above 4 GiB, a CPU with every feature, virtio on plain PCI
	make_disk "$dir/diska.img" 40
	local sum_a
	sum_a=$(first_mib "$dir/diska.img")
	QEMU_MACHINE=pc QEMU_CPU=max,-smap,-smep QEMU_MEMORY=6144 boot pc-max reboot $(disk a) -device virtio-blk-pci,drive=diska \
		-netdev user,id=n0 -device virtio-net-pci,netdev=n0
	check_disk pc-max "$dir/diska.img" 40 "the virtio disk" "$sum_a"
	check_net pc-max virtio_net
	[ "$(fact memory | sed 's/ KiB//')" -gt 4800000 ] 2>/dev/null
	tap $? "pc-max: dom0 has the memory above 4 GiB" "$(fact memory)"
	check_common pc-max guest-reset
}
check_uefi() { # machine
	fact screen | grep -q '^0 EFI VGA console [1-9]'
	tap $? "$1: dom0's console is on the firmware's screen" "$(fact screen)"
	fact efi-order | grep -qE '^07000000([0-9a-f]{4})+$'
	tap $? "$1: dom0 reads the firmware's variables" "$(fact efi-order)"
	[ "$(fact efi-kept)" = "round 2" ] && [ "$(fact efi-list)" = SocleKept ]
	tap $? "$1: dom0 writes, overwrites and removes variables" "$(fact efi-kept)" "$(fact efi-list)"
	tr -d '\0' <"$dir/vars.fd" | grep -aq 'SocleKeptround 2'
	tap $? "$1: what it wrote is in the machine's flash"
	tap_batch "$text" "$1: "
	[ "$(grep -c '^BATCH ok ' "$text")" -ge 25 ]
	tap $? "$1: every check of the runtime services was made" "$(grep -a '^BATCH ok ' "$text" | tail -n 1)"
}
machine_q35_high() { # by UEFI; above 4 GiB with DMA of devices that reach only the lower half, and a wider CPU
	make_disk "$dir/diska.img" 24
	local sum_a
	sum_a=$(first_mib "$dir/diska.img")
	QEMU_MACHINE=q35 QEMU_CPU=max,-smap,-smep QEMU_MEMORY=6144 DOM0_MEM=2G FIRMWARE=uefi boot q35-high off $(disk a) -device ide-hd,bus=ide.0,drive=diska \
		-netdev user,id=n0 -device e1000,netdev=n0
	check_disk q35-high "$dir/diska.img" 24 "the AHCI disk" "$sum_a"
	check_net q35-high e1000
	check_uefi q35-high
	check_common q35-high guest-shutdown
}

[ $# = 0 ] && set -- pc q35 pc-max q35-high
for m in "$@"; do "machine_${m//-/_}"; done
tap_end
