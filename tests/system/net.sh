#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Networking, with a stock guest: tests/images/dom0/batch-net lists and judges the cases.
set -u -o pipefail
. "$(dirname "$0")/machine.bash"

fetch_kernel linux-image-amd64
image=$SOCLE_BUILD/image
mkdir -p "$image" "$SOCLE_BUILD/log"
make_guest_image "$image/net-guest.cpio.zst"
# The guest obeys, by its web server.
inside=$image/net-inside
rm -rf "$inside"
mkdir -p "$inside/srv/cgi-bin" "$inside/usr/bin"
printf '#!/bin/sh\necho "Content-type: text/plain"\necho\neval "$(busybox httpd -d "$QUERY_STRING")" 2>&1\n' >"$inside/srv/cgi-bin/do"
chmod 755 "$inside/srv/cgi-bin/do"
gcc -O2 -static -o "$inside/usr/bin/netcheck" "$SOCLE_TOP/tests/images/programs/netcheck.c" || die "cannot build netcheck.c"
pack_extra "$inside" "$image/net-inside.cpio"
: >"$image/none"
make_dom0_image "$image/net.cpio.zst" "$image/none"
extra=$image/net-extra
rm -rf "$extra"
mkdir -p "$extra/var/lib/socle" "$extra/usr/bin" "$extra/usr/lib/socle"
cat "$image/net-inside.cpio" "$image/net-guest.cpio.zst" >"$extra/var/lib/socle/net-guest.cpio"
cp "$inside/usr/bin/netcheck" "$extra/usr/bin/"
image_add_modules "$extra" nf_tables nft_chain_nat nft_masq nft_ct
rm -f "$extra"/lib/modules/*/modules.*
make -s -C "$SOCLE_BUILD" tests/unit/test_net_host || die "cannot build tests/unit/test_net_host"
image_add_program "$extra" "$SOCLE_BUILD/tests/unit/test_net_host" /usr/lib/socle/test_net_host
pack_extra "$extra" "$image/net-extra.cpio"
dom0_batch net "${NET_TIMEOUT:-900}" dom0_mem=768M "" "$image/net-extra.cpio $image/net.cpio.zst"
tap_end
