#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The units of dom0-tools/data/systemd, by what systemd itself says of them: that it understands every line, that the programs they start are
# built, what a daemon that was taken over could do. That they work is seen by tests/install. TAP.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
command -v systemd-analyze >/dev/null || skip "no systemd-analyze"

# What stands in the units is looked for where programs are installed; here they are in the build, and the pages are not where man looks.
mkdir -p "$work/units" "$work/bin"
for p in dom0-tools/stored/stored dom0-tools/consoled/consoled dom0-tools/socle/socle dom0-tools/stored/socle-store; do
	[ ! -x "$p" ] || ln -s "$PWD/$p" "$work/bin/"
done
ln -s "$top/dom0-tools/data/grub/socle-boot" "$work/bin/"
cp -r "$top"/dom0-tools/data/systemd/* "$work/units/"
sed -i -E "/^Documentation=/d; s|^(Exec[A-Za-z]*=-?)([a-z][a-z-]*)|\1$work/bin/\2|" "$work"/units/*.service
SYSTEMD_UNIT_PATH=$work/units:/lib/systemd/system
export SYSTEMD_UNIT_PATH
[ -e "$work/bin/stored" ] || skip "no programs in $PWD"

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
timeout 60 systemd-tmpfiles --root="$work/root" --create "$top/dom0-tools/data/tmpfiles.d/socle.conf" >"$work/out" 2>&1
[ "$(stat -c %a "$work/root/var/log/socle")" = 750 ]
verdict $? "systemd makes the folder of the logs"
finish
