#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# How much of the hypervisor a storm reaches: instructions by source file, and the functions that never ran.
#   coverage.sh [--functions] [argstorm.sh's arguments]     --functions: every function with its share
# QEMU names each block of code when it translates it, that is when it is about to run for the first time; this costs little. What
# a boot runs counts too.
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"

functions=0
[ "${1:-}" = --functions ] && { functions=1; shift; }
elf=$SOCLE_BUILD/hypervisor/socle.elf dir=$SOCLE_BUILD/fuzz/coverage
mkdir -p "$dir"
rm -f "$dir"/blocks*
# shellcheck disable=SC2016
start=$(nm "$elf" | awk '$3 == "__text_start" { print $1 }') end=$(nm "$elf" | awk '$3 == "__text_end" { print $1 }')
[ -n "$start" ] && [ -n "$end" ] || die "no __text_start in $elf"
for role in domu dom0; do
	QEMU_MORE="-d in_asm,nochain -dfilter 0x$start..0x$end -D $dir/blocks.$role" \
		bash "$SOCLE_TOP/tests/fuzz/argstorm.sh" --role "$role" "$@" || die "the storm failed"
done

grep -ahoE '^0x[0-9a-f]+:' "$dir"/blocks.* | sed 's/^0x0*//; s/:$//' | sort -u >"$dir/run"
objdump -d --no-show-raw-insn -j .text "$elf" | sed -nE 's/^ *([0-9a-f]+):\t.*/\1/p; s/^[0-9a-f]+ <(.*)>:$/F \1/p' |
	awk '$1 == "F" { f = $2; next } { print $1, f }' >"$dir/all"
[ -s "$dir/run" ] || die "QEMU named no block of the hypervisor; see $dir"
cut -d' ' -f1 "$dir/all" | addr2line -e "$elf" | sed -E 's/^.*\/(hypervisor\/[^:]*):.*/\1/; s/^\?\?:.*/?/; s/:.*//' | paste -d' ' "$dir/all" - >"$dir/places"
awk -v functions="$functions" '
	NR == FNR { run[$1] = 1; next }
	$3 !~ /^hypervisor\// { next }	# decoder libraries
	{ total[$2]++; ran[$2] += $1 in run; if (!($2 in home)) { home[$2] = $3 } ftotal[$3]++; fran[$3] += $1 in run }
	END {
		for (f in ftotal)
			if (ftotal[f] > 8)
				printf "file %3d%% of %5d  %s\n", 100 * fran[f] / ftotal[f], ftotal[f], f
		for (n in total)
			if (functions || !ran[n])
				printf "%s %3d%% of %5d  %s %s\n", ran[n] ? "function" : "never", 100 * ran[n] / total[n], total[n], home[n], n
	}' "$dir/run" "$dir/places" | sort -k1,1 -k5,5 -k2,2n
