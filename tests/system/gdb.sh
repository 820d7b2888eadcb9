#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# gdb with tests/gdb/socle.py on QEMU's stub: each command shows what it should. Then the debugger falsifies the frame
# table behind the hypervisor's back, and the audit has to find each lie.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

command -v gdb >/dev/null || { echo "1..0 # SKIP gdb is not installed"; exit 0; }
fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/log"
log=$SOCLE_BUILD/log/gdb.log stub=$(mktemp -u) out=$SOCLE_BUILD/log/gdb.out
image=$SOCLE_BUILD/hypervisor/socle.elf
: >"$log"
rm -f "$log.in" && mkfifo "$log.in"
exec {keys}<>"$log.in"
timeout -k 2 200 bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" -smp 2 -serial stdio \
	-gdb "unix:$stub,server=on,wait=off" -kernel "$image" -append "console=com1" -initrd "$SOCLE_BUILD/tests/system/idle.elf" \
	<&"$keys" >"$log" 2>"$log.qemu" &
qemu=$!
trap 'kill $qemu 2>/dev/null; rm -f "$stub" "$log.in"' EXIT

seen() { # seconds pattern [how often]
	local tries=$(($1 * 5))
	until [ "$(tr -d '\r' <"$log" | grep -acE -- "$2")" -ge "${3:-1}" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && kill -0 $qemu 2>/dev/null || return 1
		sleep 0.2
	done
}
debug() { # gdb commands...
	local args=() c
	for c in "$@"; do args+=(-ex "$c"); done
	timeout 60 gdb -q -nx -batch -ex 'set confirm off' -ex 'set pagination off' -ex "target remote $stub" \
		-x "$SOCLE_TOP/tests/gdb/socle.py" "${args[@]}" -ex detach "$image" >"$out" 2>&1 </dev/null
}
shows() { # what pattern...
	local p
	for p in "${@:2}"; do
		grep -qE -- "$p" "$out" && continue
		tap 1 "$1" "nothing says '$p'" "$(tail -n 20 "$out")"
		return
	done
	tap 0 "$1"
}

seen 60 'dom0: kernel of' && sleep 3
debug socle-cpus socle-domains 'socle-log 5'
shows "socle-cpus" '^CPU 0: (idle|domain 0)' '^CPU 1: (idle|domain 0)'
shows "socle-domains" '^domain 0: DOMAIN_LIVE, references [0-9]+' '^  vCPU 0: initialised, online'
shows "socle-log" '^\(hv\) dom0: '
root=$(printf '$root = %s' "((struct domain *)dom0)->vcpu[0]->root_kernel - (struct page *)0xffff818000000000")
debug "set $root" 'socle-page $root' 'socle-walk 0xffffffff80100000 $root<<12' 'socle-walk 0xffff828000200000' 'socle-walk 0xffffffffff000000 $root<<12'
shows "socle-page" '^frame [0-9a-f]+: owner domain 0' '^  count [1-9][0-9]* allocated' '^  type L4 table, count [1-9].* validated'
shows "socle-walk" '^L4 [0-9a-f]{12}\[511\]' '^L1 .* P .*US' '^machine address [0-9a-f]+$' '^not present'
debug 'socle-page' 'socle-page 0xffffffffff'
shows "misuse is told" 'usage: socle-page MFN' 'is beyond the memory'

# What the audit must find, and that it finds nothing before and after.
audits=0
audit() { # what pattern
	[ $audits = 0 ] && printf '\001\001\001' >&"$keys"
	audits=$((audits + 1))
	printf a >&"$keys"
	seen 60 '^\(hv\) key a: end$' $audits
	tr -d '\r' <"$log" | awk -v n=$audits '/key a: audit/ { i++ } i == n' >"$out"
	shows "audit: $1" "$2" '^\(hv\) audit: '
}
pg=$(printf '$pg = (struct page *)%s' '((struct domain *)dom0)->vcpu[0]->root_kernel')
audit "a good machine" '3?[0-9]* frames, .*: 0 faults$'
debug "set $pg" 'set $pg->count = $pg->count + 1'
audit "one reference too many" 'FAULT: frame [0-9a-f]+: count .* references and '
debug "set $pg" 'set $pg->count = $pg->count - 1' 'set $pg->type = $pg->type + 1'
audit "one type reference too many" 'FAULT: frame [0-9a-f]+: count .* of the type exist'
debug "set $pg" 'set $pg->type = $pg->type - 1' 'set dom0->tot_pages = dom0->tot_pages + 1'
audit "a page too many on the account" 'FAULT: domain 0: has [0-9]+ pages, is charged for'
debug 'set dom0->tot_pages = dom0->tot_pages - 1' "set \$slot = (unsigned long *)(0xffff830000000000 + ((((unsigned long)dom0->vcpu[0]->root_kernel - 0xffff818000000000) / 64) << 12)) + 262" \
	'set $kept = *$slot' 'printf "kept %lx\n", $kept' 'set *$slot = $kept | 0x200'
kept=$(sed -n 's/^kept //p' "$out")
audit "a foreign entry in the hypervisor's slots" 'FAULT: root [0-9a-f]+ slot 262: '
debug "set *((unsigned long *)(0xffff830000000000 + ((((unsigned long)dom0->vcpu[0]->root_kernel - 0xffff818000000000) / 64) << 12)) + 262) = 0x${kept:-0}"
audit "all mended" ': 0 faults$'
# Debug builds look at the end of the stack on every return to a guest.
if grep -aq '(debug)' "$log"; then
	debug "set *(unsigned long *)(((unsigned long)'smp.c'::info[0] & ~0x7fff) + 0x4000 + 1016) = 0"
	printf h >&"$keys"
	seen 30 'Panic on CPU 0: stack of CPU 0: [0-9]+ of [0-9]+ bytes used'
	tap $? "a stack that was too deep is a panic" "$(tap_console "$log")"
else
	printf R >&"$keys"
fi
wait $qemu
tap $? "the machine restarts" "$(tap_console "$log")"

# A CPU that the debugger holds half-way through its start: the others go on without it, and it may not join them later.
: >"$log"
timeout -k 2 200 bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" -smp 2 -serial stdio -S \
	-gdb "unix:$stub,server=on,wait=off" -kernel "$image" -append "console=com1" -initrd "$SOCLE_BUILD/tests/system/idle.elf" \
	<&"$keys" >"$log" 2>"$log.qemu" &
qemu=$!
for _ in $(seq 50); do [ -S "$stub" ] && break; sleep 0.2; done
debug 'hbreak desc_init_cpu if $rdi == 1' continue 'printf "at %d\n", $_thread' 'set scheduler-locking on' 'thread 1' delete \
	'hbreak dom0_create' continue
shows "a CPU can be held while it starts" '^at 2$'
seen 30 '^\(hv\) CPU with APIC id 1 stops while it starts; it is left out'
tap $? "a CPU that stops while it starts is left out" "$(tap_console "$log")"
seen 30 'dom0: kernel of' && sleep 2 && printf '\001\001\001d' >&"$keys"
seen 30 '^\(hv\) key d: end$'
tap $? "the machine runs without it" "$(tap_console "$log" 30)"
debug socle-cpus 'thread 2'
shows "the late CPU has stopped for good" '^CPU 0: (idle|domain 0)' '^#0  cpu_stop '
kill $qemu
wait $qemu 2>/dev/null
tap_end
