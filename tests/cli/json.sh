#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Every kind of JSON that socle prints has a schema, and what needs no hypervisor keeps it. The others are held to theirs by
# tests/system: see.sh, blk.sh, net.sh.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
socle_needed
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip "no python3-jsonschema"
cd "$top" || exit 99
schema=dom0-tools/data/schema
check() { tests/lib/schema.py "$@" >"$work/why" 2>&1; }
keeps() { # SCHEMA EXIT-CODE ARGUMENTS...
	name=$1 want=$2
	shift 2
	"$socle" "$@" >"$work/out" 2>"$work/why"
	[ $? = "$want" ] && [ ! -s "$work/why" ] && check $schema/"$name".json "$work/out"
	verdict $? "$(echo "socle $* keeps the schema $name" | tr '\n' ' ')"
}
keeps validate 0 validate -j tests/cli/pass-full.xml tests/cli/pass-minimal.xml
keeps validate 3 validate --json tests/cli/pass-full.xml tests/cli/fail-*.xml tests/cli/nowhere.xml tests/cli
[ "$("$socle" validate --json tests/cli/fail-memory.xml | /usr/bin/python3 -c 'import json, sys
for d in json.load(sys.stdin):
	for f in d["faults"]: print("%s:%d:%d: %s" % (d["file"].split("/")[-1], f["line"], f["column"], f["text"]))')" = \
	"$(cat tests/cli/fail-memory.out)" ]
verdict $? "its faults are those of the text"
SOCLE_GUESTS=$work/guests
export SOCLE_GUESTS
SOCLE_EVENTS=$work/events SOCLE_JOURNAL=$work/no-journal
export SOCLE_EVENTS SOCLE_JOURNAL
"$socle" define tests/cli/pass-full.xml
"$socle" undefine "no body" 2>/dev/null
"$socle" events -j >"$work/out" && [ "$(grep -c . "$work/out")" = 2 ] && check --lines $schema/events.json "$work/out"
verdict $? "socle events -j keeps the schema events"
keeps autostart 0 autostart -j
"$socle" autostart --order 3 web-1.example_com+x
keeps autostart 0 autostart --json
"$socle" autostart -j | grep -q '"name": "web-1.example_com+x", "order": 3, "after": \[\]'
verdict $? "socle autostart -j says who starts"
sed 's/<vcpu>4/<vcpu>2/; s|<source dev="/dev/sda3"/><target dev="xvdb"/>|<source dev="/dev/sdb"/><target dev="xvdc"/>|' tests/cli/pass-full.xml >"$work/other.xml"
keeps diff 0 diff -j web-1.example_com+x "$work/other.xml"
keeps diff 0 diff --json web-1.example_com+x tests/cli/pass-full.xml
printf '<domain type="socle"><name>a\001\377"\\</name></domain>' >"$work/bad
name.xml"
keeps validate 3 validate --json "$work/bad
name.xml"
keeps explain 0 explain --json
keeps explain 0 explain --json name-taken

# Each command with --json has a schema: those that print, and no schema is left over.
keeps help 0 help --json
"$socle" help --json | /usr/bin/python3 -c 'import json, sys
for c in json.load(sys.stdin):
	if any(f["name"] == "json" for f in c["flags"]): print(c["name"])' >"$work/commands"
sed 's/ /-/g' "$work/commands" | sort >"$work/want"
(cd $schema && ls) | sed 's/\.json$//' | sort | diff - "$work/want" >"$work/why"
verdict $? "each of them has a schema, and each schema a command"
for s in "$schema"/*.json; do
	echo '{ "surprise": 1 }' >"$work/in"
	! check "$s" "$work/in"
	verdict $? "$(basename "$s") refuses what it does not know"
done
printf '{ "text": "x" }\n{ "text": "y" }\n' >"$work/in"
check --lines $schema/dmesg.json "$work/in"
verdict $? "lines of JSON are looked at one by one"
printf '{ "text": "x", "text": "y" }\n' >"$work/in"
! check $schema/dmesg.json "$work/in"
verdict $? "a key that stands twice is refused"
finish
