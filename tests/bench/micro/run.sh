#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Micro-benchmarks of the PV interface: one bare kernel as dom0 on Socle and on the distribution's Xen, in turns.
#   run.sh [--icount] [--runs N] [--socle-only | --xen-only]
#   --icount      one instruction is one tick: counts of instructions instead of time
#   --runs N      boots of each; the least of their minima counts (3; 1 with --icount, where they do not differ)
#   --socle-only  no comparison (also --xen-only)
# Prints a table, writes build/bench/micro.csv (micro-icount.csv) and a plot beside it. It judges what it compares by
# instructions: exit code 1 when one costs more than Xen's, or more than 0.7 of it without being the hardware's cost, or
# when an operation keeps a due timer waiting for more than a million instructions: a millisecond where one takes 1 ns.
set -u -o pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/bench/lib.bash"

bench_options "$@"
name=micro
[ $icount = 0 ] || name=micro-icount
bench=$SOCLE_BUILD/bench missed=0
bench_compare $name "$SOCLE_BUILD/tests/bench/micro.elf" "$unit" "Socle beside Xen 4.17"

# How long an operation keeps the CPU from a timer that is due, at worst over all boots.
holds() { # socle|xen
	cat "$bench/$name.$1".*.txt 2>/dev/null | awk -F';' -v OFS=';' '/^BENCH-HOLD / { sub(/^BENCH-HOLD /, ""); if (!($1 in worst)) order[++n] = $1
		if ($4 + 0 >= worst[$1] + 0) { worst[$1] = $4; whole[$1] = $3 } }
		END { for (i = 1; i <= n; i++) print order[i], worst[order[i]], whole[order[i]], "" }'
}
holds socle >"$bench/$name-holds.socle"
holds xen >"$bench/$name-holds.xen"
bench_join "$bench/$name-holds.socle" "$bench/$name-holds.xen" | sed '1s/.*/what,socle,xen,ratio,socle whole,xen whole,note/' >"$bench/$name-holds.csv"
say "the longest that a due timer waits during an operation, and the operation as a whole, in $unit"
awk -F, '{ printf "%-48s %14s %14s %14s %14s\n", $1, $2, $3, $5, $6 }' "$bench/$name-holds.csv" | tee "$bench/$name-holds.table"

if [ $icount = 1 ] && [ -z "$BENCH_ONLY" ]; then
	bench_judge "$bench/$name.csv" || missed=1
	awk -F, 'NR > 1 && $2 > 1000000 { print $1 " keeps the CPU longer than a millisecond"; bad = 1 } END { exit bad }' "$bench/$name-holds.csv" || missed=1
fi
exit $missed
