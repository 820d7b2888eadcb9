#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The scheduler beside the distribution's Xen (credit2): shares, caps, wake-up latency of bare domains.
#   run.sh [--seconds N] [--cpus N] [--time]
#   --seconds N  how long each load runs (10)
#   --cpus N     CPUs of the machine (1)
#   --time       by the clock, as always with more than one CPU; without it one instruction takes 8 ns of virtual time, which
#                no other load on the machine changes: a CPU of 125 MHz. (QEMU 7.2 stands still when several CPUs share such
#                a clock and one sets its timer to a moment that is due.)
# Prints a table, writes build/bench/sched-N.csv (sched-time-N.csv) and a plot. It judges Socle: exit code 1 for a share
# that is more than 3 % off its weight, a cap missed by more than 2 points, a wake-up later than Xen's at p50 or p99.
set -u -o pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/bench/lib.bash"

seconds=10 cpus=1 shift=3 name=sched clock="virtual time"
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) shift; seconds=${1:-} ;;
	--cpus) shift; cpus=${1:-} ;;
	--time) shift= name=sched-time clock="time by the clock" ;;
	*) die "unknown argument '$1'; known: --seconds N, --cpus N, --time" ;;
	esac
	shift
done
[ "$cpus" = 1 ] || { shift= name=sched-time clock="time by the clock"; }
bench=$SOCLE_BUILD/bench
mkdir -p "$bench"
name=$name-$cpus
for h in socle xen; do
	BENCH_SHIFT=$shift BENCH_CPUS=$cpus BENCH_TIMEOUT=$((120 + seconds * 30)) \
		bench_boot $h "$SOCLE_BUILD/tests/bench/sched.elf seconds=$seconds" "$bench/$name.$h" ||
		die "$h did not finish: $bench/$name.$h.log"
done

# Bills -> "what,unit,value": the largest deviation of a share, the part of the machine in use, caps, latencies.
figures() { # socle|xen
	awk -F';' -v OFS=, -v cpus="$cpus" '
	function abs(x) { return x < 0 ? -x : x }
	function flush(  i, want, off, worst, pool) {
		if (what == "") return
		pool = what ~ /on one CPU/ ? 1 : cpus
		if (cap) {
			print what, "% of a CPU", sprintf("%.2f", time[0] * 100 / elapsed)
		} else {
			for (i = 0; i < n; i++) {
				want = weight[i] / weights
				off = abs(time[i] / times / want - 1) * 100
				if (off > worst) worst = off
			}
			print what ": largest deviation from the weights", "%", sprintf("%.2f", worst)
			print what ": CPU time given to them", "%", sprintf("%.2f", times * 100 / (pool * elapsed))
		}
		what = ""
	}
	/^BENCH-SHARE / {
		sub(/^BENCH-SHARE /, "")
		if ($1 != what) { flush(); what = $1; n = weights = times = 0 }
		weight[n] = $3; weights += $3; cap = $4; time[n] = $5; times += $5; elapsed = $7; n++
	}
	/^BENCH-WAKE / {
		flush(); sub(/^BENCH-WAKE /, "")
		print "wake-up " $1 ": p50", "us", sprintf("%.1f", $3 / 1000)
		print "wake-up " $1 ": p99", "us", sprintf("%.1f", $4 / 1000)
		print "wake-up " $1 ": longest of " $2, "us", sprintf("%.1f", $5 / 1000)
	}
	END { flush() }' "$bench/$name.$1.txt" | sed 's/longest of [0-9]*/longest/'
}
figures socle >"$bench/$name.socle"
figures xen >"$bench/$name.xen"
{
	echo "what,unit,socle,xen,limit,verdict"
	paste -d, "$bench/$name.socle" <(cut -d, -f 3 "$bench/$name.xen") | awk -F, -v OFS=, '
		function verdict(ok) { return ok ? "met" : "MISSED" }
		/deviation/ { print $0, "at most 3", verdict($3 <= 3); next }
		/^cap/ { print $0, "23 to 27", verdict($3 >= 23 && $3 <= 27); next }
		/among.*(p50|p99)/ { print $0, "below Xen", verdict($3 < $4); next }
		{ print $0, "", "" }'
} >"$bench/$name.csv"

say "scheduler on $cpus CPU(s), loads of $seconds s, $clock"
awk -F, '{ printf "%-58s %-11s %10s %10s  %-10s %s\n", $1, $2, $3, $4, $5, $6 }' "$bench/$name.csv" | tee "$bench/$name.table"
# The plot shows what both have in one unit: wake-ups, as ratios.
awk -F, 'NR == 1 { print "what,socle,xen,ratio,,,note" } /wake-up/ && $4 > 0 { printf "%s,%s,%s,%.2f,,,\n", $1, $3, $4, $3 / $4 }' "$bench/$name.csv" >"$bench/$name.ratio"
bench_plot "$bench/$name.ratio" "Wake-up latency on $cpus CPU(s)" >"$bench/$name.svg"
! grep -q ',MISSED$' "$bench/$name.csv"
