#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Pages: each block of a page with a session says who runs it, and each link between pages leads somewhere.
set -u -o pipefail
. "$(dirname "$0")/common.bash"

tests/lib/doctest.py check README.md docs/*.md | verdict "every command that a page shows is run by somebody"
for page in *.md docs/*.md; do
	grep -on '](\([^)# ]*\)[^)]*)' "$page" | sed 's/](\([^)#]*\).*/\1/' | while IFS=: read -r line link; do
		case $link in '' | http*) continue ;; esac
		[ -e "$(dirname "$page")/$link" ] || echo "$page:$line: there is no '$link'"
	done
done | verdict "every link between pages leads to a file"
finish
