# SPDX-License-Identifier: BSD-2-Clause
# Shared by the lints: where the tree is, and TAP. A lint that finds nothing wrong prints one "ok"; else every finding is a
# "not ok" of its own, so that check.sh shows each.

lint_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$lint_dir/../.." && pwd)
cd "$top" || exit 1
export LC_ALL=C
count=0 status=0
shopt -s lastpipe	# so that "... | verdict" counts here, not in a subshell

ok() { count=$((count + 1)); echo "ok $count - $*"; }
not_ok() { count=$((count + 1)); status=1; echo "not ok $count - $*"; }

# Findings on stdin, one a line; with none, the rule holds.
verdict() { # rule
	local line found=0
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		found=1
		not_ok "$line"
	done
	[ "$found" = 1 ] || ok "$1"
}

finish() { echo "1..$count"; exit "$status"; }

# Source files of the tree by suffix; generated and built files are elsewhere.
sources() { # suffix...
	local s args=()
	for s in "$@"; do args+=(-o -name "*.$s"); done
	find hypervisor dom0-tools guest-drivers include tests -path '*/.*' -prune -o -type f \( "${args[@]:1}" \) -print | sort
}
