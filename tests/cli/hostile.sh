#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Files that nobody should have written, disks that are full, and operators who work at once on one guest, in TAP; as far as it
# needs no hypervisor. What single mistakes are answered with is in run.sh and convert.sh, what happens when single calls fail in fault.sh.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
here=$top/tests/cli
socle_needed
mounted=
trap '[ -z "$mounted" ] || umount "$work/small"; rm -rf "$work"' EXIT
SOCLE_GUESTS=$work/guests SOCLE_EVENTS=$work/events SOCLE_JOURNAL=$work/none
export SOCLE_GUESTS SOCLE_EVENTS SOCLE_JOURNAL

# --- descriptions ------------------------------------------------------------------------------
# With little time and little memory: 400 MB of addresses are enough for the libraries.
refused() { # NAME PATTERN: $work/bad.xml, with exit code 3, this in the text, and not too much of it
	(ulimit -v 400000; exec timeout 20 "$socle" validate "$work/bad.xml") >"$work/out" 2>"$work/err"
	[ $? = 3 ] && [ ! -s "$work/out" ] && grep -q -- "$2" "$work/err" && [ "$(grep -c . "$work/err")" -le 101 ] && [ "$(wc -c <"$work/err")" -lt 100000 ]
	verdict $? "$1"
}
bad() { printf '%b' "$1" >"$work/bad.xml"; }
around() { # what stands inside <domain>
	printf "<domain type='xen'><name>x</name><memory>65536</memory><os><type>linux</type><kernel>/k</kernel></os>%s</domain>" "$1" >"$work/bad.xml"
}
{
	echo '<!DOCTYPE d [<!ENTITY a0 "ha">'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "<!ENTITY a$i \"&a$((i - 1));&a$((i - 1));&a$((i - 1));&a$((i - 1));\">"; done
	echo ']><domain type="xen"><name>&a20;</name></domain>'
} >"$work/bad.xml"
refused "entities that double and double" "DOCTYPE is not allowed\|entity\|Entity"
echo "secret-words" >"$work/secret"
bad "<!DOCTYPE d [<!ENTITY s SYSTEM 'file://$work/secret'>]>\n<domain type='xen'><name>&s;</name></domain>"
refused "an entity that names a file" "."
! grep -q secret-words "$work/err"
verdict $? "the file is not read"
bad "<domain type='xen' xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='$work/secret' parse='text'/></domain>"
refused "an inclusion" "<include> is not known\|namespace\|not known inside"
! grep -q secret-words "$work/err"
verdict $? "nothing is included"
head -c 400000 /dev/zero | tr '\0' 'x' | sed 's/x/<a>/g' | head -c 1000000 >"$work/bad.xml"
refused "elements that are nested 300000 deep" "."
{ printf "<domain type='"; head -c 1000000 /dev/zero | tr '\0' 'x'; printf "'/>"; } >"$work/bad.xml"
refused "an attribute of a megabyte" "."
{ printf '<domain '; awk 'BEGIN { for (i = 0; i < 12000; i++) printf "a%d=\"\" ", i }'; printf '/>'; } >"$work/bad.xml"
refused "12000 attributes" "."
{ printf '<domain '; awk 'BEGIN { for (i = 0; i < 30000; i++) printf "xmlns:a%d=\"u%d\" ", i, i }'; printf '/>'; } >"$work/bad.xml"
refused "30000 namespaces" "."
{ printf '<'; head -c 900000 /dev/zero | tr '\0' 'd'; printf '/>'; } >"$work/bad.xml"
refused "an element whose name has 900000 letters" "."
{ printf '<domain>'; yes '<!-- --><?p ?>' | head -n 60000; printf '</domain>'; } >"$work/bad.xml"
refused "comments and instructions without end" "<name> is missing"
bad "<domain type='xen'><name>\\0377\\0376</name></domain>"
refused "bytes that are no UTF-8" "."
bad "<domain type='xen'><name>a\\0b</name></domain>"
refused "a byte 0" "."
bad '\0377\0376<\0/\0'
refused "UTF-16 that is cut off" "."
bad "<?xml version='1.0' encoding='EBCDIC-CP-XX'?><domain/>"
refused "an encoding that nobody knows" "."
bad '\0\0\0\0\0\0\0\0'
refused "nothing but zeroes" "."
around "<vcpu>99999999999999999999999999</vcpu>"
refused "a number that is too large" "is not a number of CPUs"
around "<vcpu>-1</vcpu>"
refused "a negative number" "is not a number of CPUs"
around "<vcpu>0x2</vcpu>"
refused "a number of another kind" "is not a number of CPUs"
around "<vcpu>2</vcpu><vcpu>2</vcpu><name>y</name>"
refused "what may stand once stands twice" "<name> is given twice"
around "<devices><disk type='file'><source file='/a'/><source file='/b'/><target dev='xvda'/></disk></devices>"
refused "and so inside a disk" "<source> is given twice"
around "<devices><disk type='file'><source file='/a'/><target dev='xvda'/></disk><disk type='file'><source file='/b'/><target dev='xvda'/></disk></devices>"
refused "two disks of one name" "target 'xvda' is used by another disk"
around "<on_crash><destroy/></on_crash>"
refused "an element where text should be" "<destroy> is not known inside <on_crash>"
around "<features><acpi/></features><clock offset='utc'/><devices><graphics type='vnc'/><emulator>/x</emulator><hostdev/></devices>"
refused "what libvirt has and Socle has not" "/domain/devices/graphics"
[ "$(grep -c ' is not known inside ' "$work/err")" = 5 ] && grep -q '^.*:1:[0-9]*: <clock> is not known inside <domain>.* (/domain/clock)$' "$work/err"
verdict $? "all of it is named, each with line, column and XPath"

