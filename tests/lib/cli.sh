# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# What the scripts of tests/cli begin with and end with; sourced. They run in the build folder. $top is the tree, $work a folder that
# goes when the script ends.
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0 failed=0

skip() { # WHY
	echo "1..0 # SKIP $1"
	exit 77
}

# socle as it was built, in $socle; found from any folder.
socle_needed() {
	socle=${SOCLE:-./dom0-tools/socle/socle}
	[ -x "$socle" ] || skip "no program at $socle"
	case $socle in /*) ;; *) socle=$PWD/$socle ;; esac
}

# What is shown of a failure: the words given, and the beginnings of what the script leaves in these files.
show() { # [WHY]
	[ -z "${1:-}" ] || printf '%s\n' "$1"
	for shown in out err why; do
		[ ! -s "$work/$shown" ] || head -c 2000 "$work/$shown"
	done
}

verdict() { # RESULT NAME [WHY]: a line of TAP
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
		show "${3:-}" | sed 's/^/# /'
	fi
}

# The last line of a script, whose result is the script's.
finish() {
	echo "1..$n"
	[ "$failed" = 0 ]
}
