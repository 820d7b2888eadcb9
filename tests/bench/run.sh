#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Socle beside the distribution's Xen: the same QEMU, kernel and initramfs, in turns, so that a busy machine slows both.
#   run.sh [--runs N] [--icount]
#   --runs N   boots of each for the time to dom0's init; the median counts (3)
#   --icount   also with one instruction a nanosecond: virtual time is then a count of instructions, free of noise
# Writes build/bench/results.csv and prints a table. It judges: exit code 1 when a limit of the project is missed.
set -u -o pipefail
. "$(dirname "$0")/../system/machine.bash"

runs=3 icount=0
while [ $# -gt 0 ]; do
	case $1 in
	--runs) shift; runs=${1:-3} ;;
	--icount) icount=1 ;;
	*) die "unknown argument '$1'; known: --runs N, --icount" ;;
	esac
	shift
done

MEMORY=1536 DOM0=768
fetch_kernel linux-image-amd64
fetch_xen
bench=$SOCLE_BUILD/bench
mkdir -p "$bench"
csv=$bench/results.csv
echo "what,unit,socle,xen,limit,verdict" >"$csv"
say "making the images"
make_boot_image "$bench/boot.cpio.zst"
: >"$bench/none"
[ -e "$SOCLE_BUILD/guest.cpio.zst" ] || make_guest_image "$SOCLE_BUILD/guest.cpio.zst"
make_dom0_image "$bench/dom0.cpio.zst" "$SOCLE_BUILD/guest.cpio.zst"

socle=$SOCLE_BUILD/hypervisor/socle.elf
accel=$(qemu_accel) cpu_model=${QEMU_CPU:-$(qemu_cpu)}
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' "/proc/$1/stat"; }
stop() { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; }

# Milliseconds from QEMU's start to the line "dom0: up", by the clock and by QEMU's own CPU time, which says more on a
# busy machine. The console comes through a pipe, so that the line is stamped on arrival.
boot_ms() { # socle|xen log
	local image append begin now line pid cpu fifo=$bench/console
	case $1 in
	socle) image=$socle append="console=com1 dom0_mem=${DOM0}M" ;;
	xen) image=$XEN_IMAGE append="console=com1 com1=115200,8n1 dom0_mem=${DOM0}M noreboot loglvl=warning" ;;
	esac
	rm -f "$fifo"; mkfifo "$fifo"
	begin=$(date +%s%N)
	# Not through qemu_run: the process that is measured and ended must be QEMU's own.
	qemu-system-x86_64 -accel "$accel" -cpu "$cpu_model" -m $MEMORY -display none -no-reboot -net none -serial "file:$fifo" \
		-kernel "$image" -append "$append" -initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=boot,$bench/boot.cpio.zst" </dev/null >/dev/null 2>"$2.qemu" &
	pid=$!
	now=
	exec 9<"$fifo"
	while IFS= read -r -t 240 line <&9; do
		printf '%s\n' "$line" >>"$2"
		case $line in *"dom0: up"*) now=$(date +%s%N) cpu=$(cpu_ms $pid); break ;; esac
	done
	exec 9<&-
	stop $pid
	rm -f "$fifo"
	[ -n "$now" ] && echo $(((now - begin) / 1000000)) "$cpu"
}
# The same in instructions, which a busy machine does not change.
boot_icount() { # socle|xen log
	local image append pid n=0
	case $1 in
	socle) image=$socle append="console=com1 dom0_mem=${DOM0}M" ;;
	xen) image=$XEN_IMAGE append="console=com1 com1=115200,8n1 dom0_mem=${DOM0}M noreboot loglvl=warning" ;;
	esac
	qemu-system-x86_64 -accel tcg,thread=single -icount shift=0,sleep=off -cpu qemu64 -m $MEMORY -display none -no-reboot -net none \
		-rtc clock=vm,base=2024-01-01 -serial "file:$2" -kernel "$image" -append "$append" \
		-initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=clock,$bench/clock.cpio.zst" </dev/null >/dev/null 2>"$2.qemu" &
	pid=$!
	while [ $n -lt 300 ] && kill -0 $pid 2>/dev/null && ! grep -aq '^BATCH ticks' "$2" 2>/dev/null; do sleep 1; n=$((n + 1)); done
	stop $pid
	tr -d '\r' <"$2" | sed -n 's/^BATCH ticks \([0-9]*\)[0-9]\{6\}$/\1/p'
}
median() { # column
	sort -n -k "$1" | awk -v c="$1" '{v[NR] = $c} END {if (NR) print v[int((NR + 1) / 2)]}'
}
row() { # what unit socle xen limit verdict
	printf '%s,%s,%s,%s,%s,%s\n' "$@" >>"$csv"
}
at_most() { [ -n "$1" ] && [ -n "$2" ] && [ "$1" -le "$2" ] && echo met || { missed=1; echo MISSED; }; }
missed=0

