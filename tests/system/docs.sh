#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The commands that docs/ shows, run as they stand there, in one boot of dom0: tests/lib/doctest.py reads the pages.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

pages=("$SOCLE_TOP"/docs/{tutorial,guide}.md)
doctest=$SOCLE_TOP/tests/lib/doctest.py
log=$SOCLE_BUILD/log/docs.log

fetch_kernel linux-image-amd64
mkdir -p "$SOCLE_BUILD/image" "$SOCLE_BUILD/log"
: >"$SOCLE_BUILD/image/none"
make_dom0_image "$SOCLE_BUILD/image/docs.cpio.zst" "$SOCLE_BUILD/image/none"
extra=$SOCLE_BUILD/image/docs-extra
rm -rf "$extra"
mkdir -p "$extra/usr/lib/socle" "$extra/root"
ln -s /var/lib/socle/vmlinuz "$extra/vmlinuz"
"$doctest" script "${pages[@]}" >"$extra/usr/lib/socle/batch-docs" || die "the pages cannot be read"
chmod 755 "$extra/usr/lib/socle/batch-docs"
pack_extra "$extra" "$SOCLE_BUILD/image/docs-extra.cpio"
cat "$SOCLE_BUILD/image/docs-extra.cpio" "$SOCLE_BUILD/image/docs.cpio.zst" >"$SOCLE_BUILD/image/batch-docs.cpio" || die "no image of dom0"
: >"$log"
timeout -k 2 "${DOCS_TIMEOUT:-600}" bash -c '. "$0/tests/lib/common.sh"; . "$0/tests/lib/qemu.sh"; qemu_run "$@"' "$SOCLE_TOP" \
	-serial "file:$log" -kernel "$SOCLE_BUILD/hypervisor/socle.elf" -append "console=com1 dom0_mem=640M" \
	-initrd "$KERNEL_IMAGE console=hvc0 quiet socle.batch=docs,$SOCLE_BUILD/image/batch-docs.cpio" </dev/null >"$log.qemu" 2>&1
"$doctest" judge "$log" "${pages[@]}"
rc=$?
[ $rc = 0 ] || grep -q '^BATCH done' "$log" || tap_console "$log"
exit $rc
