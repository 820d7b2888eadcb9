#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Each call that a command makes of the system fails in turn, and each is the last before it is killed; each piece of memory is
# refused in turn. In TAP. What must hold, whichever it was:
#
#   - no command dies of it: it does its work, or fails with a documented exit code and one message
#   - definitions are as they were before, or as they are after; never anything else, and nothing lies beside them
#   - one that says that it worked has worked
#   - after a kill the same command can be given again, and everything is as if it had not been killed
#
# For those commands that need no hypervisor; of creations, tests/system/guests.sh kills some.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
here=$top/tests/cli
socle_needed
command -v cc >/dev/null || skip "no cc"
cc -shared -fPIC -O1 -o "$work/fault.so" "$here/fault.c" || exit 99

SOCLE_GUESTS=$work/guests SOCLE_EVENTS=$work/events SOCLE_JOURNAL=$work/none TMPDIR=$work/tmp
export SOCLE_GUESTS SOCLE_EVENTS SOCLE_JOURNAL TMPDIR
mkdir "$TMPDIR"
describe() { # NAME UUID VCPUS
	printf "<domain type='xen'>\n<name>%s</name><uuid>%s</uuid><memory>65536</memory><vcpu>%s</vcpu>\n" "$1" "$2" "$3"
	printf "<os><type>linux</type><kernel>/k</kernel></os><devices><interface type='ethernet'/></devices></domain>\n"
}
# Names that are reserved are so for the whole host: they are nobody else's.
web=web$$ db=db$$ www=www$$ mail=mail$$
describe $web c7a5fdb2-cdaf-9455-926a-d65c16db1809 2 >"$work/web.xml"
describe $web c7a5fdb2-cdaf-9455-926a-d65c16db1809 3 >"$work/web3.xml"
describe $db 11111111-2222-3333-4444-555555555555 1 >"$work/db.xml"
describe $mail 66666666-2222-3333-4444-555555555555 1 >"$work/mail.xml"
# The editor is no process under test.
printf '#!/bin/sh\nexec env -u LD_PRELOAD sed -i "s/vcpu.2/vcpu>4/" "$1"\n' >"$work/editor"
chmod 700 "$work/editor"
export EDITOR="$work/editor" VISUAL=
"$socle" define "$work/web.xml" && "$socle" define "$work/db.xml" && "$socle" autostart --order 3 $web && "$socle" autostart --after $web $db || exit 99
cp -a "$SOCLE_GUESTS" "$work/base"

# What is there, without what a writer that was killed left beside it.
state() { (cd "$SOCLE_GUESTS" && grep -r --exclude='*.new' '' . | sort); }
fresh() { rm -rf "$SOCLE_GUESTS" "$work/tmp"; cp -a "$work/base" "$SOCLE_GUESTS"; mkdir "$work/tmp"; }
documented() { [ "$1" -le 14 ]; }
is_old_or_new() { cmp -s "$work/now" "$work/before" || cmp -s "$work/now" "$work/after"; }
one_message() { [ "$(grep -c '^socle: .* \[[a-z0-9-]*\]$' "$work/err")" -ge 1 ]; }

# Each call in turn, OF this kind and in this way, of a command; 0 when all went as it must.
each() { # OF HOW ERRNO ARGUMENTS...
	of=$1 how=$2 number=$3
	shift 3
	: >"$work/why"
	fresh
	state >"$work/before"
	"$socle" "$@" >"$work/out" 2>"$work/err"
	[ $? = "$works" ] || { echo "it does not work at all" >"$work/why"; cat "$work/err" >>"$work/why"; return 1; }
	state >"$work/after"
	at=0
	while :; do
		at=$((at + 1))
		fresh
		rm -f "$work/mark"
		timeout 60 env LD_PRELOAD="$work/fault.so" FAULT_AT=$at FAULT_OF="$of" FAULT_HOW="$how" FAULT_ERRNO="$number" FAULT_MARK="$work/mark" \
			"$socle" "$@" >"$work/out" 2>"$work/err"
		rc=$?
		[ -e "$work/mark" ] || break
		judge "$@" || printf 'call %s (%s): exit code %s: %s\n' $at "$(cat "$work/mark")" $rc "$(head -n 2 "$work/err")" >>"$work/why"
		[ "$(grep -c . "$work/why")" -lt 12 ] || break
	done
	[ $at -gt 3 ] || echo "only $at calls" >>"$work/why"
	[ ! -s "$work/why" ]
}
judge() { # the command, after a fault
	state >"$work/now"
	is_old_or_new || between "$@" || { echo "neither old nor new:" >>"$work/why"; return 1; }
	if [ "$how" = kill ]; then
		[ $rc = 137 ] || { echo "it was not killed:" >>"$work/why"; return 1; }
		"$socle" "$@" >"$work/out2" 2>"$work/err2"
		again=$?
		state >"$work/now"
		cmp -s "$work/now" "$work/after" && [ -z "$(find "$SOCLE_GUESTS" -name '*.new')" ] || { echo "not as if it had not been killed ($again, $(cat "$work/err2")):" >>"$work/why"; return 1; }
		return 0
	fi
	documented $rc || { echo "it died:" >>"$work/why"; return 1; }
	[ -z "$(find "$SOCLE_GUESTS" -name '*.new')" ] || [ "$(cat "$work/mark")" = unlink ] || { echo "something lies beside:" >>"$work/why"; return 1; }
	if [ $rc = "$works" ]; then
		cmp -s "$work/now" "$work/after" || { echo "it says that it worked:" >>"$work/why"; return 1; }
	else
		one_message || { echo "without a message:" >>"$work/why"; return 1; }
	fi
}
# A rename has a moment in which both names are there. Undefining has one in which the guest does not start with the host any more.
between() {
	case $1 in
	rename) [ -e "$SOCLE_GUESTS/$2.xml" ] && [ -e "$SOCLE_GUESTS/$3.xml" ] ;;
	undefine) cmp -s "$SOCLE_GUESTS/$2.xml" "$work/base/$2.xml" && [ ! -e "$SOCLE_GUESTS/$2.start" ] ;;
	*) false ;;
	esac
}

try() { # ARGUMENTS...
	words=$(echo "$*" | sed "s|$work/||g; s/$$//g")
	each files fail 5 "$@"
	verdict $? "socle $words: each call fails (EIO), $((at - 1)) of them"
	each disk short 28 "$@"
	verdict $? "socle $words: the disk is full, and what is written is cut short"
	each files kill 0 "$@"
	verdict $? "socle $words: killed before each call"
	[ -n "$memory" ] || return
	each memory fail 0 "$@"
	verdict $? "socle $words: each piece of memory is refused, $((at - 1)) of them"
}
works=0
memory=yes
try define "$work/mail.xml"
memory= # that of define once more
try define "$work/web3.xml"
try edit $web
memory=yes
try rename $web $www
try undefine $db
try autostart --order 7 $web
try apply $web "$work/web3.xml"
finish
