#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Tests of the command line that need no hypervisor, in TAP.
#
#   pass-*.xml   a description that must be accepted without a word
#   fail-*.xml   one that must be refused with exactly the text of fail-*.out and exit code 3
#
# and a list of misuses with their exit codes and what they must say.  The program is $SOCLE, or
# the one in the build folder that this is run in.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
here=$top/tests/cli
socle_needed
# What is done here is no act on this host.
SOCLE_EVENTS=$work/events SOCLE_JOURNAL=$work/no-journal
export SOCLE_EVENTS SOCLE_JOURNAL

run() { # ARGUMENTS... ; leaves $rc, out, err
	"$socle" "$@" >"$work/out" 2>"$work/err"
	rc=$?
}

cd "$here" || exit 99
for f in pass-*.xml; do
	run validate "$f"
	[ $rc = 0 ] && [ ! -s "$work/err" ]
	verdict $? "$f is accepted"
done
for f in fail-*.xml; do
	run validate "$f"
	[ $rc = 3 ] && [ ! -s "$work/out" ] && cmp -s "$work/err" "${f%.xml}.out"
	verdict $? "$f is refused as expected"
done
# Each complaint of a long list once took as long as the list: minutes for this one.
{
	echo "<domain type='xen'><name>x</name><memory>8192</memory><os><type>linux</type><kernel>/k</kernel></os><devices>"
	yes "<disk type='file'><source file='/a'/><target dev='xvda'/></disk>" | head -n 16000
	echo "</devices></domain>"
} >"$work/long.xml"
timeout 60 "$socle" validate "$work/long.xml" >"$work/out" 2>"$work/all"
[ $? = 3 ] && tail -n 1 "$work/all" | grep -q ': and [0-9]* more errors$' && [ "$(grep -c . "$work/all")" = 101 ]
verdict $? "a description with 16000 disks is refused, and soon"

expect() { # RC TEXT-ON-STDERR ARGUMENTS...
	want=$1
	text=$2
	shift 2
	run "$@"
	[ $rc = "$want" ] && [ ! -s "$work/out" ] && grep -qF -- "$text" "$work/err" && ! grep '^socle: ' "$work/err" | grep -qv ' \[[a-z-]*\]$'
	verdict $? "socle $* : exit code $want, says '$text'"
}

