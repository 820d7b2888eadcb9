#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Micro-benchmarks of the PV interface: one bare kernel as dom0 on Socle and on the distribution's Xen, in turns.
#   run.sh [--icount] [--runs N] [--socle-only | --xen-only]
#   --icount      one instruction is one tick: counts of instructions instead of time
#   --runs N      boots of each; the least of their minima counts (3; 1 with --icount, where they do not differ)
#   --socle-only  no comparison (also --xen-only)
# Prints a table, writes build/bench/micro.csv (micro-icount.csv) and a plot beside it. It judges what it compares by
# instructions: exit code 1 when one costs more than Xen's, or more than 0.7 of it without being the hardware's cost.
set -u -o pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/bench/lib.bash"

icount=0 shift= runs= only=
while [ $# -gt 0 ]; do
	case $1 in
	--icount) icount=1 shift=0 ;;
	--runs) shift; runs=${1:-} ;;
	--socle-only) only=socle ;;
	--xen-only) only=xen ;;
	*) die "unknown argument '$1'; known: --icount, --runs N, --socle-only, --xen-only" ;;
	esac
	shift
done
name=micro unit=ticks
[ $icount = 1 ] && name=micro-icount unit=instructions
[ -n "$runs" ] || runs=$((icount ? 1 : 3))
bench=$SOCLE_BUILD/bench
mkdir -p "$bench"
rm -f "$bench/$name".{socle,xen}.*

for i in $(seq "$runs"); do
	for h in ${only:-socle xen}; do
		BENCH_SHIFT=$shift bench_boot "$h" micro "$bench/$name.$h.$i" || die "$h did not finish: $bench/$name.$h.$i.log"
	done
done
# The least minimum and the median of that boot.
best() { # socle|xen
	cat "$bench/$name.$1".*.txt 2>/dev/null | awk -F';' -v OFS=';' '/^BENCH / { sub(/^BENCH /, ""); if (!($1 in min)) order[++n] = $1
		if (!($1 in min) || $3 < min[$1]) { min[$1] = $3; med[$1] = $4; note[$1] = $5 } }
		END { for (i = 1; i <= n; i++) print order[i], min[order[i]], med[order[i]], note[order[i]] }'
}
best socle >"$bench/$name.socle"
best xen >"$bench/$name.xen"
bench_join "$bench/$name.socle" "$bench/$name.xen" >"$bench/$name.csv"
say "one operation, in $unit: minimum of $SOCLE_BENCH_SAMPLES samples"
bench_table "$bench/$name.csv" "$unit" | tee "$bench/$name.table"
[ -n "$only" ] && exit 0
bench_plot "$bench/$name.csv" "Socle beside Xen 4.17, $unit per operation" >"$bench/$name.svg"
[ $icount = 0 ] || bench_judge "$bench/$name.csv"
