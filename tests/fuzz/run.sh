#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Fuzzes the modules that compile on the host, with libFuzzer under address and undefined-behaviour sanitizers.
#   run.sh [--seconds N | --runs N] [target...]     a fixed number of runs each, unless told; TAP
#   run.sh --reproduce FILE target                  one input, with the whole report
# Findings are kept as build/fuzz/TARGET-crash-*, the corpus in build/fuzz/corpus.
set -u -o pipefail
. "$(dirname "$0")/../lib/common.sh"

build=$SOCLE_BUILD/fuzz here=$SOCLE_TOP/tests/fuzz
mode=runs amount= input=
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) mode=seconds amount=${2:-}; shift 2 || die "--seconds wants a number" ;;
	--runs) amount=${2:-}; shift 2 || die "--runs wants a number" ;;
	--reproduce) input=$(realpath -- "${2:-}") || die "no such input: ${2:-}"; shift 2 ;;
	-*) die "unknown option $1; see the head of this script" ;;
	*) break ;;
	esac
done
case $amount in *[!0-9]*) die "\"$amount\" is not a number" ;; esac
[ "$mode" = runs ] || [ -n "$amount" ] || die "--seconds wants a number"

mkdir -p "$build"
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n ? 0 : 0; }' |
	clang -x c -fsanitize=fuzzer,address,undefined -o "$build/probe" - 2>"$build/probe.log" || {
	echo "not ok 1 - libFuzzer is here"
	echo "# clang cannot link -fsanitize=fuzzer,address; install clang and libclang-rt-14-dev (log: $build/probe.log)"
	echo "1..1"
	exit 1
}
make_targets() { make -s -f "$here/fuzz.mk" S="$SOCLE_TOP" B="$build" "$@"; }
make_targets -k -j2 all >"$build/make.log" 2>&1 || { tail -n 30 "$build/make.log" >&2; die "the fuzz targets do not build (all of it: $build/make.log)"; }
rm -rf "$build/seeds" && mkdir -p "$build/seeds" && "$build/mkseeds" "$build/seeds" || die "cannot write seeds"
mkdir -p "$build/seeds/config" && cp "$SOCLE_TOP"/tests/cli/*.xml "$build/seeds/config/"
mkdir -p "$build/seeds/convert" && cp "$SOCLE_TOP"/tests/cli/convert/*.cfg "$build/seeds/convert/"

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
list=$(make_targets list)
names=("$@")
if [ -n "$input" ]; then
	[ ${#names[@]} = 1 ] || die "--reproduce wants one target: $(echo "$list" | cut -d' ' -f1 | tr '\n' ' ')"
	exec "$build/fuzz_${names[0]}" "$input"
fi
for t in "${names[@]}"; do grep -q "^$t " <<<"$list" || die "no target \"$t\"; there are: $(echo "$list" | cut -d' ' -f1 | tr '\n' ' ')"; done

n=0 status=0
while read -r t runs len more; do
	[ ${#names[@]} = 0 ] || [[ " ${names[*]} " == *" $t "* ]] || continue
	n=$((n + 1))
	corpus=$build/corpus/$t log=$build/$t.log dirs=()
	mkdir -p "$corpus"
	for d in "$build/seeds/$t" "$here/seeds/$t"; do [ -d "$d" ] && dirs+=("$d"); done
	args=(-seed=1 -max_len="$len" -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 -artifact_prefix="$build/$t-")
	# shellcheck disable=SC2206
	args+=($more)
	[ -e "$here/dict/$t.txt" ] && args+=(-dict="$here/dict/$t.txt")
	# A budget in runs cannot fail on a loaded machine; the time limit only stops what hangs.
	limit=900
	if [ "$mode" = seconds ]; then args+=(-max_total_time="$amount"); limit=$((amount + 300)); else args+=(-runs="${amount:-$runs}"); [ -n "$amount" ] && limit=86400; fi
	if timeout -k 5 "$limit" "$build/fuzz_$t" "${args[@]}" "$corpus" "${dirs[@]}" >"$log" 2>&1; then
		done_runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		cov=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
		echo "ok $n - $t: ${done_runs:-?} runs, ${cov:-cov: ?} edges"
	else
		status=1
		echo "not ok $n - $t"
		grep -aE 'claim|ERROR: |runtime error|^SAFETY|Test unit written|SUMMARY' "$log" | head -n 8 | sed 's/^/# /'
		echo "# log: $log; again with: tests/fuzz/run.sh --reproduce FILE $t"
	fi
done <<<"$list"
echo "1..$n"
exit $status
