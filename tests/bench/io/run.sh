#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Disks and networks of a stock guest, side by side in one run: Socle with our backends, Socle with Linux's, Debian's Xen with
# xl and Linux's, and dom0 itself as the limit. Same QEMU, kernel, root, disk, bridge, guest.
#   run.sh [--seconds N] [--rounds N] [--only disk|net] [--ram] [--icount] [--rows WORD] [--with WHO[,WHO...]]
#   --seconds N   how long each load runs (4)
#   --rounds N    the whole set so many times in turns; medians count (1)
#   --ram         the disk is memory of dom0, not QEMU's: what is left is the way to it
#   --icount      time is instructions, of both CPUs together: slow, but a loaded machine changes nothing
#   --rows WORD   only rows with that word: sequential, write, TCP, ping ...
#   --with        of: socle (our backends), linux (Linux's backends on Socle), xen, dom0
# Writes build/bench/io.csv and a plot, prints a table: rates and latencies, with the CPU time that dom0 and the guest spent.
# Exit code 1 when a goal is missed: 1.3 of Xen's rate, below Xen's p99, 0.8 of dom0's own sequential rate.
set -u -o pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/bench/lib.bash"

seconds=4 rounds=1 only=all with=dom0,socle,linux,xen disk=vdb rows= cpus=()
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=${2:-}; shift ;;
	--rounds) rounds=${2:-}; shift ;;
	--ram) disk=ram0 ;;
	--only) only=${2:-}; shift ;;
	--with) with=${2:-}; shift ;;
	--icount) cpus=(-accel tcg,thread=single -icount shift=1,sleep=off) ;;
	--rows) rows=${2:-}; shift ;;
	*) die "unknown argument '$1'; known: --seconds N, --rounds N, --only disk|net, --ram, --icount, --rows WORD, --with WHO[,WHO...]" ;;
	esac
	shift
done
case $seconds$rounds in *[!0-9]* | "") die "--seconds and --rounds take numbers" ;; esac
case $rows in *[!A-Za-z0-9]*) die "--rows takes one word" ;; esac
case $only in all | disk | net) ;; *) die "--only takes disk or net" ;; esac

bench=$SOCLE_BUILD/bench dir=$SOCLE_BUILD/bench/io
mkdir -p "$dir"
install_packages debootstrap fio iperf3 busybox-static e2fsprogs zstd
fetch_kernel linux-image-amd64
fetch_xen
[ ${#cpus[@]} != 0 ] || cpus=(-accel "$(qemu_accel)")

# Debian with Xen's tools and ours, as a disk: the root of every dom0. The packages are fetched once.
make_root() {
	local root=$dir/root keep=$SOCLE_CACHE/io-root.tar
	if [ ! -e "$keep" ]; then
		say "fetching Debian's system for dom0"
		rm -rf "$root"
		debootstrap --variant=minbase --include=xen-utils-4.17,xenstore-utils,xen-utils-common,fio,iperf3,iproute2,kmod,iputils-ping,libxml2,liburing2,libseccomp2,libnbd0,libmnl0,libnftables1,libuuid1 \
			bookworm "$root" >"$dir/debootstrap.log" 2>&1 || die "debootstrap failed: $dir/debootstrap.log"
		rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,locale,man}
		tar -C "$root" -cf "$keep" .
	fi
	rm -rf "$root" "$dir/root.img"
	mkdir -p "$root"
	tar -C "$root" -xf "$keep"
	make -s -C "$SOCLE_BUILD" install DESTDIR="$root/socle" prefix=/usr >"$dir/install.log" 2>&1 || die "make install failed: $dir/install.log"
	cp -a "$root"/socle/usr/. "$root/usr/"
	rm -rf "$root/socle"
	image_add_modules "$root" xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-blkback xen-netback tun bridge 8021q loop virtio_net \
		nf_tables nft_chain_nat nft_masq brd
	cp "$KERNEL_IMAGE" "$root/root/vmlinuz"
	cp "$dir/guest.cpio.zst" "$root/root/"
	cp "$SOCLE_TOP"/tests/bench/io/{loads,dom0} "$root/root/"
	rm -f "$root/sbin/init" "$root/usr/sbin/init"
	printf '#!/bin/bash\nexec /bin/bash /root/dom0\n' >"$root/usr/sbin/init"
	chmod 755 "$root/usr/sbin/init"
	mke2fs -q -F -t ext4 -E root_owner=0:0 -d "$root" "$dir/root.img" 1600M >/dev/null || die "mke2fs failed"
	rm -rf "$root"
}

make_boot() {
	local boot=$dir/boot
	image_base "$boot"
	image_add_modules "$boot" virtio_pci virtio_blk ext4 crc32c_generic
	rm -f "$boot/init"
	cp "$SOCLE_TOP/tests/images/dom0/init-disk" "$boot/init"
	chmod 755 "$boot/init"
	image_pack "$boot" "$dir/boot.cpio.zst"
}

make_guest() {
	local root=$dir/guest
	image_base "$root"
	image_add_modules "$root" xen-blkfront xen-netfront
	image_add_program "$root" "$(command -v fio)" /usr/bin/fio
	image_add_program "$root" "$(command -v iperf3)" /usr/bin/iperf3
	cp "$SOCLE_TOP/tests/bench/io/loads" "$root/"
	printf '::sysinit:/bin/sh /loads guest\n' >"$root/etc/inittab"
	image_pack "$root" "$dir/guest.cpio.zst"
}

boot() { # who round
	local who=$1 out=$dir/$1.$2 image append
	case $who in
	xen) image=$XEN_IMAGE append="console=com1 com1=115200,8n1 dom0_mem=1024M loglvl=warning" ;;
	*) image=$SOCLE_BUILD/hypervisor/socle.elf append="console=com1 dom0_mem=1024M" ;;
	esac
	rm -f "$dir/scratch.img"
	truncate -s 512M "$dir/scratch.img"
	say "$who, round $2"
	timeout -k 2 "${IO_TIMEOUT:-900}" qemu-system-x86_64 "${cpus[@]}" -cpu "${QEMU_CPU:-$(qemu_cpu)}" -smp 2 -m 2560 -display none -no-reboot \
		-net none -serial "file:$out.log" -kernel "$image" -append "$append" \
		-initrd "$KERNEL_IMAGE console=hvc0 quiet io.who=$who io.seconds=$seconds io.only=$only io.disk=$disk io.rows=$rows,$dir/boot.cpio.zst" \
		-drive "if=none,id=root,format=raw,snapshot=on,file=$dir/root.img" -device virtio-blk-pci,drive=root \
		-drive "if=none,id=scratch,format=raw,cache=unsafe,file=$dir/scratch.img" -device virtio-blk-pci,drive=scratch \
		</dev/null >/dev/null 2>"$out.qemu"
	tr -d '\r' <"$out.log" | grep -a '^IO' >"$out.txt"
	grep -q '^IO-DONE' "$out.txt" || { tail -n 25 "$out.log" >&2; die "$who did not finish: $out.log"; }
}

make_guest
make_root
make_boot
for round in $(seq "$rounds"); do
	for who in ${with//,/ }; do boot "$who" "$round"; done
done
for who in ${with//,/ }; do
	for round in $(seq "$rounds"); do sed "s/^/$who;/" "$dir/$who.$round.txt"; done
done | awk -f "$SOCLE_TOP/tests/bench/io/rows.awk" >"$bench/io.csv" || die "no figures"
awk -v with="$with" -f "$SOCLE_TOP/tests/bench/io/table.awk" "$bench/io.csv"
