#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A header's guard is its path without the top folder (SOCLE_MM_FRAME_H); tests, which stand in for such headers at times, only
# need one of ours. Every source says its licence in the first three lines.
set -u -o pipefail
. "$(dirname "$0")/common.bash"

guard_of() { # path
	local name=$1
	case $name in
	hypervisor/* | dom0-tools/* | guest-drivers/* | include/*) name=${name#*/} ;;
	esac
	name=SOCLE_${name^^}
	printf '%s' "${name//[^A-Z0-9]/_}"
}

for header in $(sources h); do
	# Included before every file to switch the visibility, so it declares nothing that could come twice.
	[ "$header" = hypervisor/lib/hidden.h ] && continue
	want=$(guard_of "$header")
	found=$(awk '/^#ifndef/ {name = $2; getline; if ($1 == "#define" && $2 == name) print name; exit}' "$header")
	case $header:$found in tests/*:SOCLE_*) continue ;; esac
	[ "$found" = "$want" ] || echo "$header: its guard is '${found:-none}', not $want"
done | verdict "include guards are the headers' paths"

sources c h S sh bash lds | while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$file: no SPDX line among the first three"
done | verdict "every source names its licence"
finish
