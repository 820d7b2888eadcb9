#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The machine's NMI button, pressed in QEMU's monitor: it is dom0's, once for all CPUs, in whatever dom0 does at the moment.
# A bare kernel counts them; stock Linux says what it says on any machine, and goes on.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/log" "$SOCLE_BUILD/image"

seen() { # seconds pattern; a machine that ends gets one more look
	local tries=$(($1 * 5))
	until tr -d '\r' <"$log" | grep -aqE -- "$2"; do
		[ $tries -gt 0 ] || return 1
		tries=$((tries - 1))
		kill -0 "$pid" 2>/dev/null || tries=0
		sleep 0.2
	done
}
press() { echo nmi >&"$monitor"; }
start() { # name seconds "initrd"
	log=$SOCLE_BUILD/log/nmi-$1.log
	: >"$log"
	rm -f "$log.in" && mkfifo "$log.in"
	exec {monitor}<>"$log.in"
	timeout -k 2 "$2" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" -smp 2 -monitor stdio \
		-serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "console=com1 dom0_mem=256M" -initrd "$3" \
		<&"$monitor" >"$log.qemu" 2>&1 &
	pid=$!
}
ended() { # what
	wait $pid
	rc=$?
	exec {monitor}>&-
	rm -f "$log.in"
	tap $rc "$1" "exit code $rc of QEMU (124: out of time)" "$(tap_console "$log")"
}

start bare 120 "$SOCLE_BUILD/tests/system/nmi.elf"
seen 60 'nmi: computes' && sleep 0.5 && press
seen 30 'nmi: computing: 1 so far, reason 4, events masked'
tap $? "a dom0 that computes gets an NMI, of unknown reason, with events masked" "$(tap_console "$log")"
seen 10 'nmi: sleeps' && sleep 0.5 && press
seen 30 'nmi: asleep: 2 so far, reason 4, events masked'
tap $? "one that sleeps is woken by it; two CPUs make one NMI" "$(tap_console "$log")"
ended "it goes on and ends"

# The batch waits until its kernel's log has both, and judges it.
image_base "$SOCLE_BUILD/image/nmi"
mkdir -p "$SOCLE_BUILD/image/nmi/usr/lib/socle"
cp "$SOCLE_TOP"/tests/images/dom0/{inittab,rcS,profile} "$SOCLE_BUILD/image/nmi/etc/"
cp "$SOCLE_TOP"/tests/images/dom0/batch-nmi "$SOCLE_BUILD/image/nmi/usr/lib/socle/batch-boot"
chmod 755 "$SOCLE_BUILD/image/nmi/etc/rcS" "$SOCLE_BUILD/image/nmi/usr/lib/socle/batch-boot"
image_pack "$SOCLE_BUILD/image/nmi" "$SOCLE_BUILD/image/nmi.cpio.zst"
start linux 240 "$KERNEL_IMAGE console=hvc0 quiet socle.batch=boot,$SOCLE_BUILD/image/nmi.cpio.zst"
seen 180 '^BATCH note waits asleep' && press
seen 60 '^BATCH note waits busy' && sleep 0.5 && press
ended "dom0 with Linux goes on and ends"
tap_batch <(tr -d '\r' <"$log")
grep -aq '^BATCH done' "$log"
tap $? "its batch ran to the end" "$(tap_console "$log")"
grep -aq '^(hv) NMI of unknown reason' "$log"
tap $? "the hypervisor's log tells of it"
tap_end
