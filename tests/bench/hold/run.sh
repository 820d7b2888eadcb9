#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# How long each long operation holds a CPU, on Socle beside Debian's Xen, with bare kernel tests/bench/hold as dom0.
#   run.sh [--icount]     --icount: one instruction a nanosecond, so that the numbers are thousands of instructions
# Prints a table: longest hold, whole time (microseconds), times the guest came to run meanwhile; for both.
set -u -o pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"

fetch_xen
accel=(-accel tcg) unit=us
[ "${1:-}" = --icount ] && accel=(-accel tcg,thread=single -icount shift=0,sleep=off) unit=k-instr
out=$SOCLE_BUILD/bench/hold
mkdir -p "$out"

boot() { # name image append
	timeout -k 2 "${HOLD_TIMEOUT:-280}" qemu-system-x86_64 "${accel[@]}" -cpu "${QEMU_CPU:-qemu64}" -m 1024 -display none -no-reboot -net none \
		-serial "file:$out/$1.log" -kernel "$2" -append "$3" -initrd "$SOCLE_BUILD/tests/bench/hold.elf" </dev/null >/dev/null 2>&1
	tr -d '\r' <"$out/$1.log" | sed -n '/^done/!s/^(XEN) //; p' | tr -d '\0' >"$out/$1.txt"
	grep -aq '^done' "$out/$1.txt" || say "$1: did not end (see $out/$1.log)"
	# Ticks to microseconds by the parameters of the guest's clock.
	awk '/^tsc / { ns = $2 / 4294967296 * 2 ^ $3 } /^hold / { printf "%s %.0f %.0f %s %s\n", $2, $3 * ns / 1000, $4 * ns / 1000, $5, $6 }' \
		"$out/$1.txt" >"$out/$1.tab"
}
boot socle "$SOCLE_BUILD/hypervisor/socle.elf" "console=com1 dom0_mem=256M"
boot xen "$XEN_IMAGE" "console=com1 com1=115200,8n1 dom0_mem=256M loglvl=none"
{
	printf '%-30s %12s %12s %8s %8s %12s %12s %8s %8s\n' "$unit" socle-hold socle-all runs result xen-hold xen-all runs result
	awk 'NR == FNR { x[$1] = $2 " " $3 " " $4 " " $5; next }
		{ split(x[$1], f, " "); printf "%-30s %12s %12s %8s %8s %12s %12s %8s %8s\n", $1, $2, $3, $4, $5, f[1], f[2], f[3], f[4] }' \
		"$out/xen.tab" "$out/socle.tab"
} | tee "$out/table.txt"
