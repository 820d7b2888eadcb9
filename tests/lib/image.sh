# SPDX-License-Identifier: BSD-2-Clause
# Initramfs images from Debian's busybox, kernel modules and our own programs.

# Modules (by name, without .ko) and all they depend on, with modules.dep, into a root.
image_add_modules() { # root module...
	local root=$1 name file dep dst
	shift
	dst=$root/lib/modules/$KERNEL_VERSION
	mkdir -p "$dst"
	for name in "$@"; do
		modprobe -d "$KERNEL_MODULES/../../.." -S "$KERNEL_VERSION" --show-depends "$name" 2>/dev/null | while read -r dep file _; do
			[ "$dep" = insmod ] || continue
			file=$(readlink -f "$file")
			file=${file#"$(readlink -f "$KERNEL_MODULES")/"}
			mkdir -p "$dst/$(dirname "$file")"
			cp -n "$KERNEL_MODULES/$file" "$dst/$file"
		done
	done
	cp "$KERNEL_MODULES"/modules.{order,builtin,builtin.modinfo} "$dst/" 2>/dev/null
	depmod -b "$root" "$KERNEL_VERSION"
}

# A program with every shared library it needs.
image_add_program() { # root program [path inside]
	local root=$1 program=$2 inside=${3:-/usr/sbin/${2##*/}} lib
	[ -x "$program" ] || die "$program is missing; run make first"
	mkdir -p "$root/$(dirname "$inside")"
	cp "$program" "$root/$inside"
	ldd "$program" 2>/dev/null | awk '/=> \//{print $3} $1 ~ /^\//{print $1}' | while read -r lib; do
		mkdir -p "$root/$(dirname "$lib")"
		cp -nL "$lib" "$root/$lib"
	done
}

image_base() { # root
	local root=$1
	rm -rf "$root"
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,mnt,etc,root,usr/bin,usr/sbin,var/log,var/lib}
	cp /bin/busybox "$root/bin/busybox"
	"$root/bin/busybox" --list-full | while read -r applet; do
		case $applet in bin/busybox) continue ;; esac
		mkdir -p "$root/$(dirname "$applet")"
		ln -sf /bin/busybox "$root/$applet"
	done
	ln -sf /sbin/init "$root/init"
	printf 'root::0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
}

image_pack() { # root output
	(cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0) | zstd -q -T0 -3 -f -o "$2"
}

# A program of tests/images/programs, built for any image, and the scripts that go with it.
image_add_check() { # root name
	mkdir -p "$1/usr/lib/socle"
	gcc -O2 -static -pthread -I"$SOCLE_TOP/include" -o "$1/usr/lib/socle/$2" "$SOCLE_TOP/tests/images/programs/$2.c" || die "cannot build $2.c"
}

# The guest of demo and tests: a shell on its console, its disk on /mnt.
make_guest_image() { # output
	local root=$SOCLE_BUILD/image/guest
	image_base "$root"
	image_add_modules "$root" xen-blkfront xen-netfront af_packet ext4 crc32c_generic
	cp "$SOCLE_TOP/tests/images/guest/inittab" "$root/etc/inittab"
	cp "$SOCLE_TOP/tests/images/guest/rcS" "$root/etc/rcS"
	cp "$SOCLE_TOP/tests/images/guest/profile" "$root/etc/profile"
	image_add_check "$root" smpcheck
	cp "$SOCLE_TOP"/tests/images/programs/run-* "$root/usr/lib/socle/"
	chmod 755 "$root/etc/rcS" "$root"/usr/lib/socle/run-*
	image_pack "$root" "$1"
}

# What "make install" makes, into $INSTALLED; anew only when something has been built since.
install_socle() {
	INSTALLED=$SOCLE_BUILD/image/installed
	[ -e "$INSTALLED.done" ] && [ -z "$(find "$SOCLE_BUILD/dom0-tools" "$SOCLE_BUILD/hypervisor/socle.gz" "$SOCLE_TOP/dom0-tools/data" \
		-type f -newer "$INSTALLED.done" -print -quit)" ] && return
	rm -rf "$INSTALLED" "$INSTALLED.done"
	make -s -C "$SOCLE_BUILD" install-strip prefix=/usr exec_prefix=/usr sysconfdir=/etc DESTDIR="$INSTALLED" >"$SOCLE_BUILD/install.log" 2>&1 ||
		{ tail -n 5 "$SOCLE_BUILD/install.log" >&2; die "make install failed"; }
	touch "$INSTALLED.done"
}

# The control domain of the demo: our tools, the guest's kernel and image, a shell on hvc0.
make_dom0_image() { # output guest-image
	local root=$SOCLE_BUILD/image/dom0 p
	image_base "$root"
	image_add_modules "$root" xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs loop dm-mod ext4 crc32c_generic \
		bridge tun xen-blkback xen-netback xen-netfront xen-blkfront virtio_blk virtio_pci virtio_net e1000 ahci sd_mod ata_piix af_packet
	install_socle
	for p in "$INSTALLED"/usr/bin/* "$INSTALLED"/usr/sbin/*; do
		image_add_program "$root" "$p" "${p#"$INSTALLED"}"
	done
	image_add_program "$root" "$(command -v mke2fs || echo /sbin/mke2fs)" /usr/sbin/mkfs.ext4
	mkdir -p "$root/etc/socle" "$root/usr/share/socle" "$root/usr/lib/socle" "$root/var/lib/socle" "$root/var/log/socle"
	cp /etc/mke2fs.conf "$root/etc/" 2>/dev/null
	cp -R "$INSTALLED/usr/share/socle/." "$root/usr/share/socle/"
	mkdir -p "$root/usr/share/doc"
	cp -R "$INSTALLED/usr/share/doc/socle" "$root/usr/share/doc/"
	cp "$KERNEL_IMAGE" "$root/var/lib/socle/vmlinuz"
	cp "$2" "$root/var/lib/socle/guest.cpio.zst"
	[ ! -e "$SOCLE_BUILD/guest-drivers/guests/webd.elf" ] ||
		strip -o "$root/var/lib/socle/webd.elf" "$SOCLE_BUILD/guest-drivers/guests/webd.elf" || die "cannot copy webd"
	cp "$SOCLE_TOP/tests/images/dom0/inittab" "$root/etc/inittab"
	cp "$SOCLE_TOP/tests/images/dom0/rcS" "$root/etc/rcS"
	cp "$SOCLE_TOP/tests/images/dom0/profile" "$root/etc/profile"
	cp "$SOCLE_TOP"/tests/images/dom0/*.xml "$root/etc/socle/"
	image_add_check "$root" smpcheck
	cp "$SOCLE_TOP"/tests/images/dom0/batch-* "$SOCLE_TOP"/tests/images/programs/run-* "$root/usr/lib/socle/"
	chmod 755 "$root/etc/rcS" "$root"/usr/lib/socle/{batch,run}-*
	image_pack "$root" "$1"
}
