#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The catalog of errors (dom0-tools/socle/explain.txt) and the sources tell of the same identifiers: each that a source gives is
# explained, each that is explained is given, with the exit codes that its sites lead to. docs/errors.md is made of the catalog:
# `tests/lint/explain.sh --write` writes it.
set -u -o pipefail
. "$(dirname "$0")/common.bash"
catalog=dom0-tools/socle/explain.txt
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

markdown() {
	cat <<-'END'
		# Errors

		A message of `socle` ends with a word in brackets, which stays the same when the text changes; `socle explain WORD` prints what stands here.
		Exit codes are in [cli.md](cli.md). This page is made of `dom0-tools/socle/explain.txt` by `tests/lint/explain.sh --write`.
	END
	awk '
		function text(s) { gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); return s }
		/^[a-z0-9-]+: / { id = $1; sub(/:$/, "", id); gsub(/,/, " or ", $2); printf "\n## %s\n\nExit code %s. ", id, $2; next }
		/^\tWhy: / { sub(/^\tWhy: /, ""); printf "**Why:** %s\n\n", text($0); next }
		/^\tDo: / { sub(/^\tDo: /, ""); printf "**What to do:** %s\n", text($0); next }
		/^\t/ { sub(/^\t/, ""); printf "%s\n\n", text($0) }' "$catalog"
}

if [ "${1:-}" = --write ]; then
	markdown >docs/errors.md
	exit
fi

# "id CODE file" of every site: CODE is a name of an errno, or - where it is not known here.
find dom0-tools -name '*.c' | sort | xargs perl -0777 -ne '
	my $read = 0;
	my $table = $ARGV =~ /(socle\/(report|kinds)|libsocle\/error)\.c$/;
	while (/\bsocle_fail_id\(\s*[^,]+,\s*((?:[^,()]|\([^()]*\))+),\s*"([^"]*)"/g) {
		my ($code, $id) = ($1, $2);
		$code = "-" unless $code =~ /^DOMAIN_E_/;
		print "$id $code $ARGV\n";
		$read++;
	}
	my $calls = () = /\b(?:socle_fail_id|warn_id)\(/g;
	while (/\bwarn_id\("([^"]*)"/g) { print "$1 - $ARGV\n"; $read++ }
	print STDERR "$ARGV: ", $calls - $read, " calls of socle_fail_id() or warn_id() without a plain identifier\n"
		if $calls != $read && $ARGV !~ /libsocle\/error\.c$/ && !($ARGV =~ /socle\/report\.c$/ && $calls == $read + 1);
	while ($table && /\{ \w+, \w+, "([^"]*)"/g) { print "$1 - $ARGV\n" }
	while ($table && / \[([a-z-]+)\]\\n"/g) { print "$1 - $ARGV\n" }' >"$work/sites" 2>"$work/unread"
grep -o '^[a-z0-9-]*:' "$catalog" | tr -d : >"$work/explained"
cut -d' ' -f1 "$work/sites" | sort -u >"$work/given"

{
	cat "$work/unread"
	awk '!/^[a-z][a-z0-9-]*$/ || length($0) > 31 { print "\"" $0 "\" is no identifier: lower case, digits and -, at most 31" }' "$work/given"
} | verdict "identifiers of errors are well formed"
comm -23 "$work/given" <(sort "$work/explained") | while read -r id; do
	echo "$(awk -v id="$id" '$1 == id { print $3; exit }' "$work/sites"): error '$id' is not explained in $catalog"
done | verdict "every error is explained"
comm -13 "$work/given" <(sort "$work/explained") | sed "s|.*|$catalog: '&' is given by no source|" | verdict "every error that is explained is given"
sort -c "$work/explained" 2>&1 | sed 's/^sort: -/out of order: /' | verdict "the catalog is sorted"

# The exit code of a kind of error stands in kinds.c and cmd.h; an entry has to name that of each of its sites.
awk 'FILENAME ~ /cmd\.h$/ && /^\tEXIT_[A-Z_]+ = [0-9]+,/ { number[$1] = $3 + 0 }
	FILENAME ~ /kinds\.c$/ && /^\t\{ DOMAIN_E_/ { gsub(/[{},]/, ""); exit_of[$1] = number[$2] }
	FILENAME == ARGV[3] && /^[a-z0-9-]+: / { id = $1; sub(/:$/, "", id); exits[id] = "," $2 "," }
	FILENAME == ARGV[4] && $2 != "-" && index(exits[$1], "," exit_of[$2] ",") == 0 {
		print $3 ": error " $1 " has exit code " exit_of[$2] ", which its entry does not name" }' \
	dom0-tools/socle/cmd.h dom0-tools/socle/kinds.c "$catalog" "$work/sites" | verdict "the catalog names the exit codes"
awk '/^#/ || /^$/ { next } /^[a-z0-9-]+: [0-9,]+$/ { if (n && n != 3) print "the entry before " $1 " has " n " lines, not 3"; n = 0; next }
	/^\t/ { n++; want = n == 1 ? "^\t[A-Z]" : n == 2 ? "^\tWhy: " : "^\tDo: "; if ($0 !~ want || $0 !~ /[.]$/) print FILENAME ":" FNR ": not as its place wants it"; next }
	{ print FILENAME ":" FNR ": neither an entry nor a line of one" }' "$catalog" | verdict "entries are what, why and what to do"
markdown | diff - docs/errors.md | head -n 5 | verdict "docs/errors.md is made of the catalog (explain.sh --write does it)"
finish
