#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every script parses in the shell that its first line names.
set -u -o pipefail
. "$(dirname "$0")/common.bash"

{
	find hypervisor dom0-tools guest-drivers tests -type f
	ls ./*.sh
	[ -e .ci/run ] && echo .ci/run
} | sort | while read -r file; do
	case $file in
	*.sh | *.bash) shell=bash ;;
	*) shell= ;;
	esac
	IFS= read -r first <"$file" 2>/dev/null || continue
	case $first in
	'#!'*/bash | '#!'*'env bash'*) shell=bash ;;
	'#!'*/sh) shell=sh ;;
	esac
	[ -z "$shell" ] || why=$($shell -n "$file" 2>&1) || echo "$file: $(head -n 1 <<<"$why")"
done 2>/dev/null | verdict "scripts parse"
finish
