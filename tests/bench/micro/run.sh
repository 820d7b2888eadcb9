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

bench_options "$@"
name=micro
[ $icount = 0 ] || name=micro-icount
bench_compare $name "$SOCLE_BUILD/tests/bench/micro.elf" "$unit" "Socle beside Xen 4.17"
[ $icount = 0 ] || [ -n "$BENCH_ONLY" ] || bench_judge "$SOCLE_BUILD/bench/$name.csv"
