# SPDX-License-Identifier: BSD-2-Clause
# A Debian 12 system on a disk image, as its installer leaves one: GPT, /boot on ext4 with everything else, GRUB for BIOS and for UEFI, a shell on the
# serial console. Made once and kept in the cache. Source it after tests/lib/common.sh and qemu.sh; it needs root.
#   install_base FOLDER "PACKAGE.deb..."    FOLDER/base.img; what the packages depend on is in the image, as archives
INSTALL_PACKAGES="debootstrap dosfstools mtools fdisk e2fsprogs ovmf"
INSTALL_SIZE=3072 # MiB

# No more than a machine needs to boot, to be logged in to, and to install packages.
BASE_PACKAGES=systemd-sysv,udev,kmod,dbus,libpam-systemd,login,iproute2,linux-image-amd64,initramfs-tools,zstd,e2fsprogs,dosfstools,grub2-common,grub-pc-bin,grub-efi-amd64-bin

# The machine's own sources of packages: whichever it was given.
base_mirror() {
	{ sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources; sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list; } 2>/dev/null | head -n 1
}

# What is mounted below a tree must not be taken for a part of it: /proc of a debootstrap that was killed would be removed file by file.
base_remove() { # folder
	[ -e "$1" ] || return 0
	! grep -qF " $(readlink -f "$1")/" /proc/self/mountinfo || die "something is mounted below $1; unmount it first"
	rm -rf --one-file-system "$1"
}

# Commands that mount in the tree do so in a namespace of their own: their mounts end with them, however they end.
base_alone() { unshare --mount --propagation private --fork --kill-child "$@"; }

base_debootstrap() { # root
	local mirror
	mirror=$(base_mirror)
	[ -n "$mirror" ] || die "no source of Debian packages in /etc/apt"
	say "debootstrap"
	base_alone debootstrap --variant=minbase --include="$BASE_PACKAGES" bookworm "$1" "$mirror" >"$1.log" 2>&1 || { tail -n 20 "$1.log" >&2; die "debootstrap failed"; }
}

# What the packages need beside themselves, so that they can be installed without a network.
base_archives() { # root package.deb...
	local root=$1
	shift
	rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
	mkdir -p "$root/etc/apt/sources.list.d"
	cp /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list "$root/etc/apt/sources.list.d/" 2>/dev/null
	cp /etc/apt/sources.list "$root/etc/apt/" 2>/dev/null
	cp /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null
	cp -r /usr/share/keyrings/. "$root/usr/share/keyrings/"
	mkdir -p "$root/root/packages"
	cp "$@" "$root/root/packages/"
	cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
	{
		chroot "$root" apt-get update -qq &&
			chroot "$root" sh -c 'apt-get install -qq -y --no-install-recommends --download-only /root/packages/*.deb'
	} >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; die "cannot fetch what the packages depend on"; }
	rm -rf "$root/etc/resolv.conf" "$root/root/packages"
}

