#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A command asks for its flags by name, and one that the table does not give it ends the program: each name that is asked for has
# to stand in the table at least.
set -u -o pipefail
. "$(dirname "$0")/common.bash"

table=dom0-tools/socle/cmdtab.c
grep -Eoh '(flag_given|flag_value|flag_number)\(inv, "[a-z-]+"' dom0-tools/socle/*.c | sed 's/.*"\(.*\)"/\1/' | sort -u |
	while read -r name; do
		grep -Eq "\.name = \"$name\"|LIMIT\(\"$name\"" "$table" || echo "no command has the flag '--$name' in $table"
	done | verdict "every flag that is asked for stands in the table of commands"
finish
