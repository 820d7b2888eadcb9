#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The bare benchmark kernels still run on Socle and measure all they have; what they measure is no test's business.
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/bench/lib.bash"

number=0 status=0
ok() { number=$((number + 1)); echo "ok $number - bench: $1"; }
not_ok() { number=$((number + 1)); status=1; echo "not ok $number - bench: $1"; }

mkdir -p "$SOCLE_BUILD/log"
log=$SOCLE_BUILD/log/bench-micro
if bench_boot socle "$SOCLE_BUILD/tests/bench/micro.elf" "$log"; then ok "micro runs to its end"; else not_ok "micro runs to its end"; tail -n 5 "$log.log" | sed 's/^/# /'; fi
# Every figure is there and is more than nothing.
while IFS=';' read -r what _ least _; do
	case $least in
	'' | 0.00) not_ok "${what#BENCH } took no time" ;;
	*) ok "${what#BENCH }" ;;
	esac
done < <(grep '^BENCH ' "$log.txt")

log=$SOCLE_BUILD/log/bench-sched
if BENCH_SHIFT=3 bench_boot socle "$SOCLE_BUILD/tests/bench/sched.elf seconds=1" "$log"; then ok "sched runs to its end"; else not_ok "sched runs to its end"; tail -n 5 "$log.log" | sed 's/^/# /'; fi
# What a loader puts into memory (docs/benchmarks.md).
size=0
for n in $(readelf -lW "$SOCLE_BUILD/hypervisor/socle.elf" | awk '$1 == "LOAD" { print $6 }'); do size=$((size + n)); done
if [ "$size" -gt 0 ] && [ "$size" -le 1048576 ]; then ok "the image takes no more than 1 MiB"; else not_ok "the image takes $size bytes, more than 1 MiB"; fi
echo "1..$number"
exit $status
