#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The units of dom0-tools/data/systemd, by what systemd itself says of them: that it understands every line, that the programs they start are
# built, what a daemon that was taken over could do. That they work is seen by tests/install. TAP.
set -u
here=${srcdir:-.}
[ -d "$here/dom0-tools/data/systemd" ] || here=$(dirname "$0")/../..
here=$(cd "$here" && pwd)
command -v systemd-analyze >/dev/null || { echo "1..0 # SKIP no systemd-analyze"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0 failed=0
verdict() { # RESULT NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; return; fi
	echo "not ok $n - $2"
	failed=$((failed + 1))
	sed 's/^/# /' "$work/out" 2>/dev/null
}

# What stands in the units is looked for where programs are installed; here they are in the build, and the pages are not where man looks.
mkdir -p "$work/units" "$work/bin"
for p in dom0-tools/stored/stored dom0-tools/consoled/consoled dom0-tools/socle/socle dom0-tools/stored/socle-store; do
	[ ! -x "$p" ] || ln -s "$PWD/$p" "$work/bin/"
done
ln -s "$here/dom0-tools/data/grub/socle-boot" "$work/bin/"
cp -r "$here"/dom0-tools/data/systemd/* "$work/units/"
sed -i -E "/^Documentation=/d; s|^(Exec[A-Za-z]*=-?)([a-z][a-z-]*)|\1$work/bin/\2|" "$work"/units/*.service
SYSTEMD_UNIT_PATH=$work/units:/lib/systemd/system
export SYSTEMD_UNIT_PATH
[ -e "$work/bin/stored" ] || { echo "1..0 # SKIP no programs in $PWD"; exit 77; }

for u in "$work"/units/*.service "$work"/units/*.mount; do
	timeout 60 systemd-analyze verify --recursive-errors=no --man=no "$u" >"$work/out" 2>&1 && [ ! -s "$work/out" ]
	verdict $? "${u##*/}: systemd understands it"
	grep -qx 'ConditionPathExists=/sys/hypervisor/version/extra' "$u"
	verdict $? "${u##*/}: nothing of it without a hypervisor"
done
for u in "$work"/units/*.service; do
	grep -qx "ExecCondition=$work/bin/socle-boot running" "$u"
	verdict $? "${u##*/}: nothing of it but in Socle's control domain"
	! grep -E '^(Requires|BindsTo|PartOf|Conflicts)=' "$u" >"$work/out"
	verdict $? "${u##*/}: is not restarted, and restarts nobody, with another"
done
for u in socle-stored socle-consoled; do
	timeout 60 systemd-analyze security --offline=yes --threshold=20 --no-pager "$work/units/$u.service" >"$work/out" 2>&1
	verdict $? "$u: systemd counts its exposure below 2 of 10"
	for w in CapabilityBoundingSet= NoNewPrivileges=yes DevicePolicy=closed ProtectSystem=strict PrivateNetwork=yes; do
		grep -qx "$w" "$work/units/$u.service"
		verdict $? "$u: $w"
	done
	[ "$(sed -n 's/^DeviceAllow=//p' "$work/units/$u.service" | tr '\n' ,)" = "/dev/xen/evtchn rw,/dev/xen/gntdev rw,/dev/xen/hypercall rw,/dev/xen/privcmd rw," ]
	verdict $? "$u: the hypervisor's devices and no more"
done
grep -qx 'BindPaths=-/proc/xen' "$work"/units/socle-stored.service
verdict $? "the store sees /proc/xen, which the services' own /proc has not"
grep -qx 'KillMode=process' "$work/units/socle-autostart.service"
verdict $? "the guests do not end with the service that started them"
mkdir -p "$work/root/etc" "$work/root/var/log" && cp /etc/passwd /etc/group "$work/root/etc/"
timeout 60 systemd-tmpfiles --root="$work/root" --create "$here/dom0-tools/data/tmpfiles.d/socle.conf" >"$work/out" 2>&1
[ "$(stat -c %a "$work/root/var/log/socle")" = 750 ]
verdict $? "systemd makes the folder of the logs"
echo "1..$n"
[ $failed = 0 ]
