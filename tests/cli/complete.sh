#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Completion: what the program proposes, what bash makes of it, and both shells with somebody at the keys. And the manual pages,
# which come out of the same table. Names of guests need a hypervisor: tests/system/see.sh.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
socle_needed
export SOCLE_EVENTS=$work/events SOCLE_JOURNAL=$work/no-journal
mkdir "$work/bin" "$work/dir"
ln -s "$(realpath "$socle")" "$work/bin/socle"
man=$(realpath "$(dirname "$socle")")/man
PATH=$work/bin:$PATH
cd "$work/dir" || exit 99
touch web.xml other.xml "two words.xml"

# ---- what the program proposes --------------------------------------------------------------------
proposes() { # "expected words" WORD...
	local want=$1 got
	shift
	got=$(socle __complete -- line "$@" 2>&1 | cut -f1 | tr '\n' ' ')
	[ "${got% }" = "$want" ]
	verdict $? "socle ${*@Q}: $want" "$got"
}
proposes "disk" dis
proposes "disk" disk
proposes "list log last" l
proposes "attach detach list resize limit" disk ""
proposes "list limit" disk l
proposes "attach" dis at
proposes "keys audit" debug ""
proposes "" "paint" ""
proposes "" disk paint ""
proposes "--readonly --kernel --help" disk attach -
proposes "--kernel --help" disk attach -r -
proposes "--kernel" disk attach --readonly --k
proposes "--size=" disk resize --s
proposes "cpu wait memory name id" top --sort ""
proposes "cpu wait memory name id" top -s ""
proposes "--sort=memory" top --sort=m
proposes "" top --delay=
proposes "" sched --weight ""
proposes ":files" create ""
proposes ":files" validate a.xml b
proposes ":files" net dump --write=/tmp/x
proposes ":files" create -- --con
proposes "name-taken" explain name
proposes "" explain name-taken ""
proposes "disk" help dis
proposes "attach" help disk att
proposes "" help list ""
proposes ""
[ -z "$(socle __complete secret 2>/dev/null)" ] && [ "$(socle __complete error no-such-v)" = "$(printf 'no-such-vcpu\tThe guest has no processor of that number.')" ]
verdict $? "one kind at a time" "$(socle __complete error no-such-v 2>&1)"
socle __complete -- line "" | cut -f1 >all
! grep -q '^__\|^supervise' all && grep -qx create all
verdict $? "hidden commands stay hidden" "$(cat all)"

# ---- the function of bash -------------------------------------------------------------------------
. "$top/dom0-tools/data/completion/socle.bash"
replies() { # "expected words" LINE
	COMP_LINE=$2 COMP_POINT=${#2} COMPREPLY=()
	_socle 2>"$work/err"
	[ "$(printf '%s|' "${COMPREPLY[@]}")" = "$1" ] && [ ! -s "$work/err" ]
	verdict $? "bash: '$2': $1" "$(printf '%s|' "${COMPREPLY[@]}"; cat "$work/err")"
}
replies "disk|" "socle dis"
replies "list|limit|" "socle disk l"
replies "attach|detach|list|resize|limit|" "socle disk "
replies "memory|" "socle top --sort=m"
replies "--size=|" "socle disk resize --s"
replies "web.xml|" "socle create w"
replies "two words.xml|" "socle create tw"
replies "|" "socle disk paint "
COMP_LINE="socle dis web" COMP_POINT=9 COMPREPLY=()
_socle
[ "${COMPREPLY[*]}" = disk ]
verdict $? "bash: the cursor inside the line" "${COMPREPLY[*]}"

# ---- at the keys ----------------------------------------------------------------------------------
types() { # NAME "text that must come" PROGRAM... ; steps on stdin
	local name=$1 out
	shift
	out=$(env -i PATH="$PATH" HOME="$work" TERM=dumb LC_ALL=C.UTF-8 "$top/tests/lib/type.py" 60 "$@")
	verdict $? "$name" "$out"
}
types "bash completes a command, an action, a flag and an error" bash --norc --noprofile -i <<END
send . $top/dom0-tools/data/completion/socle.bash; echo READY\$((1+1))\r
expect READY2
send socle exp\tname-t\t\r
expect name-taken (exit code 5)
send socle top --so\twa\t-n 0\r
expect '--count' takes a number, not '
send socle valid\tw\t\r
expect web.xml:
send exit\r
END
if command -v zsh >/dev/null; then
	types "zsh does so too" zsh -f -i <<END
send fpath=($top/dom0-tools/data/completion \$fpath); autoload -Uz compinit; compinit -u -d $work/zcompdump; print READY\$((1+1))\r
expect READY2
send socle exp\tname-t\t\r
expect name-taken (exit code 5)
send socle disk lis\t--jx\r
expect has no flag '--jx'
send socle valid\tw\t\r
expect web.xml:
send exit\r
END
else
	echo "ok $((n += 1)) - zsh does so too # SKIP no zsh"
fi

# ---- manual pages ---------------------------------------------------------------------------------
for page in "" disk create; do
	socle help --man $page >page.8 2>err && [ ! -s err ] && cmp -s page.8 "$man/socle${page:+-}$page.8"
	verdict $? "the page socle${page:+-}$page(8) was built" "$(cat err; ls "$man" 2>&1)"
done
[ "$(ls "$man" | grep -c '\.8$')" = $(($(wc -l <all) + 1)) ]
verdict $? "each command or group has a page" "$(ls "$man")"
if command -v mandoc >/dev/null; then
	out=$(for f in "$man"/*.8 "$top"/dom0-tools/data/man/*; do mandoc -T lint -W warning "$f"; done 2>&1 | sed "s|$man/||")
	[ -z "$out" ]
	verdict $? "mandoc finds nothing wrong with them" "$out"
	mandoc -T ascii "$man/socle-disk.8" | col -b >page
	grep -q 'socle disk detach \[-f | --force\] \[--timeout=SECONDS\] NAME TARGET' page && grep -q '^     --total-bytes=RATE\[:BURST\]' page
	verdict $? "socle-disk(8) tells the actions and their flags" "$(cat page)"
fi
socle help --man disk attach >page 2>err
[ $? = 2 ] && grep -q "'disk attach' stands in the page of its group \[usage\]" err
verdict $? "an action has no page of its own" "$(cat err)"
finish
