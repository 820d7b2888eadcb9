# SPDX-License-Identifier: BSD-2-Clause
# Shared by demo.sh, check.sh and the system tests: where things are, what is installed, how to say what is done.
# Source it; it sets SOCLE_TOP (the checkout) and SOCLE_BUILD (the build folder, ./build unless set).

SOCLE_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SOCLE_BUILD=${SOCLE_BUILD:-$SOCLE_TOP/build}
SOCLE_CACHE=${SOCLE_CACHE:-$SOCLE_BUILD/cache}

say() { printf '\n== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# package names -> those that are not installed
missing_packages() {
	local p
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$p"
	done
}

install_packages() {
	local todo
	todo=$(missing_packages "$@")
	[ -z "$todo" ] && return 0
	say "installing: $todo"
	as_root apt-get update -qq >/dev/null || die "apt-get update failed; is the machine on the network?"
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $todo >/dev/null ||
		die "cannot install: $todo (apt-get says why above)"
}

BUILD_PACKAGES="gcc make autoconf automake pkg-config binutils libc6-dev libxml2-dev uuid-dev zlib1g-dev liblzma-dev
	libzstd-dev liblz4-dev liburing-dev libseccomp-dev libnbd-dev libmnl-dev libnftables-dev check"
RUN_PACKAGES="qemu-system-x86 grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools cpio kmod zstd busybox-static e2fsprogs
	xz-utils"
TEST_PACKAGES="clang g++ gdb libxen-dev libclang-rt-14-dev lz4 nbdkit fio dmsetup
	python3-jsonschema mandoc zsh systemd ovmf"
PACKAGING_PACKAGES="dpkg-dev debhelper fakeroot lintian"

build_socle() { # [configure arguments]
	mkdir -p "$SOCLE_BUILD"
	if [ ! -x "$SOCLE_TOP/configure" ] || [ "$SOCLE_TOP/configure.ac" -nt "$SOCLE_TOP/configure" ]; then
		say "making configure"
		(cd "$SOCLE_TOP" && autoreconf -fi >"$SOCLE_BUILD/autoreconf.log" 2>&1) || { cat "$SOCLE_BUILD/autoreconf.log" >&2; die "autoreconf failed"; }
	fi
	# A folder that was configured otherwise is configured again.
	if [ ! -f "$SOCLE_BUILD/Makefile" ] || { [ $# -gt 0 ] && ! "$SOCLE_BUILD/config.status" --config | grep -qF -- "$*"; }; then
		say "configuring in $SOCLE_BUILD"
		(cd "$SOCLE_BUILD" && "$SOCLE_TOP/configure" -q "$@" >configure.log 2>&1) || { tail -n 20 "$SOCLE_BUILD/configure.log" >&2; die "configure failed"; }
	fi
	say "building"
	make -s -C "$SOCLE_BUILD" -j"$(nproc)" all >"$SOCLE_BUILD/make.log" 2>&1 || { tail -n 40 "$SOCLE_BUILD/make.log" >&2; die "make failed (all of it: $SOCLE_BUILD/make.log)"; }
}