say "time to dom0's init, $runs times each"
: >"$bench/socle.ms"; : >"$bench/xen.ms"
for i in $(seq "$runs"); do
	for h in socle xen; do
		: >"$bench/$h-$i.log"
		ms=$(boot_ms $h "$bench/$h-$i.log")
		echo "$h run $i: ${ms:-did not reach dom0}${ms:+ ms by the clock and of CPU}"
		[ -n "$ms" ] && echo "$ms" >>"$bench/$h.ms"
	done
done
s=$(median 1 <"$bench/socle.ms") x=$(median 1 <"$bench/xen.ms")
row "start to dom0's init" ms "$s" "$x" "at most Xen's" "$(at_most "$s" "$x")"
row "start to dom0's init (CPU time)" ms "$(median 2 <"$bench/socle.ms")" "$(median 2 <"$bench/xen.ms")" "" ""
for h in socle xen; do sed "s/^/$h,/; s/ /,/" "$bench/$h.ms"; done >"$bench/boot.csv"

# What a loader puts into memory, and what the file on /boot takes.
loaded() { # bytes in memory of the segments; Debian's Xen is an ELF file as well
	local n=0 size
	for size in $(readelf -lW "$1" | awk '$1 == "LOAD" { print $6 }'); do n=$((n + size)); done
	echo $n
}
s=$(loaded "$socle") x=$(loaded "$XEN_IMAGE")
row "image in memory" bytes "$s" "$x" 1048576 "$(at_most "$s" 1048576)"
row "image on disk (gz)" bytes "$(stat -c %s "$SOCLE_BUILD/hypervisor/socle.gz")" "$(stat -c %s "$SOCLE_CACHE"/xen/root/boot/xen-4.17-amd64.gz)" "" ""

say "memory, and socle create"
tools() { # socle|xen
	local image append log=$bench/tools-$1.log
	case $1 in
	socle) image=$socle append="console=com1 dom0_mem=${DOM0}M" ;;
	xen) image=$XEN_IMAGE append="console=com1 com1=115200,8n1 dom0_mem=${DOM0}M noreboot loglvl=warning" ;;
	esac
	: >"$log"
	QEMU_MEMORY=$MEMORY timeout -k 2 300 bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" \
		-serial "file:$log" -kernel "$image" -append "$append" \
		-initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=bench,$bench/dom0.cpio.zst" </dev/null >/dev/null 2>"$log.qemu"
	tr -d '\r' <"$log" >"$bench/tools-$1.txt"
}
value() { sed -n "s/^BATCH $2 //p" "$bench/tools-$1.txt" | head -n 1; }
for h in socle xen; do tools $h; done
# What the machine has (QEMU gives all but the last 128 KiB as RAM) less dom0, free memory and the frame table is what
# the hypervisor itself takes. Bytes a frame in the frame table: 64 in Socle (mm/mm.h), 32 in Xen.
own() { # socle|xen bytes-a-frame
	local free
	free=$(value "$1" free-kib)
	[ -n "$free" ] && echo $(((MEMORY - DOM0) * 1024 - 128 - free - MEMORY * 256 * $2 / 1024))
}
s=$(own socle 64) x=$(own xen 32)
row "hypervisor's memory without frame table" KiB "$s" "$x" 16384 "$(at_most "$s" 16384)"
while IFS= read -r phase; do
	row "create 128 MiB: ${phase//,/ and}" ms "$(value socle "timing $phase")" "$(value xen "timing $phase")" "" ""
done < <(sed -n 's/^BATCH timing \(.*\) [0-9.]*$/\1/p' "$bench/tools-socle.txt")

if [ $icount = 1 ]; then
	say "instructions to dom0's init"
	root=$SOCLE_BUILD/image/boot
	cp "$SOCLE_TOP/tests/images/dom0/batch-clock" "$root/usr/lib/socle/" && chmod 755 "$root/usr/lib/socle/batch-clock"
	gcc -O2 -static -o "$root/usr/lib/socle/ticks" "$SOCLE_TOP/tests/bench/ticks.c" || die "cannot build ticks.c"
	image_pack "$root" "$bench/clock.cpio.zst"
	for h in socle xen; do : >"$bench/icount-$h.log"; boot_icount $h "$bench/icount-$h.log" >"$bench/icount-$h"; done
	row "start to dom0's init" Minstr "$(cat "$bench/icount-socle")" "$(cat "$bench/icount-xen")" "" ""
fi

echo
awk -F, '{ ratio = (NR == 1) ? "ratio" : ($3 + 0 > 0 && $4 + 0 > 0) ? sprintf("%.2f", $3 / $4) : "-"
	printf "%-50s %-6s %12s %12s %7s  %-14s %s\n", $1, $2, $3, $4, ratio, $5, $6 }' "$csv" | tee "$bench/results.txt"
exit $missed
