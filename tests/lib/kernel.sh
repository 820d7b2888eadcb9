# SPDX-License-Identifier: BSD-2-Clause
# Debian's own kernels and hypervisor, fetched as packages and unpacked beside the build; nothing is installed.
# After fetch_kernel: KERNEL_IMAGE (vmlinuz), KERNEL_MODULES (folder holding modules.dep), KERNEL_VERSION.

fetch_package() { # name folder
	local name=$1 dir=$2
	[ -e "$dir/.done" ] && return 0
	say "fetching Debian's package $name"
	rm -rf "$dir"
	mkdir -p "$dir/deb"
	(cd "$dir/deb" && apt-get download -qq "$name" >/dev/null 2>"$dir/error") ||
		{ as_root apt-get update -qq >/dev/null; (cd "$dir/deb" && apt-get download -qq "$name" >/dev/null 2>"$dir/error"); } ||
		{ cat "$dir/error" >&2; die "cannot fetch $name"; }
	dpkg -x "$dir"/deb/*.deb "$dir/root" || die "cannot unpack $name"
	rm -rf "$dir/deb"
	touch "$dir/.done"
}

kernel_package() { # meta package -> the package that holds the kernel
	apt-cache depends "$1" 2>/dev/null | awk '/Depends: linux-image-[0-9]/{print $2; exit}'
}

fetch_kernel() { # meta package, linux-image-amd64 unless named
	local meta=${1:-linux-image-amd64} dir package
	dir=$SOCLE_CACHE/$meta
	if [ ! -e "$dir/.done" ]; then
		package=$(kernel_package "$meta")
		[ -n "$package" ] || { as_root apt-get update -qq >/dev/null; package=$(kernel_package "$meta"); }
		[ -n "$package" ] || die "apt knows no kernel behind $meta"
		fetch_package "$package" "$dir"
	fi
	KERNEL_IMAGE=$(echo "$dir"/root/boot/vmlinuz-*)
	KERNEL_VERSION=${KERNEL_IMAGE##*/vmlinuz-}
	KERNEL_MODULES=$dir/root/lib/modules/$KERNEL_VERSION
	[ -e "$KERNEL_MODULES/modules.dep" ] || depmod -b "$dir/root" "$KERNEL_VERSION"
}

fetch_xen() { # XEN_IMAGE: Debian's hypervisor as an ELF file for qemu -kernel
	local dir=$SOCLE_CACHE/xen gz
	fetch_package xen-hypervisor-4.17-amd64 "$dir"
	gz=$(echo "$dir"/root/boot/xen-4.17-amd64.gz)
	XEN_IMAGE=$dir/xen-4.17-amd64
	[ -e "$XEN_IMAGE" ] || gzip -dc "$gz" >"$XEN_IMAGE"
}