expect 2 "a command is missing [usage]"
expect 2 "there is no command 'lst'; did you mean 'list'?" lst
expect 2 "'c' can mean create, convert, console" c
expect 2 "'create' needs FILE" create
expect 2 "'create' has no use for 'b'" create a b
expect 2 "'create' has no flag '-x'" create -x a
expect 2 "'--console' takes no value" create --console=1 a
expect 2 "'--timeout' needs a value" shutdown web --timeout
expect 2 "'--timeout' takes 1 to 86400 seconds, not 'soon'" shutdown --timeout=soon web
expect 2 "usage: socle shutdown [-w|--wait] [--all] [--timeout=SECONDS] [NAME]" shutdown
expect 2 "'--all' means every guest; no NAME goes with it" shutdown --all web
expect 2 "'--from' goes with '--count'" create --from pass-minimal.xml
expect 2 "'--count' takes 1 to 1000, not '0'" create --count 0 pass-minimal.xml
expect 2 "the description is given twice" create --count 2 --from pass-minimal.xml pass-minimal.xml
expect 2 "are for one guest" create --console --count 2 pass-minimal.xml
expect 2 "'--for' takes running, off or rebooting, not 'dead'" wait --for=dead web
expect 2 "'--run' goes alone" autostart --run web
expect 2 "'--json' shows, it does not go with a change" autostart --json web
expect 2 "which guest? its NAME is missing" autostart --off
expect 2 "'--off' goes alone" autostart --off --order 3 web
expect 2 "'--after' takes 1 to 16 names with commas between" autostart --after a,,b web
expect 2 "'--order' takes 0 to 9999, not 'first'" autostart --order first web
expect 2 "'7' cannot be a name" rename web 7
expect 2 "'a/b' cannot be a name" rename web a/b
expect 2 "is not a guest's name" log ../x
expect 2 "'--clear' and '--follow' exclude each other" dmesg -c -f
expect 2 "'last' has no use for 'b'" last a b
expect 2 "'debug' needs to be told what to do" debug
expect 2 "'debug audit' has no use for 'now'" debug audit now
expect 2 "'debug keys' needs KEYS" debug keys
expect 2 "'debug keys' takes 1 to 16 keys" debug keys hhhhhhhhhhhhhhhhh
expect 2 "a key is a letter, a digit or a sign" debug keys "a b"
expect 2 "there is no 'debug dance'" debug dance
expect 2 "which guest? its NAME is missing" sched --weight 512
expect 2 "'--weight' takes 1 to 65535, not '0'" sched --weight=0 web
expect 2 "'--cap' takes 0 to 65534, not '-5'" sched --cap=-5 web
expect 2 "'--hard' takes CPUs, such as 0-3,6 or all, not '3-1'" sched --hard 3-1 web
expect 2 "'--vcpu' goes with '--hard' or '--soft'" sched --vcpu 1 web
expect 2 "'--vcpu' takes 0 to 127, not 'x'" sched --vcpu x --hard 0 web
expect 2 "'--ratelimit' is the machine's, not a guest's" sched --ratelimit 1000 web
expect 2 "'--json' shows, it does not go with a change" sched --json --weight 9 web
expect 2 "'--count' takes a number, not '0'" top -n 0
expect 2 "'--delay' takes 0.1 to 3600 seconds, not 'nan'" top -d nan
expect 2 "'--sort' takes cpu, wait, memory, name or id, not 'colour'" top -s colour
expect 2 "'top' has no use for 'web'" top web
expect 2 "'events' has no use for 'b'" events a b
expect 4 "there is neither" log no-such-guest-anywhere
expect 3 "no-such-file.xml: cannot open: No such file or directory" create no-such-file.xml
expect 3 ".: not a regular file" validate .
expect 3 "cannot open kernel '/nonexistent/vmlinuz': No such file" create missing-kernel.xml
expect 3 "cannot plan 'missing-kernel': cannot open kernel '/nonexistent/vmlinuz': No such file" plan missing-kernel.xml
expect 3 "cannot plan a guest from 'fail-root.xml': the description has errors" plan fail-root.xml
expect 8 "interface 0: there is no bridge 'no-such-br'; make it (ip link add no-such-br type bridge" plan missing-bridge.xml
expect 3 "cannot open initrd '/nonexistent/initrd': No such file" create missing-initrd.xml
expect 3 "disk xvda: cannot open '/nonexistent/disk.img' for writing: No such file" \
	create missing-disk.xml
expect 3 "disk xvda: '/dev' is not a regular file" create disk-not-file.xml