# --- files that are none -----------------------------------------------------------------------
odd() { # NAME PATTERN PATH
	timeout 20 "$socle" validate "$3" >"$work/out" 2>"$work/err"
	[ $? = 3 ] && grep -q -- "$2" "$work/err"
	verdict $? "$1"
}
mkfifo "$work/fifo"
odd "a pipe that nobody writes to" "not a regular file" "$work/fifo"
odd "a device without end" "not a regular file" /dev/zero
ln -s loop "$work/loop"
odd "a link to itself" "cannot open: Too many levels" "$work/loop"
odd "a path that is too long" "cannot open: File name too long" "/$(head -c 5000 /dev/zero | tr '\0' 'a')"
head -c 1048577 /dev/zero >"$work/large"
odd "a file of more than a megabyte" "is too large" "$work/large"
for command in create plan define convert; do
	timeout 20 "$socle" $command "$work/fifo" >"$work/out" 2>"$work/err"
	[ $? = 3 ] && grep -q 'not a regular file' "$work/err"
	verdict $? "socle $command with a pipe"
done

# --- names that are paths ----------------------------------------------------------------------
mkdir -p "$SOCLE_GUESTS"
cp "$here/pass-minimal.xml" "$work/victim.xml"
for name in ../victim . .. "a/b" "" "-x" "$(head -c 300 /dev/zero | tr '\0' 'a')"; do
	timeout 20 "$socle" undefine -- "$name" >"$work/out" 2>"$work/err"
	rc=$?
	[ $rc != 0 ] && [ $rc -le 14 ] && [ -e "$work/victim.xml" ]
	verdict $? "undefine '$(echo "$name" | head -c 20)' is refused"
done

# --- a definition that was changed by hand -----------------------------------------------------
"$socle" define "$here/pass-full.xml"
name=web-1.example_com+x
for change in "s/<vcpu>4/<vcpu>four/" "s/$name/other/" "s/<uuid>.*<.uuid>//" "s/.*//"; do
	sed "$change" "$here/pass-full.xml" >"$SOCLE_GUESTS/$name.xml"
	timeout 20 "$socle" rename $name new >"$work/out" 2>"$work/err"
	[ $? = 3 ] && grep -q '\[bad-definition\]$' "$work/err" && [ ! -e "$SOCLE_GUESTS/new.xml" ]
	verdict $? "a definition after sed '$change' is not used"
done
"$socle" undefine $name 2>"$work/err"
[ -z "$(ls "$SOCLE_GUESTS")" ]
verdict $? "it can be taken away all the same"

# --- a full disk -------------------------------------------------------------------------------
describe() { # NAME UUID VCPUS
	printf "<domain type='xen'><name>%s</name><uuid>%s</uuid><memory>65536</memory><vcpu>%s</vcpu>" "$1" "$2" "$3"
	printf "<os><type>linux</type><kernel>/k</kernel></os></domain>\n"
}
one=c7a5fdb2-cdaf-9455-926a-d65c16db1809
mkdir "$work/small"
if mount -t tmpfs -o size=32k none "$work/small" 2>/dev/null; then
	mounted=yes
	describe web $one 1 >"$work/web1.xml"
	describe web $one 2 >"$work/web2.xml"
	SOCLE_GUESTS=$work/small/guests "$socle" define "$work/web1.xml"
	dd if=/dev/zero of="$work/small/fill" bs=4k 2>/dev/null
	SOCLE_GUESTS=$work/small/guests timeout 20 "$socle" define "$work/web2.xml" >"$work/out" 2>"$work/err"
	[ $? = 1 ] && grep -q 'No space left on device' "$work/err" && grep -q '<vcpu>1' "$work/small/guests/web.xml" && [ "$(ls "$work/small/guests")" = web.xml ]
	verdict $? "a full disk: the definition is the old one, and nothing lies beside it"
	rm "$work/small/fill"
	SOCLE_GUESTS=$work/small/guests "$socle" define "$work/web2.xml" 2>"$work/err" && grep -q '<vcpu>2' "$work/small/guests/web.xml"
	verdict $? "when there is room again it goes on"
