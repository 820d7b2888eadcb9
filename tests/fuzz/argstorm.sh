#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A storm of random hypercalls in QEMU, from guests without privilege and from a bare control domain. TAP.
#   argstorm.sh [--seed N] [--count M] [--role domu|dom0] [--xen] [--cpus N] [--verbose] [--trace K]
# --verbose counts each kind of call, --trace shows the calls of a control domain from the K-th on, before they are made.
# The same seed and count make the same calls. Each guest of the role domu has a seed of its own, counted up from N.
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"

seed=1 count= roles="domu dom0" more= hypervisor=$SOCLE_BUILD/hypervisor/socle.elf append="console=com1" cpus=1
while [ $# -gt 0 ]; do
	case $1 in
	--seed) seed=${2:-}; shift 2 || die "--seed wants a number" ;;
	--count) count=${2:-}; shift 2 || die "--count wants a number" ;;
	--role) roles=${2:-}; shift 2 || die "--role wants domu or dom0" ;;
	--cpus) cpus=${2:-}; shift 2 || die "--cpus wants a number" ;;
	--verbose) more="$more verbose"; shift ;;
	--trace) more="$more trace=${2:-0}"; shift 2 || die "--trace wants the number of a call" ;;
	--xen) fetch_xen; hypervisor=$XEN_IMAGE append="console=com1 com1=115200,8n1 dom0_mem=256M loglvl=none"; shift ;;
	*) die "unknown option $1; see the head of this script" ;;
	esac
done
case $seed$count$cpus in *[!0-9]*) die "seed, count and cpus are numbers" ;; esac

n=0 status=0
say_tap() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; status=1; fi; }
for role in $roles; do
	case $role in domu) calls=${count:-100000} ;; dom0) calls=${count:-250000} ;; *) die "no role \"$role\"" ;; esac
	log=$SOCLE_BUILD/log/argstorm-$role.log
	mkdir -p "$SOCLE_BUILD/log"
	# The time limit is there against hanging; it grows with what was asked for.
	timeout -k 2 "${ARGSTORM_TIMEOUT:-$((150 + calls / 200))}" qemu-system-x86_64 -accel "${GUEST_ACCEL:-tcg,thread=multi}" -cpu "${QEMU_CPU:-qemu64}" \
		-machine "${QEMU_MACHINE:-pc}" -smp "$cpus" -m 512 -display none -no-reboot -net none -serial "file:$log" \
		${QEMU_MORE:-} -kernel "$hypervisor" -append "$append" \
		-initrd "$SOCLE_BUILD/tests/fuzz/argstorm.elf role=$role seed=$seed count=$calls$more" </dev/null >/dev/null 2>"$log.qemu"
	tr -d '\r' <"$log" | sed 's/^(XEN) \(# \|ok \|not ok \|1\.\.\|Bail\)/\1/' >"$log.txt"
	grep -a '^# ' "$log.txt"
	while IFS= read -r line; do
		case $line in
		ok*) say_tap 0 "$role: ${line#* - }" ;;
		*) say_tap 1 "$role: ${line#* - }" ;;
		esac
	done < <(grep -aE '^(not )?ok [0-9]' "$log.txt")
	grep -a . "$log.qemu" | head -n 3 | sed 's/^/# qemu: /'
	if ! grep -qa '^1\.\.[1-9]' "$log.txt"; then
		say_tap 1 "$role: seed $seed, count $calls: the machine did not get to the end"
		tail -n 25 "$log.txt" | sed 's/^/# /'
	fi
done
echo "1..$n"
exit $status