expect 2 "'disk' needs to be told what to do" disk
expect 2 "'disk' needs to be told what to do" disk --json list
expect 2 "usage: socle disk attach [-r|--readonly] [-k|--kernel] NAME TARGET|FILE [SOURCE]" disk
expect 2 "there is no 'disk lst'; did you mean 'list'?" disk lst
expect 2 "'disk l' can mean list, limit" disk l
expect 2 "'disk list' has no flag '--jsn'; did you mean '--json'?" disk list --jsn
expect 2 "'sched' has no flag '--wieght=5'; did you mean '--weight'?" sched --wieght=5 web
expect 2 "'list' has nothing below it, such as 'disk'" help list disk
expect 2 "there is no 'disk paint'; there are attach, detach, list, resize, limit" disk paint
expect 2 "'disk attach' needs NAME TARGET|FILE [SOURCE]" disk attach web
expect 2 "'disk attach' has no use for 'x'" disk attach web xvdb /a x
expect 2 "'hda' is not a disk's name; use xvda to xvdp" disk attach web hda /a.img
expect 2 "'a.img' is neither an absolute path nor an NBD server" disk attach web xvdb a.img
expect 2 "'nbd://' is not an NBD server" disk attach web xvdb nbd://
expect 2 "'nbd://h:0/x' is not an NBD server" disk attach web xvdb nbd://h:0/x
expect 2 "'nbd://h:99999' is not an NBD server" disk attach web xvdb nbd://h:99999
expect 2 "'nbd+unix:///x' is not an NBD server" disk attach web xvdb nbd+unix:///x
expect 2 "'disk attach' has no flag '--force'" disk attach --force web xvdb /a
expect 2 "'disk list' has no flag '--size'" disk list --size 5
expect 2 "'--readonly' and '--kernel' go with TARGET and SOURCE" disk attach -r web disk.xml
expect 3 "cannot attach a disk from 'device-card.xml': it describes an interface" disk attach web device-card.xml
expect 3 "device-two.xml: it has 2 devices, not one" disk attach web device-two.xml
expect 3 "device-bad.xml:3:5: dev='sda' is not a disk's name" disk attach web device-bad.xml
expect 3 "no-such.xml: cannot open: No such file" disk attach web no-such.xml
expect 2 "'xvdz' is not a disk's name" disk detach web xvdz
expect 2 "'--timeout' takes 1 to 3600 seconds, not '1h'" disk detach --timeout=1h web xvda
expect 2 "'--size' takes bytes, a multiple of 512, or with k, M, G or T; not '1000'" disk resize --size=1000 web xvda
expect 2 "not '17179869184T'" disk resize --size=17179869184T web xvda
expect 2 "'disk limit' needs a limit, such as '--total-bytes=10M'" disk limit web xvda
expect 2 "'--total-bytes' takes RATE or RATE:BURST, such as 10M or 500:2000, 0 for none; not '-5'" disk limit --total-bytes=-5 web xvda
expect 2 "not '10X'" disk limit --read-ops=10X web xvda
expect 2 "not '0:5'" disk limit --read-ops=0:5 web xvda
expect 2 "there is no 'net paint'; there are attach, detach, list, limit, dump" net paint
expect 2 "'wire' is no place for a card; use bridge:NAME, network:NAME, ethernet" net attach web wire
expect 2 "'bridge:' is no place for a card" net attach web bridge:
expect 2 "'bridge:sixteen-letters-x' is no place for a card" net attach web bridge:sixteen-letters-x
expect 2 "'--mac' takes the address of a card" net attach --mac 01:00:5e:00:00:01 web bridge:br0
expect 2 "'--ip' takes an address, not '10.0'" net attach --ip 10.0 web bridge:br0
expect 2 "'--mac' and '--ip' do not go with a description" net attach --ip 10.0.0.1 web device-card.xml
expect 3 "cannot attach a card from 'device-disk.xml': it describes a disk" net attach web device-disk.xml
expect 2 "'x' is not a card's number; use 0 to 255" net detach web x
expect 2 "'256' is not a card's number" net limit --rx-bytes 5 web 256
expect 2 "'net limit' needs a limit" net limit web 0
expect 2 "'net dump' has no flag '-j'" net dump -j web
expect 2 "there is no command 'super'" super web

expect 2 "'0' is not a number of vCPUs; use 1 to 32" vcpu-set web 0
expect 2 "'two' is not a number of vCPUs" vcpu-set web two
expect 2 "'32' is not a vCPU; use 0 to 31, or all" vcpu-pin web 32 0
expect 2 "'3-1' are no CPUs" vcpu-pin web all 3-1
expect 2 "'lots' is no amount of memory" mem-set web lots
expect 2 "'hh' is not a key" sysrq web hh
expect 2 "'dump-core' needs NAME FILE" dump-core web

