#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Socle on a real Debian 12, from its packages: builds them, installs them in a system on a disk image, boots that through its own GRUB with SeaBIOS and
# with OVMF, starts guests, lets a boot fail, removes all of it. steps.py has the story. TAP; about twenty minutes without KVM. check.sh --full runs it.
#   run.sh [--keep]    --keep: the disk stays for a look: $SOCLE_BUILD/install/disk.img
set -u -o pipefail
. "$(dirname "$0")/../system/machine.bash"
. "$SOCLE_TOP/tests/install/base.bash"

work=$SOCLE_BUILD/install
mkdir -p "$work" "$SOCLE_BUILD/log"
# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $RUN_PACKAGES $INSTALL_PACKAGES $PACKAGING_PACKAGES

# From a copy of what git knows, without a network.
build_packages() {
	base_remove "$work/source"
	mkdir -p "$work/source/socle"
	(cd "$SOCLE_TOP" && git ls-files -co --exclude-standard -z | tar --null --ignore-failed-read -T - -cf -) | tar -C "$work/source/socle" -xf - &&
		cd "$work/source/socle" && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" unshare --net dpkg-buildpackage -us -uc -b
}
say "building packages"
(build_packages) >"$work/build.log" 2>&1
tap $? "dpkg-buildpackage makes the packages, without a network" "$(tail -n 15 "$work/build.log")"
[ $tap_failed = 0 ] || tap_end
lintian -I --fail-on error,warning "$work"/source/*.changes >"$work/lintian.log" 2>&1
tap $? "lintian has no errors and no warnings" "$(cat "$work/lintian.log")"

# The guest of the example in the kit's package, built with what that package installs.
base_remove "$work/kit"
dpkg-deb -x "$(echo "$work"/source/socle-guest-kit_*.deb)" "$work/kit" &&
	cp -r "$work/kit/usr/share/doc/socle-guest-kit/examples" "$work/kit/build" &&
	PKG_CONFIG_PATH=$(dirname "$(find "$work/kit" -name socle-guest.pc)") make -s -C "$work/kit/build" PKG_CONFIG="pkg-config --define-variable=prefix=$work/kit/usr" hello.elf >"$work/kit.log" 2>&1
tap $? "the example of socle-guest-kit is built with that package alone" "$(cat "$work/kit.log")"

tools=$(echo "$work"/source/socle-tools_*.deb) hypervisor=$(echo "$work"/source/socle-hypervisor_*.deb)
install_base "$SOCLE_CACHE/install" "$hypervisor" "$tools"
cp --sparse=always "$SOCLE_CACHE/install/base.img" "$work/disk.img" || die "no disk"
# The packages come on a disk of their own, as from a stick.
base_remove "$work/stick"
mkdir -p "$work/stick"
cp "$hypervisor" "$tools" "$work/kit/build/hello.elf" "$work/kit/build/hello.xml" "$work/stick/"
rm -f "$work/stick.img"
truncate -s 16M "$work/stick.img"
mke2fs -q -t ext4 -d "$work/stick" "$work/stick.img" || die "no disk for the packages"

fetch_kernel linux-image-amd64
/usr/bin/python3 "$SOCLE_TOP/tests/install/steps.py" "$work" "$tap_count" "$(qemu_accel)" "$(qemu_cpu)" | tee "$work/steps.tap"
[ "${PIPESTATUS[0]}" = 0 ] || tap_failed=1
tap_count=$((tap_count + $(grep -c '^\(not \)\?ok ' "$work/steps.tap")))
[ "${1:-}" = --keep ] || rm -f "$work/disk.img"
tap_end
