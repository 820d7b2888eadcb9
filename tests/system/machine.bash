# SPDX-License-Identifier: BSD-2-Clause
# Shared by the tests of this folder and tests/bench: TAP, and dom0 images that hold no more than a test needs.
# Source it: it brings what all of them need of tests/lib.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"

tap_count=0 tap_failed=0
tap() { # status name [why...]
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=1
		echo "not ok $tap_count - $2"
		[ $# -gt 2 ] && printf '%s\n' "${@:3}" | sed 's/^/# /'
	fi
	return 0
}
tap_end() { echo "1..$tap_count"; exit $tap_failed; }

# The last lines of a console, as a comment of a failed test.
tap_console() { tr -d '\r' <"$1" 2>/dev/null | tail -n "${2:-15}" | sed 's/^/# /'; }

# dom0 with drivers and a shell, without our tools: it needs nothing that is built here.
make_boot_image() { # output
	local root=$SOCLE_BUILD/image/boot
	image_base "$root"
	image_add_modules "$root" xen-evtchn xen-gntdev xen-privcmd xenfs virtio_blk virtio_pci virtio_net e1000 e1000e ahci \
		sd_mod sr_mod ata_piix af_packet efivarfs
	image_add_check "$root" eficheck
	image_add_program "$root" "$(command -v chattr || echo /usr/bin/chattr)" /usr/bin/chattr
	cp "$SOCLE_TOP"/tests/images/dom0/{inittab,rcS,profile} "$root/etc/"
	cp "$SOCLE_TOP"/tests/images/dom0/batch-boot "$root/usr/lib/socle/"
	cp "$SOCLE_TOP"/tests/images/dom0/udhcpc "$root/usr/lib/socle/"
	chmod 755 "$root/etc/rcS" "$root"/usr/lib/socle/*
	image_pack "$root" "$1"
}

# "BATCH ok WHAT" and "BATCH fail WHAT: WHY" of a console become TAP; notes become comments; "BATCH json NAME TEXT" is held to the
# schema of that name.
tap_batch() { # console text, what stands before each name
	local line why
	while IFS= read -r line; do
		case $line in
		"BATCH ok "*) tap 0 "${2:-}${line#BATCH ok }" ;;
		"BATCH fail "*) tap 1 "${2:-}${line#BATCH fail }" ;;
		"BATCH json "*)
			line=${line#BATCH json }
			why=$(printf '%s' "${line#* }" | "$SOCLE_TOP/tests/lib/schema.py" "$SOCLE_TOP/dom0-tools/data/schema/${line%% *}.json" 2>&1)
			tap $? "${2:-}what is printed as JSON keeps the schema ${line%% *}" "$why" ;;
		"BATCH note "*) echo "# ${2:-}${line#BATCH note }" ;;
		esac
	done < <(grep -a '^BATCH ' "$1")
}

# A folder as an archive that is not compressed: the kernel unpacks several one after the other, so tests add files in front of an
# image without packing it again.
pack_extra() { # folder output
	(cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0) >"$2"
}

# One boot of dom0 that runs tests/images/dom0/batch-NAME: its verdicts as TAP and one more, of its end; the console is left in
# $SOCLE_BUILD/log/NAME.txt. QEMU_* as in qemu_run.
#   dom0_batch NAME SECONDS "hypervisor options" "kernel options" "archive..." [QEMU argument...]
dom0_batch() {
	local name=$1 seconds=$2 hv=$3 linux=$4 archives=$5 log=$SOCLE_BUILD/log/$1.log text=$SOCLE_BUILD/log/$1.txt initrd rc
	shift 5
	mkdir -p "$SOCLE_BUILD/log" "$SOCLE_BUILD/image"
	initrd=$SOCLE_BUILD/image/batch-$name.cpio
	# shellcheck disable=SC2086
	cat $archives >"$initrd" || die "no image of dom0"
	: >"$log"
	timeout -k 2 "$seconds" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" "$@" \
		-serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "console=com1 $hv" \
		-initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=$name $linux,$initrd" </dev/null >"$log.qemu" 2>&1
	rc=$?
	tr -d '\r' <"$log" >"$text"
	tap_batch "$text"
	[ $rc = 0 ] && grep -q '^BATCH done' "$text"
	tap $? "dom0 ran to its end" "exit code $rc of QEMU (124: out of time)"
	grep -q '^BATCH done' "$text" || tap_console "$log"
}
