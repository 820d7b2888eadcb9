#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The floors of the hypervisor: a file includes only its own folder and what stands below. layers.txt has the order and,
# with a reason each, the headers that are common ground and the edges that go up.
set -u -o pipefail
. "$(dirname "$0")/common.bash"

find hypervisor -type f \( -name '*.[chS]' -o -name '*.lds' \) | sort | xargs grep -H '^[[:space:]]*#[[:space:]]*include "' | awk -v rules="$lint_dir/layers.txt" '
BEGIN {
	while ((getline line < rules) > 0) {
		n = split(line, w, /[ \t]+/)
		if (w[1] == "floor") {
			height++
			for (i = 2; i <= n; i++)
				floor_of[w[i]] = height
		} else if (w[1] == "ground" && n > 2) {
			ground[w[2]] = 1
		} else if (w[1] == "up" && n > 3) {
			up[w[2] " " w[3]] = 1
		} else if (w[1] != "" && w[1] !~ /^#/) {
			print "layers.txt: cannot read: " line
		}
	}
}
{
	file = substr($0, 1, index($0, ":") - 1)
	header = $0
	sub(/^[^"]*"/, "", header)
	sub(/".*/, "", header)
	sub(/^\.\.\//, "", header)
	depth = split(file, f, "/")
	split(header, h, "/")
	from = depth > 2 ? f[2] : "."
	to = h[1]
	if (header == "asm-offsets.h" || from == to)	# generated; own folder
		next
	if (header !~ /\//)	# a neighbour: pure modules that tools compile too have no -I for the hypervisor
		next
	if ((file " " header) in up)
		next
	if (header ~ /internal\.h$/) {
		print file ": " header " belongs to another folder"
		next
	}
	if (header in ground)
		next
	if (!(to in floor_of) || (from != "." && !(from in floor_of))) {
		print file ": " header ": no floor for this folder in layers.txt"
		next
	}
	if (from == "." || floor_of[to] < floor_of[from])
		next
	print file ": includes " header ", which does not stand below " from
}' | verdict "the hypervisor includes downwards"
finish
