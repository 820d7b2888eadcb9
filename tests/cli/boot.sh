#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Socle in GRUB's menu (20_linux_socle) and which system the next boot starts (socle-boot), against folders that stand for /boot, with GRUB's own
# library, syntax checker and environment block. TAP.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
menu=$top/dom0-tools/data/grub/20_linux_socle next=$top/dom0-tools/data/grub/socle-boot

mkdir -p "$work/bin" "$work/boot/grub" "$work/uuid"
cat >"$work/bin/grub-probe" <<'TEXT'
#!/bin/sh
for a; do case $a in --target=*) target=${a#*=} ;; esac; done
case $target in
device) echo /dev/vda1 ;;
fs) echo "${FAKE_FS:-ext2}" ;;
abstraction) echo "${FAKE_ABSTRACTION:-}" ;;
partmap) echo gpt ;;
fs_uuid) echo 1111-2222 ;;
*) ;;
esac
TEXT
printf '#!/bin/sh\necho "${FAKE_RELATIVE:-/boot}"\n' >"$work/bin/grub-mkrelpath"
chmod 755 "$work"/bin/*
PATH=$work/bin:$PATH
export PATH grub_probe="$work/bin/grub-probe" grub_mkrelpath="$work/bin/grub-mkrelpath"
for v in 6.1.0-9-amd64 6.1.0-10-amd64 6.1.0-10-cloud-amd64; do
	: >"$work/boot/vmlinuz-$v"
	: >"$work/boot/initrd.img-$v"
	echo CONFIG_XEN_DOM0=y >"$work/boot/config-$v"
done
echo '# CONFIG_XEN_DOM0 is not set' >"$work/boot/config-6.1.0-10-cloud-amd64"
: >"$work/boot/socle.gz"
: >"$work/uuid/1111-2222"

# What grub-mkconfig hands on to its scripts is a list of names; what else stands in the files it keeps to itself.
mkdir -p "$work/default/grub.d"
make_menu() { # VARIABLE=VALUE...: our own stand in the file, the others come from grub-mkconfig
	: >"$work/default/grub.d/socle.cfg"
	for a; do case $a in GRUB_*SOCLE*) echo "${a%%=*}='${a#*=}'" >>"$work/default/grub.d/socle.cfg" ;; *) set -- "$@" "$a" ;; esac; shift; done
	env SOCLE_GRUB_DEFAULTS="$work/default" SOCLE_BOOT="$work/boot" SOCLE_BY_UUID="$work/uuid" GRUB_DEVICE=/dev/vda1 GRUB_DEVICE_UUID=1111-2222 GRUB_DEVICE_BOOT=/dev/vda1 GRUB_FS=ext2 \
		GRUB_CMDLINE_LINUX=quiet GRUB_CMDLINE_LINUX_DEFAULT=splash "$@" sh "$menu" >"$work/out" 2>"$work/err"
}
has() { grep -qF -- "$1" "$work/out"; }

make_menu GRUB_CMDLINE_SOCLE="dom0_mem=1G"
verdict $? "the menu is made"
grub-script-check "$work/out"
verdict $? "GRUB understands it"
has "multiboot2 /boot/socle.gz socle dom0_mem=1G" && has "module2 /boot/vmlinuz-6.1.0-10-amd64 linux root=UUID=1111-2222 ro  quiet splash" &&
	has "module2 --nounzip /boot/initrd.img-6.1.0-10-amd64 initrd"
verdict $? "it starts Socle with the kernel, its initrd, and the options of both"
sed -n '/grub_platform.*efi/,/^	else/p' "$work/out" | grep -q 'insmod all_video' && has "multiboot /boot/socle.gz socle dom0_mem=1G" &&
	has "module /boot/vmlinuz-6.1.0-10-amd64 linux root=UUID=1111-2222 ro  quiet splash" && has "module --nounzip /boot/initrd.img-6.1.0-10-amd64 initrd"
verdict $? "with EFI it leaves a screen to the control domain, without it text to the hypervisor"
[ "$(grep -c '^menuentry' "$work/out")" = 1 ] && has "--id 'socle-6.1.0-10-amd64'" && has "set default='socle-6.1.0-10-amd64'"
verdict $? "the newest kernel is the one, by the order of versions"
sed -n '/^submenu/,/^}/p' "$work/out" | grep -q "socle-6.1.0-9-amd64"
verdict $? "older kernels are in a submenu"
! has cloud
verdict $? "a kernel that cannot be a control domain has no entry"
make_menu GRUB_CMDLINE_LINUX_SOCLE="only this" && has "ro  only this" && ! has quiet
verdict $? "the control domain may have options of its own"
make_menu FAKE_ABSTRACTION=lvm GRUB_DEVICE=/dev/mapper/vg-root && has "root=/dev/mapper/vg-root"
verdict $? "a root on LVM is called by its name"
make_menu GRUB_FS=btrfs FAKE_RELATIVE=/@ && has "root=UUID=1111-2222 ro rootflags=subvol=@"
verdict $? "a root in a subvolume of btrfs is told"
make_menu GRUB_DISABLE_LINUX_UUID=true && has "root=/dev/vda1"
verdict $? "without UUIDs if the administrator says so"
make_menu GRUB_SOCLE=false && [ ! -s "$work/out" ]
verdict $? "no entries if the administrator says so"
rm "$work/boot/config-6.1.0-9-amd64" "$work/boot/vmlinuz-6.1.0-10-amd64"
make_menu && has "socle-6.1.0-9-amd64" && ! has submenu
verdict $? "one kernel, known by its name only"
rm "$work/boot/vmlinuz-6.1.0-9-amd64"
make_menu && [ ! -s "$work/out" ] && grep -q "no kernel in $work/boot can be its control domain" "$work/err"
verdict $? "without a kernel there is a warning"
: >"$work/boot/vmlinuz-6.1.0-9-amd64"
make_menu && cp "$work/out" "$work/boot/grub/grub.cfg"

grub-editenv "$work/boot/grub/grubenv" create
mkdir -p "$work/plain"
for s in "dom0 -socle 000228f0" "domu -socle 000220f0" "xen .4-pre 00002af0" "old -socle"; do # /sys of each: version, features
	set -- $s
	mkdir -p "$work/$1/hypervisor/version" "$work/$1/hypervisor/properties"
	echo xen >"$work/$1/hypervisor/type"
	echo "$2" >"$work/$1/hypervisor/version/extra"
	[ $# = 2 ] || echo "$3" >"$work/$1/hypervisor/properties/features"
done
boot() { # dom0|domu|xen|old|plain ARGUMENTS...
	sys=$work/$1
	shift
	env SOCLE_SYS="$sys" SOCLE_GRUBENV="$work/boot/grub/grubenv" SOCLE_GRUB_CFG="$work/boot/grub/grub.cfg" sh "$next" "$@" >"$work/out" 2>"$work/err"
}
set_to() { grub-editenv "$work/boot/grub/grubenv" list | grep -qx "$1"; }

boot dom0 running
verdict $? "Socle's control domain is known"
for s in domu xen old plain; do
	boot $s running; [ $? = 1 ] && [ ! -s "$work/out" ] && [ ! -s "$work/err" ]
	verdict $? "$s: not Socle's control domain"
done
boot plain status && grep -qx 'next boot: plain Linux' "$work/out"
verdict $? "plain Linux is what is booted at first"
boot plain once && set_to next_entry=socle-6.1.0-9-amd64 && boot plain status && grep -qx 'next boot: Socle, once' "$work/out"
verdict $? "once: the next boot is Socle"
boot plain never && ! set_to next_entry=socle-6.1.0-9-amd64
verdict $? "never takes it back"
grub-editenv "$work/boot/grub/grubenv" set next_entry= && boot plain never && ! grep -q next_entry "$work/boot/grub/grubenv"
verdict $? "and what GRUB leaves of a word that it has obeyed"
boot plain always && set_to socle_boot=always && boot plain status && grep -qx 'next boot: Socle' "$work/out"
verdict $? "always: from now on"
grub-editenv "$work/boot/grub/grubenv" set socle_tried=1
boot plain status && grep -q 'did not come up' "$work/out"
verdict $? "a boot that did not come up is told"
boot plain healthy; [ $? = 1 ] && set_to socle_tried=1
verdict $? "plain Linux does not count as healthy"
boot dom0 healthy && ! set_to socle_tried=1 && boot dom0 status && grep -qx 'next boot: Socle' "$work/out"
verdict $? "a control domain that came up is booted again"
for bad in "FAKE_FS=btrfs" "FAKE_ABSTRACTION=lvm" "FAKE_ABSTRACTION=cryptodisk" "FAKE_ABSTRACTION=mdraid1x"; do
	boot plain never
	export "${bad?}"
	boot plain always; [ $? = 1 ] && grep -q 'GRUB cannot write' "$work/err" && ! set_to socle_boot=always
	verdict $? "$bad: GRUB could not take its word back, so it is refused"
	unset FAKE_FS FAKE_ABSTRACTION
done
: >"$work/boot/grub/grub.cfg"
boot plain once; [ $? = 1 ] && grep -q 'run update-grub' "$work/err"
verdict $? "without an entry it says what to do"
boot plain sometimes; [ $? = 2 ] && grep -q usage "$work/err"
verdict $? "misuse is told"
finish
