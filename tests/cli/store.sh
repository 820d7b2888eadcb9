#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The store daemon, its client and what is kept between two daemons, on a machine without a hypervisor: killed while clients write,
# stopped, with a state that is torn, foreign or cannot be written.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
stored=${STORED:-./dom0-tools/stored/stored} client=${SOCLE_STORE:-./dom0-tools/stored/socle-store}
[ -x "$stored" ] && [ -x "$client" ] || skip "no program at $stored"
pid=
end() { [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$work"; }
trap end EXIT
export SOCLE_STORE_SOCKET=$work/socket
state=$work/state/journal
show() { echo "${1:-}"; tail -n 5 "$work/log"; }
start() { # [OPTION...]
	"$stored" -f --no-domains --socket "$work/socket" --state "$state" "$@" 2>>"$work/log" &
	pid=$!
	for _ in $(seq 500); do "$client" control help >/dev/null 2>&1 && return; sleep 0.02; done
	return 1
}
stop() { # SIGNAL
	kill "-$1" "$pid" && wait "$pid" 2>/dev/null
	pid=
}
restarts() { "$client" control journal | sed -n 's/^restarts //p'; }

start
verdict $? "it starts"
"$client" write /a 1 /a/b 'two words' /c '' && "$client" chmod /a/b n3 r5 && "$client" rm /c
stop TERM
start
[ "$("$client" read /a /a/b | tr '\n' ' ')" = "1 two words " ] && ! "$client" read /c 2>/dev/null
verdict $? "what was written before a SIGTERM is there" "$("$client" ls)"
stop KILL
start
[ "$("$client" read /a/b)" = "two words" ] && [ "$(restarts)" = 2 ]
verdict $? "and after a SIGKILL" "$("$client" control journal)"
"$client" control check | grep -q consistent
verdict $? "the tree is consistent"

# Writers that count what was acknowledged, a watcher, and a daemon that is killed all the time.
write_all() { # WRITER COUNT
	local i=0
	while [ $i -lt "$2" ]; do
		if "$client" write "/w/$1/left" "$i" "/w/$1/right" "$i" 2>"$work/err.$1"; then i=$((i + 1))
		else grep -q 'not running' "$work/err.$1" || { echo "writer $1, $i: $(cat "$work/err.$1")" >>"$work/bad"; return; }; fi
		[ $i = 0 ] || [ "$("$client" read "/w/$1/left" 2>/dev/null || echo $((i - 1)))" = $((i - 1)) ] ||
			{ echo "writer $1: $((i - 1)) was acknowledged, and is gone" >>"$work/bad"; return; }
	done
	echo "$1" >>"$work/done"
}
: >"$work/done"
"$client" watch /w/1/left >"$work/seen" 2>"$work/watch.err" &
watcher=$!
for w in 1 2 3; do write_all $w 300 & done
kills=0
while [ "$(wc -l <"$work/done" 2>/dev/null || echo 0)" -lt 3 ] && [ ! -e "$work/bad" ] && [ $kills -lt 400 ]; do
	sleep 0.05
	stop KILL
	kills=$((kills + 1))
	start || break
done
[ ! -e "$work/bad" ] && [ "$(wc -l <"$work/done")" = 3 ] && [ $kills -gt 1 ]
verdict $? "three clients write while it is killed $kills times" "$(head -n 3 "$work/bad" 2>/dev/null) done: $(tr '\n' ' ' <"$work/done")"
for w in 1 2 3; do [ "$("$client" read "/w/$w/left")" = 299 ] && [ "$("$client" read "/w/$w/right")" = 299 ]; done
verdict $? "all that was acknowledged is there" "$("$client" ls /w)"
lines=$(wc -l <"$work/seen")
"$client" write /w/1/left last
for _ in $(seq 100); do [ "$(wc -l <"$work/seen")" -gt "$lines" ] && break; sleep 0.05; done
kill -0 $watcher && [ "$(wc -l <"$work/seen")" -gt "$lines" ]
verdict $? "who watched all the time still hears of changes" "$lines lines, $(cat "$work/watch.err")"
kill $watcher
wait $watcher 2>/dev/null

# What a successor may find.
stop KILL
printf 'half a record' >>"$state"
start
[ "$("$client" read /w/1/left)" = last ]
verdict $? "a torn record at the end is cut off"
stop KILL
echo 'this is no journal' >"$state"
start
! "$client" read /w/1/left 2>/dev/null && "$client" read /tool/xenstored >/dev/null && [ -e "$state.bad" ] && grep -q 'cannot be taken over' "$work/log"
verdict $? "what is no journal is set aside, with a message"
stop KILL
sed 's/[0-9a-f]\{8\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{12\}/00000000-0000-0000-0000-000000000000/' "$state" >"$work/other"
cp "$work/other" "$state"
start
verdict $? "one whose checksum is wrong does not keep it from starting"
# With nowhere to write it serves on, says so, and keeps nothing stale.
stop KILL
rm -rf "$work/state"
: >"$work/state"
start && "$client" write /x y && [ "$("$client" read /x)" = y ] && grep -q 'cannot keep the store' "$work/log"
verdict $? "without a place for its state it serves, and says what that means"
stop TERM
# As under systemd: no capabilities, and the call that gives them up is forbidden.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	timeout 20 setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$stored" --no-domains --socket "$work/socket" --state "$work/plain" --pidfile "$work/pid" 2>>"$work/log"
	pid=$(cat "$work/pid") && ! grep -E '^Cap(Inh|Prm|Eff|Amb)' "/proc/$pid/status" | grep -qv '\s0\{16\}$' && grep -q 'NoNewPrivs:.*1' "/proc/$pid/status"
	verdict $? "it serves without any capability" "$(grep Cap "/proc/$pid/status")"
	kill "$pid"
	for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
	pid=
fi
"$client" read /x 2>"$work/err"
[ $? = 1 ] && grep -q 'store daemon is not running' "$work/err"
verdict $? "without a daemon a command says so" "$(cat "$work/err")"
finish