base_configure() { # root
	local root=$1
	echo root:socle | chroot "$root" chpasswd
	echo install >"$root/etc/hostname"
	printf '127.0.0.1 localhost install\n' >"$root/etc/hosts"
	printf 'LABEL=root / ext4 errors=remount-ro 0 1\nLABEL=ESP /boot/efi vfat umask=0077,nofail 0 1\n' >"$root/etc/fstab"
	# A small initrd: the machine is known, and QEMU without KVM is slow.
	printf 'MODULES=list\nCOMPRESS=zstd\n' >"$root/etc/initramfs-tools/conf.d/small"
	printf 'virtio_pci\nvirtio_blk\next4\ncrc32c_generic\n' >"$root/etc/initramfs-tools/modules"
	cat >"$root/etc/default/grub" <<-'TEXT'
		GRUB_DEFAULT=0
		GRUB_TIMEOUT=0
		GRUB_DISTRIBUTOR=Debian
		GRUB_CMDLINE_LINUX_DEFAULT=""
		GRUB_CMDLINE_LINUX="console=ttyS0 systemd.show_status=no"
		GRUB_TERMINAL=serial
		GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
		GRUB_DISABLE_OS_PROBER=true
	TEXT
	# Timers that would compete with the test for a slow CPU.
	for u in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer \
		getty@tty1.service; do
		ln -sf /dev/null "$root/etc/systemd/system/$u"
	done
	mkdir -p "$root/boot/efi"
	# What only the running system can do: the machine's first start runs it in place of init.
	cat >"$root/root/first" <<-'TEXT'
		#!/bin/sh
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin
		mount -o remount,rw / && mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev 2>/dev/null
		mount -t tmpfs run /run
		/lib/systemd/systemd-udevd --daemon && udevadm trigger && udevadm settle
		mount /dev/vda2 /boot/efi
		grub-install --target=i386-pc /dev/vda && grub-install --target=x86_64-efi --efi-directory=/boot/efi --removable --no-nvram && update-grub &&
			rm -f /root/first && echo 'FIRST done'
		umount /boot/efi
		mount -o remount,ro / ; sync; echo o >/proc/sysrq-trigger; sleep 60
	TEXT
	chmod 755 "$root/root/first"
	base_alone chroot "$root" update-initramfs -u -k all >"$root.log" 2>&1 || { tail "$root.log" >&2; die "cannot make the initrd"; }
}

# Partitions: GRUB's own for BIOS, the EFI system partition, the root.
base_disk() { # root disk
	local root=$1 disk=$2 start size
	rm -f "$disk" "$disk.root" "$disk.esp"
	truncate -s "${INSTALL_SIZE}M" "$disk"
	printf 'label: gpt\nstart=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649\nsize=65536, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\ntype=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n' |
		sfdisk -q "$disk" || die "cannot partition the image"
	read -r start size < <(sfdisk -d "$disk" | sed -n 's/.*img3 : start= *\([0-9]*\), size= *\([0-9]*\).*/\1 \2/p')
	truncate -s $((size * 512)) "$disk.root"
	mke2fs -q -t ext4 -L root -d "$root" "$disk.root" || die "cannot make the root file system"
	dd if="$disk.root" of="$disk" bs=1M seek=$((start * 512))B conv=notrunc,sparse status=none
	read -r start size < <(sfdisk -d "$disk" | sed -n 's/.*img2 : start= *\([0-9]*\), size= *\([0-9]*\).*/\1 \2/p')
	truncate -s $((size * 512)) "$disk.esp"
	mkfs.vfat -n ESP "$disk.esp" >/dev/null || die "cannot make the EFI system partition"
	dd if="$disk.esp" of="$disk" bs=1M seek=$((start * 512))B conv=notrunc,sparse status=none
	rm -f "$disk.root" "$disk.esp"
}

base_first_boot() { # root disk
	local log=$2.log
	timeout -k 2 900 qemu-system-x86_64 -accel "$(qemu_accel)" -cpu "$(qemu_cpu)" -m 1024 -smp 2 -display none -no-reboot -net none -serial "file:$log" \
		-drive "if=virtio,format=raw,file=$2" -kernel "$(readlink -f "$1"/boot/vmlinuz-*)" -initrd "$(readlink -f "$1"/boot/initrd.img-*)" \
		-append "console=ttyS0 quiet root=LABEL=root ro init=/root/first" </dev/null >"$log.qemu" 2>&1
	grep -q '^FIRST done' "$log" || { tail -n 30 "$log" >&2; die "GRUB was not installed on the image"; }
}

install_base() { # folder package.deb...
	local dir=$1 key root
	shift
	root=$dir/root
	key=$({ cat "${BASH_SOURCE[0]}"; for p in "$@"; do dpkg-deb -f "$p" Depends; done; } | md5sum | cut -c1-32)
	[ "$(cat "$dir/key" 2>/dev/null)" = "$key" ] && return 0
	base_remove "$dir"
	mkdir -p "$dir"
	base_debootstrap "$root"
	base_archives "$root" "$@"
	base_configure "$root"
	say "making the disk"
	base_disk "$root" "$dir/base.img"
	say "installing GRUB on it"
	base_first_boot "$root" "$dir/base.img"
	base_remove "$root"
	echo "$key" >"$dir/key"
}
