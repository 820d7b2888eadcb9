#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mkpages.sh FOLDER > pages.S: every file of a folder as data of an image, with the table of pages.h. index.html is found under
# the name of its folder as well. Tags are sums of the contents, so that a new image with an old page says so.
set -eu -o pipefail
dir=$(cd "$1" && pwd)

type_of() {
	case $1 in
	*.html) echo "text/html; charset=utf-8" ;;
	*.css) echo "text/css; charset=utf-8" ;;
	*.js) echo "text/javascript; charset=utf-8" ;;
	*.json) echo "application/json" ;;
	*.txt) echo "text/plain; charset=utf-8" ;;
	*.svg) echo "image/svg+xml" ;;
	*.png) echo "image/png" ;;
	*.jpg | *.jpeg) echo "image/jpeg" ;;
	*.ico) echo "image/x-icon" ;;
	*) echo "application/octet-stream" ;;
	esac
}

entry() { # path number type tag
	n=$((n + 1))
	printf '\t.section .rodata\n.Lp%d:\t.asciz "%s"\n.Lt%d:\t.asciz "%s"\n' "$n" "$1" "$n" "$3"
	printf '\t.section .rodata.pages, "a"\n\t.quad .Lp%d, .Lt%d, .Ld%d, .Le%d - .Ld%d, 0x%s\n' "$n" "$n" "$2" "$2" "$2" "$4"
}

printf '/* Made by mkpages.sh. */\n\t.section .rodata.pages, "a"\n\t.balign 8\n\t.globl webd_pages\nwebd_pages:\n'
n=0 file=0
while IFS= read -r -d '' path; do
	case $path in *[\"\\]* | *[![:print:]]*) echo "mkpages.sh: a name that cannot be served: $path" >&2; exit 1 ;; esac
	file=$((file + 1))
	printf '\t.section .rodata\n\t.balign 16\n.Ld%d:\t.incbin "%s"\n.Le%d:\n' "$file" "$dir/$path" "$file"
	tag=$(sha256sum "$dir/$path" | cut -c1-16) type=$(type_of "$path")
	entry "/$path" "$file" "$type" "$tag"
	case /$path in */index.html) entry "/${path%index.html}" "$file" "$type" "$tag" ;; esac
done < <(cd "$dir" && find . -type f -printf '%P\0' | LC_ALL=C sort -z)
printf '\t.section .rodata\n\t.balign 8\n\t.globl webd_nr_pages\nwebd_nr_pages:\t.quad %d\n' "$n"
printf '\t.section .note.GNU-stack, "", @progbits\n'
