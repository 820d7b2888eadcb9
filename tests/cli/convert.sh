#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What socle convert makes of xl's files, in TAP. In tests/cli/convert:
#
#   NAME.cfg        becomes exactly NAME.xml, which socle validate accepts, without a word
#   fail-NAME.cfg   is refused with exactly fail-NAME.out and exit code 3; where there is a fail-NAME.xml, --lenient prints that,
#                   with the same words and exit code 14
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
here=$top/tests/cli/convert
socle_needed
run() {
	"$socle" "$@" >"$work/out" 2>"$work/err"
	rc=$?
}
# The last line names the command, the others what was found.
found() { grep -v '^socle: ' "$work/err" | cmp -s - "$1"; }
ends_with() { sed -n 's/^socle: .* \[\([a-z-]*\)\]$/\1/p' "$work/err" | grep -qx "$1"; }

cd "$here" || exit 99
for f in *.cfg; do
	name=${f%.cfg}
	run convert "$f"
	case $name in
	fail-*)
		[ $rc = 3 ] && [ ! -s "$work/out" ] && found "$name.out" && grep -q '^socle: cannot convert ' "$work/err"
		verdict $? "$f is refused as expected"
		run convert --lenient "$f"
		if [ -e "$name.xml" ]; then
			[ $rc = 14 ] && cmp -s "$work/out" "$name.xml" && found "$name.out" && ends_with left-out
			verdict $? "$f: the rest of it is printed when that is asked for"
		else
			[ $rc = 3 ] && [ ! -s "$work/out" ] && ends_with bad-source
			verdict $? "$f: nothing comes of it in any case"
			continue
		fi
		;;
	*)
		[ $rc = 0 ] && [ ! -s "$work/err" ] && cmp -s "$work/out" "$name.xml"
		verdict $? "$f becomes $name.xml"
		;;
	esac
	run validate "$name.xml"
	[ $rc = 0 ]
	verdict $? "$name.xml is a description"
done
run convert nowhere.cfg
[ $rc = 3 ] && grep -q '^nowhere.cfg: cannot open: No such file' "$work/err"
verdict $? "a file that is not there"
head -c 1100000 /dev/zero | tr '\0' '#' >"$work/long.cfg"
run convert "$work/long.cfg"
[ $rc = 3 ] && grep -q 'is too large' "$work/err"
verdict $? "a file that is too long"
awk 'BEGIN { for (i = 0; i < 60000; i++) print "k" i "=1" }' >"$work/many.cfg"
run convert "$work/many.cfg"
[ $rc = 3 ] && grep -q 'it has more than 1000 keys' "$work/err" && [ "$(grep -c . "$work/err")" -lt 110 ]
verdict $? "a file of many keys is not read to its end"
awk 'BEGIN { printf "name=\"x\"\nmemory=64\nkernel=\"/k\"\ndisk = [ "; for (i = 0; i < 50000; i++) printf "\"/a,,xvda\",\n"; print "]" }' >"$work/disks.cfg"
timeout 60 "$socle" convert "$work/disks.cfg" >"$work/out" 2>"$work/all"
[ $? = 3 ] && [ ! -s "$work/out" ] && grep -q ': and [0-9]* more errors$' "$work/all" && [ "$(grep -c . "$work/all")" = 102 ]
verdict $? "a list that is long"
finish
