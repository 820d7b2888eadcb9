#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# From "socle create" to a guest's first line on its console: the kit's smallest guest beside a stock Linux, and many of it at once.
#   hello.sh [--count N]     N guests at once (200)
# Prints a table, writes build/bench/hello.csv. Exit code 1 when hello takes more than a tenth of Linux's time, or the last of the
# many more than 20 % longer than the first (medians of ten).
set -u -o pipefail
. "$(dirname "$0")/../system/machine.bash"

count=200
while [ $# -gt 0 ]; do
	case $1 in
	--count) count=${2:-}; shift ;;
	*) die "unknown argument '$1'; known: --count N" ;;
	esac
	shift
done
case $count in *[!0-9]* | "") die "--count takes a number" ;; esac
[ "$count" -ge 20 ] || die "--count: at least 20, so that the first ten are not the last ten"

fetch_kernel linux-image-amd64
bench=$SOCLE_BUILD/bench
mkdir -p "$bench/hello-extra/var/lib/socle"
make_guest_image "$SOCLE_BUILD/guest.cpio.zst"
make_dom0_image "$bench/hello.cpio.zst" "$SOCLE_BUILD/guest.cpio.zst"
strip -o "$bench/hello-extra/var/lib/socle/hello.elf" "$SOCLE_BUILD/guest-drivers/guests/hello.elf" || die "hello is not built; run make"
pack_extra "$bench/hello-extra" "$bench/hello-extra.cpio"
QEMU_MEMORY=4096 dom0_batch hello 1500 dom0_mem=1536M "socle.count=$count" "$bench/hello-extra.cpio $bench/hello.cpio.zst" >"$bench/hello.tap"
text=$SOCLE_BUILD/log/hello.txt
grep -q '^BATCH done' "$text" || { tail -n 12 "$text" >&2; die "it did not run to its end: $text"; }

# A phase may have a comma in its name.
phases() { sed -n "s/^BATCH $1-phase \(.*\);\(.*\)/\1;\2/p" "$text" | sed 's/, / and /g; s/\(.*\);\(.*\)/of it in socle create: \1,ms,\2/'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
linux=$(sed -n 's/^BATCH linux //p' "$text" | median)
hello=$(sed -n 's/^BATCH hello //p' "$text" | median)
first=$(sed -n 's/^BATCH many .*;//p' "$text" | head -n 10 | median)
last=$(sed -n 's/^BATCH many .*;//p' "$text" | tail -n 10 | median)
{
	echo "what,unit,value"
	echo "stock Linux: create to first line,ms,$linux"
	phases linux
	echo "hello: create to first line,ms,$hello"
	phases hello
	echo "first ten of $count: median,ms,$first"
	echo "last ten of $count: median,ms,$last"
	echo "running at once,guests,$(sed -n 's/^BATCH running //p' "$text")"
	echo "free memory of dom0 then,KiB,$(sed -n 's/^BATCH dom0-free-kib //p' "$text")"
} >"$bench/hello.csv"
awk -F, '{ printf "%-60s %-8s %10s\n", $1, $2, $3 }' "$bench/hello.csv"
rc=0
[ $((hello * 10)) -le "$linux" ] || { echo "MISSED: hello takes more than a tenth of a stock Linux's time"; rc=1; }
[ $((last * 10)) -le $((first * 12)) ] || { echo "MISSED: the last guests take more than 1.2 of the first ones' time"; rc=1; }
exit $rc