# Definitions need no hypervisor.
SOCLE_GUESTS=$work/guests
export SOCLE_GUESTS
quiet() { # NAME ARGUMENTS...: must do it without a word
	name=$1
	shift
	run "$@"
	[ $rc = 0 ] && [ ! -s "$work/out" ] && [ ! -s "$work/err" ]
	verdict $? "$name"
}
define() { sed "s|<name>[^<]*</name>|<name>$1</name>|; s|<uuid>.*</uuid>||" pass-full.xml >"$work/d.xml"; quiet "define $1" define "$work/d.xml"; }
define db
define web
[ "$(stat -c %a "$SOCLE_GUESTS/web.xml")" = 600 ] && ! ls "$SOCLE_GUESTS" | grep -qv '^\(db\|web\)\.xml$'
verdict $? "definitions are their owner's, and nothing lies beside them"
cp "$SOCLE_GUESTS/web.xml" "$work/again.xml"
run define "$work/again.xml"
cmp -s "$work/again.xml" "$SOCLE_GUESTS/web.xml"
verdict $? "what was filled in is not filled in again"
sed 's/<name>web/<name>other/' "$work/again.xml" >"$work/d.xml"
expect 5 "its UUID is that of the definition of 'web'" define "$work/d.xml"
expect 3 "fail-root.xml': the description has errors" define fail-root.xml
expect 4 "there is no definition of this name; see 'socle list --all'" start nobody
expect 4 "there is no definition of this name" autostart nobody
expect 4 "there is no definition of this name; did you mean 'web'?" start wbe
expect 4 "there is no definition of this name; did you mean 'web'?" undefine webb
expect 4 "there is no definition of this name; see 'socle list --all'" rename somebody-else new
expect 4 "'db' does not start with the host; 'socle autostart db' first" autostart --after db web
quiet "autostart" autostart --order 5 db
quiet "autostart --after" autostart --after db web
expect 1 "would have to start after itself" autostart --after web db
expect 11 "'web' starts after it" undefine db
run autostart
[ $rc = 0 ] && [ "$(sed 's/  */ /g' "$work/out" | tr '\n' ';')" = "ORDER NAME AFTER; 5 db ; 0 web db;" ]
verdict $? "autostart lists who starts with the host"
export EDITOR VISUAL= TMPDIR="$work"
EDITOR="sed -i s/vcpu.4/vcpu\\>2/"
quiet "edit" edit web
grep -q '<vcpu>2' "$SOCLE_GUESTS/web.xml"
verdict $? "edit has changed it"
EDITOR=true
run edit web
[ $rc = 0 ] && grep -q 'nothing is changed' "$work/err"
verdict $? "edit that changes nothing"
EDITOR="sed -i s/memory/memroy/"
expect 3 "it is not changed; what was written is in '$work/socle-web-" edit web
EDITOR=false
expect 1 "the editor 'false' failed" edit web
EDITOR="sed -i s/.name.web/\\<name\\>mail/"
expect 3 "'socle rename' gives a guest another name" edit web
[ "$(find "$work" -name 'socle-web-*' | grep -c .)" = 2 ] && ! find "$work" -name 'socle-web-*' ! -perm 600 | grep -q .
verdict $? "what was written and refused is kept, for its owner"
sed 's/<vcpu>2/<vcpu>3/; s|/srv/root disk.img|/srv/other.img|' "$SOCLE_GUESTS/web.xml" >"$work/d.xml"
run diff web "$work/d.xml"
[ $rc = 0 ] && grep -qE '^restart +vcpu +2 -> 3 ' "$work/out" && grep -qE '^restart +disk xvda +file /srv/root disk.img -> file /srv/other.img ' "$work/out" &&
	[ "$(grep -c . "$work/out")" = 2 ]
verdict $? "diff of one that is off"
run diff -j web "$work/d.xml"
[ $rc = 0 ] && grep -q '"kind": "restart", "what": "vcpu", "from": "2", "to": "3"' "$work/out"
verdict $? "diff as JSON"
run apply web "$work/d.xml"
[ $rc = 0 ] && grep -q '<vcpu>3' "$SOCLE_GUESTS/web.xml"
verdict $? "apply changes the definition"
quiet "then there is no difference" diff web "$work/d.xml"
sed 's/<name>web/<name>mail/' "$SOCLE_GUESTS/web.xml" >"$work/d.xml"
expect 3 "name cannot be changed: 'socle rename' gives a definition another name [change-refused]" apply web "$work/d.xml"
expect 4 "there is no definition of this name" diff nobody pass-minimal.xml
expect 3 "cannot apply 'fail-root.xml': the description has errors" apply web fail-root.xml
quiet "undefine" undefine web
[ ! -e "$SOCLE_GUESTS/web.xml" ] && [ ! -e "$SOCLE_GUESTS/web.start" ]
verdict $? "nothing of it is left"

# What was done above is recorded: who, what, and what came of it.
: >"$SOCLE_EVENTS"
run define pass-minimal.xml
run autostart nobody
run autostart
run create -n missing-kernel.xml
run define
run define -- "a
b.xml"
run events --json
[ $rc = 0 ] && cmp -s "$SOCLE_EVENTS" "$work/out" && [ "$(grep -c . "$work/out")" = 3 ] &&
	sed -n 1p "$work/out" | grep -q '"command": "define", "args": \[ "pass-minimal.xml" \], "exit": 0, "error": null' &&
	sed -n 2p "$work/out" | grep -q '"name": "nobody", .*"command": "autostart", "args": \[ "nobody" \], "exit": 4, "error": "no-definition"' &&
	sed -n 3p "$work/out" | grep -q '"args": \[ "--", "a\\nb.xml" \], "exit": 3'