else
	echo "# no right to mount: full disks are left to fault.sh"
fi

# --- operators who work at once ----------------------------------------------------------------
# Names that are reserved are so for the whole host: they are nobody else's.
web=web$$
: >"$work/out"; : >"$work/err"
rm -rf "$SOCLE_GUESTS"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do describe $web $one $i >"$work/at-$i.xml"; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do "$socle" define "$work/at-$i.xml" 2>>"$work/err" & done
wait
[ ! -s "$work/err" ] && [ "$(ls "$SOCLE_GUESTS")" = $web.xml ] && [ "$(cat "$work"/at-*.xml | grep -cxF "$(sed '1d; s/"/'"'"'/g' "$SOCLE_GUESTS/$web.xml")")" = 1 ]
verdict $? "16 define one guest: one of the descriptions is there, whole"
: >"$work/rc"
for i in 1 2 3 4 5 6 7 8; do { "$socle" rename $web "new$i-$$" 2>>"$work/err"; echo $? >>"$work/rc"; } & done
wait
[ "$(sort "$work/rc" | uniq -c | tr -s ' ' | tr '\n' ';')" = " 1 0; 7 4;" ] && [ "$(ls "$SOCLE_GUESTS" | grep -c '^new[1-8]-')" = 1 ] && [ "$(ls "$SOCLE_GUESTS" | wc -l)" = 1 ]
verdict $? "8 rename it: one does, the others find it gone"
rm -rf "$SOCLE_GUESTS"; : >"$work/rc"; : >"$work/err"
for i in 1 2 3 4 5 6 7 8; do
	describe "twin$i-$$" $one 1 >"$work/twin-$i.xml"
	{ "$socle" define "$work/twin-$i.xml" 2>>"$work/err"; echo $? >>"$work/rc"; } &
done
wait
[ "$(sort "$work/rc" | uniq -c | tr -s ' ' | tr '\n' ';')" = " 1 0; 7 5;" ] && [ "$(ls "$SOCLE_GUESTS" | wc -l)" = 1 ]
verdict $? "8 define guests of one UUID: one may"
rm -rf "$SOCLE_GUESTS"; : >"$work/rc"; : >"$work/err"
for i in 1 2 3 4 5 6 7 8 9 10; do
	{ "$socle" define "$work/at-3.xml" 2>>"$work/err"; echo "define $?" >>"$work/rc"; } &
	{ "$socle" autostart --order $i $web 2>>"$work/err"; echo "autostart $?" >>"$work/rc"; } &
	{ "$socle" undefine $web 2>>"$work/err"; echo "undefine $?" >>"$work/rc"; } &
done
wait
! grep -qv '^define 0$\|^autostart [04]$\|^undefine [04]$' "$work/rc" && [ "$(grep -c '^define 0$' "$work/rc")" = 10 ] && ! ls "$SOCLE_GUESTS" | grep -qv '^'$web'\.xml$\|^'$web'\.start$' &&
	{ [ -e "$SOCLE_GUESTS/$web.xml" ] || [ ! -e "$SOCLE_GUESTS/$web.start" ]; }
verdict $? "define, autostart and undefine at once: each does its work or finds nothing, and no setting stays without its guest"
rm -rf "$SOCLE_GUESTS"
"$socle" define "$work/at-1.xml"
printf '#!/bin/sh\n%s define %s\nsed -i s/vcpu.1/vcpu\\>9/ "$1"\n' "$socle" "$work/at-2.xml" >"$work/editor"
chmod 700 "$work/editor"
EDITOR="$work/editor" VISUAL='' TMPDIR=$work "$socle" edit $web >"$work/out" 2>"$work/err"
[ $? = 11 ] && grep -q '\[changed-meanwhile\]$' "$work/err" && grep -q '<vcpu>2' "$SOCLE_GUESTS/$web.xml" && grep -q '<vcpu>9' "$work"/socle-$web-*.xml
verdict $? "one edits while another defines: the definition is the other's, and what was written is kept"
finish
