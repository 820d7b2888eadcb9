#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The hypervisor started with modules and options that cannot work: it says on the console what is wrong and what to
# do, and the machine restarts by itself. QEMU's -no-reboot turns the restart into an exit; a machine that hangs is
# ended by the time limit and fails, and so does one that says nothing.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
hypervisor=$SOCLE_BUILD/hypervisor/socle.elf
dir=$SOCLE_BUILD/image/badboot
rm -rf "$dir"
mkdir -p "$dir" "$SOCLE_BUILD/log"

# The bzImage header: sectors of setup code at 0x1f1, payload's offset and length behind them at 0x248 and 0x24c.
number() { od -An -t u"$3" -j "$2" -N "$3" "$1" | tr -d ' '; }
payload=$(((1 + $(number "$KERNEL_IMAGE" $((0x1f1)) 1)) * 512 + $(number "$KERNEL_IMAGE" $((0x248)) 4)))
length=$(number "$KERNEL_IMAGE" $((0x24c)) 4)
patch_bytes() { # file offset, bytes from stdin
	dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
head -c $((payload + length / 2)) "$KERNEL_IMAGE" >"$dir/truncated"
head -c 300 "$KERNEL_IMAGE" >"$dir/stump"
cp "$KERNEL_IMAGE" "$dir/corrupt"
head -c 64 /dev/zero | patch_bytes "$dir/corrupt" $((payload + length / 8))
cp "$KERNEL_IMAGE" "$dir/bzip2"
printf 'BZh91AY&SY' | patch_bytes "$dir/bzip2" "$payload"
cp "$KERNEL_IMAGE" "$dir/overlong"
printf '\377\377\377\177' | patch_bytes "$dir/overlong" $((0x24c))
head -c 200000 /dev/zero | tr '\0' 'x' >"$dir/text"
: >"$dir/empty"
plain=$SOCLE_BUILD/tests/guest/start.elf

# What must be said is an extended regular expression, matched on one line of the console.
start() { # name options modules -> $log, $rc
	log=$SOCLE_BUILD/log/badboot-$1.log
	: >"$log"
	timeout -k 2 "${BADBOOT_TIMEOUT:-60}" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' \
		"$SOCLE_TOP" -serial "file:$log" -kernel "$hypervisor" -append "console=com1 $2" ${3:+-initrd "$3"} </dev/null >"$log.qemu" 2>&1
	rc=$?
}
refused() { # name "what to say" options modules
	start "$1" "$3" "$4"
	grep -aqE "^\(hv\) .*($2)" "$log"
	tap $? "$1: the console says why" "wanted: $2"
	[ $rc = 0 ] && grep -aq 'Panic on CPU' "$log"
	tap $? "$1: the machine restarts after the message" "exit code $rc of QEMU (124: it hung)"
	[ $tap_failed = 0 ] || tap_console "$log"
}
boots() { # name "what to say" options modules: a warning, and dom0 runs all the same
	start "$1" "$3" "$4"
	grep -aqE "^\(hv\) .*($2)" "$log"
	tap $? "$1: the console names it" "wanted: $2"
	grep -aq '^1\.\.[1-9]' "$log" && [ $rc = 0 ]
	tap $? "$1: the boot goes on" "exit code $rc of QEMU"
	[ $tap_failed = 0 ] || tap_console "$log"
}

refused no-module 'no kernel: name a .*kernel as the first module' "" ""
refused empty-module 'no kernel: name a .*kernel as the first module' "" "$dir/empty"
refused no-kernel 'dom0: .*(neither|not a|no kernel|unknown).*give another kernel' "" "$dir/text"
refused stump 'dom0: .*give another kernel' "" "$dir/stump"
refused truncated 'dom0: .*(truncated|cut|beyond|outside|ends).*give another kernel' "" "$dir/truncated"
refused overlong 'dom0: .*(truncated|cut|beyond|outside|ends).*give another kernel' "" "$dir/overlong"
refused corrupt 'dom0: .*(corrupt|damaged).*give another kernel' "" "$dir/corrupt"
refused bzip2 'dom0: .*compress.*give another kernel' "" "$dir/bzip2"
refused dom0-mem-beyond 'dom0_mem=65536M does not fit: at most [0-9]+M .*set dom0_mem= lower' "dom0_mem=64G" "$plain first second=2"
refused dom0-mem-tiny '(set dom0_mem= higher|too (few|small|little))' "dom0_mem=16M" "$KERNEL_IMAGE"
boots dom0-mem-malformed '"dom0_mem=12Q" ignored: .*such as 512M' "dom0_mem=12Q" "$plain first second=2"
boots unknown-option 'unknown option "dom0_memory" ignored' "dom0_memory=512M" "$plain first second=2"

# A control domain that never comes up: this one waits for a root that there is not.
start deadline "dom0_deadline=15" "$KERNEL_IMAGE console=hvc0 root=/dev/none rootwait"
grep -aq 'Domain 0 was stopped by its watchdog' "$log" && grep -aq 'The machine restarts' "$log" && [ $rc = 0 ]
tap $? "deadline: the machine restarts when the control domain does not come up in time" "exit code $rc of QEMU (124: it hung)"
tap_end
