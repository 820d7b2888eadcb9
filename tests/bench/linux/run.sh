#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What basic operations of a stock Linux cost as dom0 on Socle and on the distribution's Xen: system call, fork, exec,
# page fault, mmap, a switch through a pipe. Arguments and results as for tests/bench/micro; nothing is judged, as most of
# each figure is Linux's own.
#   run.sh [--icount] [--runs N] [--socle-only | --xen-only]
set -u -o pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$SOCLE_TOP/tests/lib/kernel.sh"
. "$SOCLE_TOP/tests/lib/image.sh"
. "$SOCLE_TOP/tests/lib/qemu.sh"
. "$SOCLE_TOP/tests/bench/lib.bash"

bench_options "$@"
name=linux
[ $icount = 0 ] || name=linux-icount
fetch_kernel linux-image-amd64
# The program is all that the image holds.
root=$SOCLE_BUILD/image/osbench image=$SOCLE_BUILD/bench/osbench.cpio.zst
rm -rf "$root" && mkdir -p "$root" "$SOCLE_BUILD/bench"
gcc -O2 -Wall -static -o "$root/init" "$SOCLE_TOP/tests/bench/linux/osbench.c" || die "cannot build osbench.c"
image_pack "$root" "$image"
export BENCH_DOM0=320
bench_compare $name "$KERNEL_IMAGE console=hvc0 quiet,$image" "$unit" "Stock Linux as dom0 on Socle beside Xen 4.17"
