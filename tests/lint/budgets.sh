#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Prints the ten longest functions and files, as a comment. Fails for a function of more than 120 lines and a file of more
# than 800 that budgets.txt does not excuse. (Review starts much earlier: at 40 and 500, docs/style.md.)
set -u -o pipefail
. "$(dirname "$0")/common.bash"
max_function=120 max_file=800

functions=$(sources c | xargs awk '
	FNR == 1 { name = ""; start = 0 }
	/^[A-Za-z_].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^{/ { start = FNR }
	/^}/ { if (start) print FNR - start + 1, FILENAME, name; start = 0 }' | sort -rn)
files=$(sources c h S | xargs wc -l | awk '$2 != "total" {print $1, $2}' | sort -rn)

echo "# longest functions:"
head -n 10 <<<"$functions" | sed 's/^/#   /'
echo "# longest files:"
head -n 10 <<<"$files" | sed 's/^/#   /'

excused() { grep -q "^$1[[:space:]]\+[^[:space:]]" "$lint_dir/budgets.txt"; }
while read -r lines file name; do
	[ "$lines" -gt $max_function ] || break
	excused "function $file $name" || echo "$file: $name() has $lines lines, more than $max_function"
done <<<"$functions" | verdict "no function is longer than $max_function lines"
while read -r lines file; do
	[ "$lines" -gt $max_file ] || break
	excused "file $file" || echo "$file has $lines lines, more than $max_file"
done <<<"$files" | verdict "no file is longer than $max_file lines"
finish
