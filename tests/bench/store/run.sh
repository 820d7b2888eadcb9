#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What an operation of the store costs with 10, 100 and 1000 domains' worth of nodes, beside Debian's xenstored. Both daemons run on this
# machine and serve their Unix socket; between xenstored and the libraries of Xen stands noxen.c, for it needs a domain 0 otherwise.
#   run.sh [--samples N] [--only socle|xen]
# Prints a table, writes build/bench/store.csv. Exit code 1 when an operation of ours costs more with 1000 than with 10 by a quarter (minimum).
set -u -o pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"

samples=200 only=all
while [ $# -gt 0 ]; do
	case $1 in
	--samples) samples=${2:-}; shift ;;
	--only) only=${2:-}; shift ;;
	*) die "unknown argument '$1'; known: --samples N, --only socle|xen" ;;
	esac
	shift
done
case $samples in *[!0-9]* | "" | 0) die "--samples takes a number" ;; esac
case $only in all | socle | xen) ;; *) die "--only takes socle or xen" ;; esac

out=$SOCLE_BUILD/bench
bench=$SOCLE_BUILD/tests/bench/store/bench
[ -x "$bench" ] || die "$bench is missing; run make first"
mkdir -p "$out"
work=$(mktemp -d) || exit 1
pid=
end() { [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$work"; }
trap end EXIT

start_socle() {
	"$SOCLE_BUILD/dom0-tools/stored/stored" -f --no-domains --socket "$work/run/socket" --state "$work/journal" &
	pid=$!
}

xen_root=
start_xen() {
	local p libs=
	for p in xen-utils-4.17 libxenmisc4.17 libxencall1 libxendevicemodel1 libxenevtchn1 libxenforeignmemory1 libxengnttab1 libxentoolcore1 libxentoollog1; do
		fetch_package "$p" "$SOCLE_CACHE/xenstored/$p"
		libs+=:$(find "$SOCLE_CACHE/xenstored/$p/root/usr" -type d -path '*lib/x86_64-linux-gnu' | tr '\n' ':')
	done
	xen_root=$SOCLE_CACHE/xenstored/xen-utils-4.17/root
	${CC:-cc} -D_GNU_SOURCE -O2 -Wall -shared -fPIC -o "$work/noxen.so" "$SOCLE_TOP/tests/bench/store/noxen.c" -ldl || die "noxen.c does not compile"
	mkdir -p "$work/lib"
	LD_PRELOAD=$work/noxen.so LD_LIBRARY_PATH=${libs#:} XENSTORED_RUNDIR=$work/run XENSTORED_ROOTDIR=$work/lib \
		"$xen_root/usr/lib/xen-4.17/bin/xenstored" -N --pid-file "$work/pid" &
	pid=$!
}

# Each number of domains with a daemon of its own: what the last run left behind is not measured.
measure() { # socle|xen domains
	local i
	rm -rf "$work/run"
	mkdir -p "$work/run"
	"start_$1"
	for i in $(seq 100); do [ -S "$work/run/socket" ] && break; sleep 0.1; done
	SOCLE_STORE_SOCKET=$work/run/socket timeout 300 "$bench" "$2" "$samples" | sed -n 's/^BENCH //p' >"$work/$1.$2" ||
		die "the measurement of $1 with $2 domains failed"
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	pid=
	[ "$(wc -l <"$work/$1.$2")" = 7 ] || die "the measurement of $1 with $2 domains did not come to its end"
}

who=()
[ "$only" = xen ] || who+=(socle)
[ "$only" = socle ] || who+=(xen)
for w in "${who[@]}"; do for n in 10 100 1000; do measure "$w" "$n"; done; done
{
	echo "who,domains,operation,min ns,median ns"
	for w in "${who[@]}"; do for n in 10 100 1000; do sed "s/;/,/g; s/^/$w,$n,/" "$work/$w.$n"; done; done
} >"$out/store.csv"
awk -F, '
	NR == 1 { next }
	{ v[$3, $1, $2] = $4; if (!($3 in seen)) { seen[$3] = 1; order[++k] = $3 } }
	function cell(op, who, n) { return (op, who, n) in v ? sprintf("%.1f", v[op, who, n] / 1000) : "-" }
	END {
		printf "%-30s %26s %26s\n", "us, minimum", "Socle: 10, 100, 1000", "Xen: 10, 100, 1000"
		for (i = 1; i <= k; i++) {
			o = order[i]
			printf "%-30s %8s %8s %8s %8s %8s %8s\n", o, cell(o, "socle", 10), cell(o, "socle", 100), cell(o, "socle", 1000),
				cell(o, "xen", 10), cell(o, "xen", 100), cell(o, "xen", 1000)
			# A mean over very few, when there are ten.
			if (o !~ /^making/ && v[o, "socle", 10] > 0 && v[o, "socle", 1000] > 1.25 * v[o, "socle", 10]) {
				printf "MISSED: %s costs more with 1000 domains\n", o
				bad = 1
			}
		}
		exit bad
	}' "$out/store.csv"