verdict $? "acts are recorded, and nothing else"
run events
[ $rc = 0 ] && [ "$(grep -c . "$work/out")" = 3 ] && grep -qE '^20[^ ]*Z  nobody +[^ ]+: socle autostart nobody: no-definition \(exit code 4\) in [0-9]+ ms$' "$work/out"
verdict $? "socle events"
run events nobody
[ $rc = 0 ] && [ "$(grep -c . "$work/out")" = 1 ]
verdict $? "socle events of one"
(SUDO_USER=alice "$socle" autostart nobody 2>/dev/null)
if [ "$(cat /proc/self/loginuid 2>/dev/null || echo 4294967295)" = 4294967295 ]; then
	run events
	tail -n 1 "$work/out" | grep -q ' alice: socle autostart nobody: '
	verdict $? "the user before sudo is told"
fi
timeout 20 "$socle" events -f -j nobody >"$work/follow" &
follower=$!
for i in 1 2 3 4 5 6 7 8 9 10; do [ -s "$work/follow" ] && break; sleep 0.2; done
"$socle" autostart nobody 2>/dev/null
for i in $(seq 50); do [ "$(grep -c . "$work/follow")" = 3 ] && break; sleep 0.2; done
kill $follower
wait $follower 2>/dev/null
[ "$(grep -c . "$work/follow")" = 3 ]
verdict $? "socle events -f tells what comes"
if [ -w /dev/full ]; then
	cat pass-minimal.xml >"$work/d.xml"
	SOCLE_EVENTS=/dev/full "$socle" define "$work/d.xml" >"$work/out" 2>"$work/err"
	[ $? = 0 ] && [ ! -s "$work/out" ] && grep -q "this act is not recorded: cannot write '/dev/full': No space left on device \[act-not-recorded\]$" "$work/err"
	verdict $? "a full disk costs the record, not the act"
fi
/usr/bin/python3 - "$work/journal" >"$work/journal.got" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(30)
print(s.recv(65536).decode())
END
catcher=$!
for i in $(seq 50); do [ -S "$work/journal" ] && break; sleep 0.2; done
SOCLE_JOURNAL=$work/journal "$socle" autostart nobody 2>/dev/null
wait $catcher
grep -q '^SOCLE_COMMAND=autostart$' "$work/journal.got" && grep -q '^SOCLE_GUEST=nobody$' "$work/journal.got" && grep -q '^SOCLE_ERROR=no-definition$' "$work/journal.got" &&
	grep -q '^MESSAGE=.*: socle autostart nobody: exit code 4 \[no-definition\]$' "$work/journal.got"
verdict $? "journald has it, in fields"

# Unless this is a dom0, what needs the hypervisor says so.
if [ ! -e /dev/xen/privcmd ]; then
	expect 1 "cannot open /dev/xen/privcmd" list
	expect 1 "cannot open /dev/xen/privcmd" info
	expect 1 "cannot dump the core of 'web': cannot open /dev/xen/privcmd" dump-core web "$work/core"
	expect 1 "cannot gather the metrics: cannot open /dev/xen/privcmd" metrics --textfile "$work/m.prom"
	expect 1 "cannot tell whose the memory is: cannot open /dev/xen/privcmd" mem
	expect 1 "cannot tell about 'web': cannot open /dev/xen/privcmd" why web
	expect 1 "cannot change the memory of 'web': cannot open /dev/xen/privcmd" mem-set web 64M
	expect 1 "cannot change the vCPUs of 'web': cannot open /dev/xen/privcmd" vcpu-set web 2
	expect 1 "cannot send a key to 'web': cannot open /dev/xen/privcmd" sysrq web h
	expect 1 "cannot plan 'planned': cannot open /dev/xen/privcmd" plan planned.xml
	expect 1 "cannot open /dev/xen/privcmd" destroy web
	expect 1 "cannot open /dev/xen/privcmd" dmesg -f
	expect 1 "cannot audit 'the frames': cannot open /dev/xen/privcmd" debug audit
	expect 1 "cannot attach a disk to 'web': cannot open /dev/xen/privcmd" disk attach web device-disk.xml
	expect 1 "cannot attach a disk to 'web': cannot open /dev/xen/privcmd" disk attach -r web xvdb nbd://host:10810/export
	expect 1 "cannot list the disks of 'all guests': cannot open /dev/xen/privcmd" disk list
	expect 1 "cannot resize a disk of 'web': cannot open /dev/xen/privcmd" disk resize --size 1G web xvda
	expect 1 "cannot limit a disk of 'web': cannot open /dev/xen/privcmd" disk limit --total-bytes=10M:50M web xvda
	expect 1 "cannot attach a card to 'web': cannot open /dev/xen/privcmd" net attach web device-card.xml
	expect 1 "cannot overhear a card of 'web': cannot open /dev/xen/privcmd" net dump -w /nonexistent/x web
	expect 1 "cannot supervise 'web': cannot open /dev/xen/privcmd" supervise web
	expect 1 "cannot watch the domains: cannot open /dev/xen/privcmd" top -b -n 1
	expect 1 "cannot show the scheduling of 'the machine': cannot open /dev/xen/privcmd" sched
	expect 1 "cannot change the scheduling of 'web': cannot open /dev/xen/privcmd" sched --cap 50 web
	expect 1 "socle: cannot run debug keys 'h': cannot open /dev/xen/privcmd" debug keys h
	expect 1 "socle: cannot tell the end of 'web': cannot open /dev/xen/privcmd" last web
	expect 1 "socle: cannot shut down 'web'" sh web
