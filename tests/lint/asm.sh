#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Inline assembly stands in hypervisor/asm/*.h and in the files that asm.txt lists with a reason.
set -u -o pipefail
. "$(dirname "$0")/common.bash"

find hypervisor -name '*.[ch]' ! -path 'hypervisor/asm/*' | sort | xargs grep -lwE '__asm__|asm' | while read -r file; do
	# The word in a comment or an include is no assembly.
	grep -qE '(^|[^/A-Za-z_"])(__asm__|asm)[[:space:]]*(volatile|goto|inline)?[[:space:]]*(__volatile__)?[[:space:]]*\(' "$file" || continue
	grep -q "^$file[[:space:]]\+[^[:space:]]" "$lint_dir/asm.txt" || echo "$file: inline assembly outside hypervisor/asm/"
done | verdict "inline assembly stands where it belongs"
finish
