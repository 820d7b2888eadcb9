#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Boots each bare kernel of this folder as dom0 and prints its TAP, numbered through, one "name: " before each line.
#   run.sh [--xen] [name...]     --xen: on the distribution's Xen, to show that the test itself is right
# A name is a folder, such as "traps" or "hostile/mappings"; hostile/deaths has a runner of its own, deaths.sh.
# GUEST_CPUS is the number of CPUs, GUEST_TIMEOUT a bound in seconds.
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"

hypervisor=$SOCLE_BUILD/hypervisor/socle.elf
append="console=com1 dom0_mem=256M dom0_max_vcpus=4"
if [ "${1:-}" = --xen ]; then
	shift
	fetch_xen
	hypervisor=$XEN_IMAGE
	append="console=com1 com1=115200,8n1 dom0_mem=256M dom0_max_vcpus=4 loglvl=none"
fi
names=("$@")
[ ${#names[@]} = 0 ] && for d in "$SOCLE_TOP"/tests/guest/{*,hostile/*}/main.c; do d=${d#"$SOCLE_TOP/tests/guest/"} && [ "$d" = hostile/deaths/main.c ] || names+=("${d%/main.c}"); done

total=0 status=0
for name in "${names[@]}"; do
	log=$SOCLE_BUILD/log/guest-${name//\//-}.log
	mkdir -p "$SOCLE_BUILD/log"
	timeout -k 2 "${GUEST_TIMEOUT:-90}" qemu-system-x86_64 -accel "${GUEST_ACCEL:-tcg,thread=multi}" -smp "${GUEST_CPUS:-2}" -cpu "${QEMU_CPU:-qemu64}" -machine "${QEMU_MACHINE:-pc}" -m 512 \
		-display none -no-reboot -net none -serial "file:$log" -kernel "$hypervisor" -append "$append" \
		-initrd "$SOCLE_BUILD/tests/guest/$name.elf first second=2" </dev/null >/dev/null 2>&1
	tr -d '\r' <"$log" >"$log.txt"
	lines=$(grep -aE '^(\(XEN\) )?(not )?ok [0-9]' "$log.txt" | sed 's/^(XEN) //')
	count=$(grep -c . <<<"$lines")
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$log.txt")
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		total=$((total + 1))
		case $line in
		ok*) echo "ok $total - $name: ${line#* - }" ;;
		*) echo "not ok $total - $name: ${line#* - }"; status=1 ;;
		esac
	done <<<"$lines"
	if [ "${plan:-none}" != "$count" ] || [ "$count" = 0 ]; then
		total=$((total + 1)) status=1
		echo "not ok $total - $name: ended after $count tests, plan ${plan:-none}"
		tail -n 25 "$log.txt" | sed 's/^/# /'
	fi
done
echo "1..$total"
exit $status