fi

run help
[ $rc = 0 ] && [ ! -s "$work/err" ] && grep -q '^  destroy   NAME  ' "$work/out"
verdict $? "socle help lists the commands"
run help create
[ $rc = 0 ] && [ ! -s "$work/err" ] && grep -q -- '-n, --dry-run' "$work/out"
verdict $? "socle help create tells its flags"
run create --help
cp "$work/out" "$work/help"
run help create
[ $rc = 0 ] && cmp -s "$work/out" "$work/help"
verdict $? "socle create --help is the same"
run help disk
[ $rc = 0 ] && [ ! -s "$work/err" ] && grep -q '^  attach    NAME TARGET|FILE \[SOURCE\]' "$work/out"
verdict $? "socle help disk lists what there is to do with disks"
run help disk limit
[ $rc = 0 ] && [ ! -s "$work/err" ] && grep -q -- '--total-bytes=RATE' "$work/out" && grep -q 'usage: socle disk limit \[FLAGS\] NAME TARGET' "$work/out"
verdict $? "socle help disk limit tells its flags"
run help disk --help
[ $rc = 0 ] && grep -q '^usage: socle help' "$work/out"
verdict $? "--help after help is about help"
# A word that a message ends with is explained, with the exit code that it came with.
explained() { # EXIT WORD
	run explain "[$2]"
	[ $rc = 0 ] && [ ! -s "$work/err" ] && head -n 1 "$work/out" | grep -q "^$2 (exit code .*\b$1\b.*)" && grep -q '^What to do: ' "$work/out"
	verdict $? "socle explain $2"
}
explained 2 usage
for try in "4 log no-such-guest-anywhere" "3 create missing-kernel.xml" "3 create missing-initrd.xml" "3 create missing-disk.xml" \
	"3 create disk-not-file.xml" "3 create no-such-file.xml"; do
	code=${try%% *}
	run ${try#* }
	explained "$code" "$(sed -n 's/^socle: .* \[\([a-z-]*\)\]$/\1/p' "$work/err")"
done
run explain
[ $rc = 0 ] && [ "$(grep -c . "$work/out")" -gt 50 ] && grep -q '^name-taken  *5  A guest of this name exists\.$' "$work/out"
verdict $? "socle explain lists all errors"
expect 4 "there is no such error; did you mean 'name-taken'? [no-such-id]" explain name-takn
expect 4 "there is no such error; 'socle explain' lists them [no-such-id]" explain zzzzzzzz
run --version
[ $rc = 0 ] && grep -q '^socle [0-9]' "$work/out"
verdict $? "socle --version"
run val pass-minimal.xml
[ $rc = 0 ]
verdict $? "a unique beginning of a command is enough"

# A full disk is noticed, not taken for success.
if [ -w /dev/full ]; then
	"$socle" help >/dev/full 2>"$work/err"
	[ $? = 1 ] && grep -q 'cannot write the output' "$work/err"
	verdict $? "output that cannot be written is an error"
fi

finish
