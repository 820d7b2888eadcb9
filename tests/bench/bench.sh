#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# All benchmarks, or the named ones, beside the distribution's Xen; "make bench" runs this after a build.
#   bench.sh [--quick] [boot] [micro] [linux] [sched] [hello] [io] [store]
#   --quick   one boot where several are usual, loads of 3 s, no measurement by the clock
# Tables, CSV files and plots are in build/bench. Exit code 1 when one of them misses a limit (docs/benchmarks.md).
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"

quick=0 names=()
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	boot | micro | linux | sched | hello | io | store) names+=("$1") ;;
	*) die "unknown argument '$1'; known: --quick, boot, micro, linux, sched, hello, io, store" ;;
	esac
	shift
done
[ ${#names[@]} -gt 0 ] || names=(micro sched linux boot hello io store)

missed=()
run() { # script arguments...
	say "$*"
	bash "$SOCLE_TOP/tests/bench/$1" "${@:2}" || missed+=("$*")
}
for name in "${names[@]}"; do
	case $name in
	micro)
		run micro/run.sh --icount
		[ $quick = 1 ] || run micro/run.sh
		;;
	linux)
		run linux/run.sh --icount
		[ $quick = 1 ] || run linux/run.sh
		;;
	sched)
		if [ $quick = 1 ]; then
			run sched/run.sh --seconds 3
		else
			run sched/run.sh
			run sched/run.sh --cpus 2
		fi
		;;
	hello) if [ $quick = 1 ]; then run hello.sh --count 40; else run hello.sh; fi ;;
	store) if [ $quick = 1 ]; then run store/run.sh --samples 30; else run store/run.sh; fi ;;
	io) if [ $quick = 1 ]; then run io/run.sh --seconds 2; else run io/run.sh --rounds 3; fi ;;
	boot) if [ $quick = 1 ]; then run run.sh --runs 1; else run run.sh --icount; fi ;;
	esac
done
echo
echo "tables, figures and plots: $SOCLE_BUILD/bench"
[ ${#missed[@]} = 0 ] || printf 'missed a limit: %s\n' "${missed[@]}"
[ ${#missed[@]} = 0 ]
