#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is missing, builds everything, runs every test, prints "N passed, N failed".
#   check.sh [--full] [ring...]    rings: lint abi build unit fuzz cli guest system debug   (all of them when none is named)
# --full: every script on both builds and at its own length, attacks on backends, and the installation on a real Debian; hours.
# The ring debug runs guest and system again, on a build with checks: of the order of locks, of the depth of stacks, of what
# the hypervisor promises itself.
set -u -o pipefail
. "$(dirname "$0")/tests/lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/lwip.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"

# Two lanes run side by side at the end; both add to one list, "passed failed" a line.
results=$SOCLE_BUILD/log/results
count() { echo "$1 $2" >>"$results"; }
result() { # status name
	case $1 in
	0) count 1 0; echo "ok - $2" ;;
	*) count 0 1; echo "not ok - $2" ;;
	esac
}
# Counts the TAP lines of a script; a non-zero exit without a "not ok" counts as one failure.
run_tap() { # name command...
	local name=$1 out good bad rc
	shift
	out=$SOCLE_BUILD/log/$name.tap
	"$@" >"$out" 2>&1
	rc=$?
	good=$(grep -c '^ok ' "$out")
	bad=$(grep -c '^not ok ' "$out")
	if [ "$rc" != 0 ] && [ "$bad" = 0 ]; then bad=1; tail -n 20 "$out"; fi
	[ "$rc" = 0 ] && [ "$good" = 0 ] && { bad=1; echo "$name ran no test"; }
	count "$good" "$bad"
	# What failed and the lines it says about it, for a reader who has this output and no more.
	awk '/^not ok / { print; n = 12; next } /^#/ && n > 0 { print; n--; next } { n = 0 }' "$out" | sed "s/^/$name: /"
	echo "$name: $good ok, $bad not ok ($((SECONDS / 60)) min $((SECONDS % 60)) s)"
}
ring() { [ ${#rings[@]} = 0 ] && return 0; local r; for r in "${rings[@]}"; do [ "$r" = "$1" ] && return 0; done; return 1; }

full=0
[ "${1:-}" != --full ] || { full=1; shift; }
rings=("$@")
mkdir -p "$SOCLE_BUILD/log"
: >"$results"
# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $RUN_PACKAGES $TEST_PACKAGES
fetch_lwip
build_socle --with-lwip="$LWIP_DIR"
result 0 "build: gcc"

ring lint && for t in "$SOCLE_TOP"/tests/lint/*.sh; do [ -e "$t" ] && run_tap "lint-$(basename "$t" .sh)" bash "$t"; done
ring abi && run_tap abi env CC=gcc bash "$SOCLE_TOP/tests/abi/check_layout.sh"
if ring build; then
	say "building with clang"
	rm -rf "$SOCLE_BUILD/clang" && mkdir -p "$SOCLE_BUILD/clang"
	(cd "$SOCLE_BUILD/clang" && "$SOCLE_TOP/configure" -q CC=clang --enable-debug --with-lwip="$LWIP_DIR" && make -s -j"$(nproc)" all) >"$SOCLE_BUILD/log/clang.log" 2>&1
	rc=$?
	result $rc "build: clang, debug"
	[ $rc = 0 ] || tail -n 20 "$SOCLE_BUILD/log/clang.log"
fi
if ring unit; then
	say "unit tests"
	# Several wait more than they compute.
	make -s -k -C "$SOCLE_BUILD" -j$((2 * $(nproc) + 1)) check-unit >"$SOCLE_BUILD/log/unit.log" 2>&1
	rc=$?
	n=$(sed -n 's/^# PASS: *//p' "$SOCLE_BUILD/log/unit.log" | tail -n 1)
	bad=$(sed -n 's/^# \(FAIL\|ERROR\|XPASS\): *\([0-9]*\)/\2/p' "$SOCLE_BUILD/log/unit.log" | awk '{s+=$1} END{print s+0}')
	[ "$rc" = 0 ] || [ "$bad" != 0 ] || bad=1
	count "${n:-0}" "$bad"
	[ "$rc" = 0 ] || { tail -n 40 "$SOCLE_BUILD/log/unit.log"; cat "$SOCLE_BUILD"/tests/unit/*.log 2>/dev/null | grep -a '%\|:[FE]:\|ERROR: ' | head -n 40; }
	echo "unit: ${n:-0} programs ok, $bad not ok"
fi

scripts() { # build-folder prefix folder, but not those named: each script of tests/FOLDER
	local t
	for t in "$SOCLE_TOP/tests/$3"/*.sh; do
		case " ${*:4} " in *" ${t##*/} "*) continue ;; esac
		run_tap "$2-$(basename "$t" .sh)" env SOCLE_BUILD="$1" SOCLE_CACHE="$SOCLE_CACHE" bash "$t"
	done
}
# What differs by the hypervisor's build is in both lanes. The rest is shared out so that both take about as long: the demo builds for itself;
# boots of many machines and kernels differ by what runs on the hypervisor; devices, guests, networks and pages of docs/ are mostly dom0's
# processes, as are the hostile guests whom it starts (those that are dom0 themselves are in both); loads on several CPUs find more where
# locks and frames are checked. What is in by_hand, docs/open-ends.md has. With --full both lanes run all, at its own length; else what goes
# in rounds goes in fewer.
by_hand="hostilefront.sh hostileback.sh"
release_only="demo.sh devices.sh docs.sh domu.sh kernels.sh kit.sh machines.sh netguests.sh see.sh"
debug_only="bad.sh badboot.sh blk.sh gdb.sh guests.sh keys.sh net.sh nmi.sh smp.sh"
if [ $full = 1 ]; then
	by_hand="" release_only=demo.sh debug_only=""
else
	export BAD_ROUNDS=${BAD_ROUNDS:-10} BAD_FAULTS=${BAD_FAULTS:-5} BLK_KILLS=${BLK_KILLS:-8} SMP_SECONDS=${SMP_SECONDS:-10}
fi
release_lane() {
	ring guest && scripts "$SOCLE_BUILD" guest guest
	ring guest && run_tap bench-smoke bash "$SOCLE_TOP/tests/bench/smoke.sh"
	# shellcheck disable=SC2086
	ring system && scripts "$SOCLE_BUILD" system system $by_hand $debug_only
	return 0
}
debug_lane() {
	local t rc
	ring fuzz && run_tap fuzz bash "$SOCLE_TOP/tests/fuzz/run.sh" && run_tap fuzz-argstorm bash "$SOCLE_TOP/tests/fuzz/argstorm.sh"
	ring cli && for t in "$SOCLE_TOP"/tests/cli/*.sh; do run_tap "cli-$(basename "$t" .sh)" env -C "$SOCLE_BUILD" srcdir="$SOCLE_TOP" bash "$t"; done
	ring debug || return 0
	mkdir -p "$SOCLE_BUILD/debug/log"
	(cd "$SOCLE_BUILD/debug" && { [ -e Makefile ] || "$SOCLE_TOP/configure" -q --enable-debug --with-lwip="$LWIP_DIR"; } &&
		make -s -j"$(nproc)" all) >"$SOCLE_BUILD/log/debug.log" 2>&1
	rc=$?
	result $rc "build: gcc, debug"
	[ $rc = 0 ] || tail -n 20 "$SOCLE_BUILD/log/debug.log"
	# shellcheck disable=SC2086
	scripts "$SOCLE_BUILD/debug" debug guest $release_only
	# shellcheck disable=SC2086
	scripts "$SOCLE_BUILD/debug" debug system $by_hand $release_only
}

if ring guest || ring system || ring debug; then fetch_kernel linux-image-amd64; fi
say "guests and systems: fuzzers and the debug build beside them"
debug_lane &
release_lane
wait
[ $full = 0 ] || run_tap install bash "$SOCLE_TOP/tests/install/run.sh"

passed=$(awk '{ s += $1 } END { print s + 0 }' "$results") failed=$(awk '{ s += $2 } END { print s + 0 }' "$results")
echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
