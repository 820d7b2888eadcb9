#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Debug keys on the serial console: Ctrl-A three times gives the input to the hypervisor, and each key shows its part,
# with a dom0 that sleeps and with one that never does. The last key restarts the machine, which ends QEMU.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/log"

say_key() { printf '%b' "$1" >&"$keys"; }
seen() { # seconds pattern
	local tries=$(($1 * 5))
	until tr -d '\r' <"$log" | grep -aqE -- "$2"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.2
	done
}
shows() { # dom0 what pattern...
	local p
	for p in "${@:3}"; do
		if ! seen 20 "$p"; then
			tap 1 "$1: $2" "nothing says '$p'" "$(tap_console "$log" 30)"
			return
		fi
	done
	tap 0 "$1: $2"
}
machine() { # dom0's kernel
	log=$SOCLE_BUILD/log/keys-$1.log
	: >"$log"
	rm -f "$log.in" && mkfifo "$log.in"
	exec {keys}<>"$log.in"
	timeout -k 2 120 bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" -smp 2 -serial stdio \
		-kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "console=com1" -initrd "$SOCLE_BUILD/tests/system/$1.elf" \
		<&"$keys" >"$log" 2>"$log.qemu" &
	pid=$!
	seen 30 'dom0: kernel of' && sleep 2
	say_key 'd\001\001d'
	sleep 0.5
	say_key '\001\001\001h'
	shows "$1" "Ctrl-A three times lists the keys" 'Keys go to the hypervisor' '^\(hv\) key h: end$'
	! grep -aq 'key d: domains' "$log"
	tap $? "$1: before that keys are dom0's"
	say_key 'd'
	shows "$1" "d shows dom0" '^\(hv\) domain 0: live' '^\(hv\)   vCPU 0: ' '^\(hv\) key d: end$'
	say_key '*'
	shows "$1" "* shows all" '^\(hv\) key m: end$' '^\(hv\) key \*: end$'
	say_key '~'
	shows "$1" "what is no key is said to be none" 'key ~: there is none'
	say_key '\001\001\001hhh'
	shows "$1" "Ctrl-A three times returns the input" 'Keys go to domain 0'
	sleep 0.5
	[ "$(grep -ac 'key h: end' "$log")" = 1 ]
	tap $? "$1: after that keys are dom0's"
	say_key '\001\001\001R'
	wait $pid
	[ $? = 0 ] && grep -aq 'Restarting the machine, as the key asks' "$log"
	tap $? "$1: R restarts the machine" "$(tap_console "$log")"
	exec {keys}>&-
	rm -f "$log.in"
}

machine idle
machine spin
tap_end
