#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Disks of a stock guest: fio verifies what it wrote while the workers are killed; errors of the device below. Nine small guests
# beside it, and commands, while each of dom0's daemons is killed in turn.
#   BLK_KILLS=N   how often all workers are killed, and a daemon with them (20)
# tests/images/dom0/batch-blk has the cases. dom0's vda holds fio for the guest, vdb is the guest's disk.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
image=$SOCLE_BUILD/image
mkdir -p "$image" "$SOCLE_BUILD/log"
make_guest_image "$image/guest.cpio.zst"
make_dom0_image "$image/blk.cpio.zst" "$image/guest.cpio.zst"

extra=$image/blk-extra
rm -rf "$extra"
mkdir -p "$extra"
image_add_program "$extra" "$(command -v dmsetup)" /usr/sbin/dmsetup
mkdir -p "$extra/var/lib/socle"
strip -o "$extra/var/lib/socle/steady.elf" "$SOCLE_BUILD/tests/system/steady.elf" || die "the steady guest is not built; run make"
pack_extra "$extra" "$image/blk-extra.cpio"

# fio with its libraries, on a file system of its own: far too much for a guest's memory.
root=$image/blk-tools
rm -rf "$root" "$image/blk-tools.img" "$image/blk-disk.img"
mkdir -p "$root"/{dev,proc,sys,tmp}
image_add_program "$root" "$(command -v fio)" /usr/bin/fio
mke2fs -q -t ext4 -d "$root" "$image/blk-tools.img" 160M || die "mke2fs failed"
truncate -s 96M "$image/blk-disk.img"

dom0_batch blk "${BLK_TIMEOUT:-900}" dom0_mem=640M "socle.kills=${BLK_KILLS:-20}" "$image/blk-extra.cpio $image/blk.cpio.zst" \
	-drive "file=$image/blk-tools.img,if=virtio,format=raw,read-only=on" \
	-drive "file=$image/blk-disk.img,if=virtio,format=raw,cache=unsafe"
tap_end
