#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Boots tests/guest/hostile/deaths as dom0 once for each way to die: the hypervisor names the reason that the guest announced
# and restarts the machine, without a panic of its own.
set -u -o pipefail
. "$(dirname "$0")/../system/machine.bash"

log=$SOCLE_BUILD/log/guest-deaths.log
mkdir -p "$SOCLE_BUILD/log"
boot() { # command line of the guest
	: >"$log"
	timeout -k 2 "${GUEST_TIMEOUT:-90}" qemu-system-x86_64 -accel "${GUEST_ACCEL:-tcg,thread=multi}" -smp "${GUEST_CPUS:-2}" \
		-cpu "${QEMU_CPU:-qemu64}" -m 512 -display none -no-reboot -net none -serial "file:$log" \
		-kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "console=com1 dom0_max_vcpus=4" \
		-initrd "$SOCLE_BUILD/tests/guest/hostile/deaths.elf $1" </dev/null >/dev/null 2>&1
	rc=$?
	tr -d '\r' <"$log" >"$log.txt"
}

boot none
cases=$(sed -n 's/^cases \([0-9]*\)$/\1/p' "$log.txt")
[ -n "$cases" ]
tap $? "the guest knows ways to die" "$(tail -n 5 "$log.txt")"
for n in $(seq "${cases:-0}"); do
	boot "case=$n"
	name=$(sed -n "s/^case $n: //p" "$log.txt")
	reason=$(sed -n 's/^reason: //p' "$log.txt")
	why=
	[ $rc = 0 ] || why="QEMU ended with $rc (124: out of time)"
	[ -n "$name" ] || why="the guest did not start"
	grep -q '^alive' "$log.txt" && why="the guest lives: $(grep -B1 '^alive' "$log.txt" | head -n 1)"
	grep -qE '^\(hv\) Panic on CPU' "$log.txt" && why="the hypervisor failed"
	[ -z "$reason" ] || grep -q "^(hv) Domain 0.*$reason" "$log.txt" || why="the log does not say '$reason'"
	[ -z "$why" ]
	tap $? "dom0 dies: ${name:-case $n}" "$why"
	[ -z "$why" ] || tap_console "$log"
done
tap_end
