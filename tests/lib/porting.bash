# SPDX-License-Identifier: BSD-2-Clause
# The examples of docs/porting.md: taken out of the page, built with what "make install" installs and nothing else, in a folder
# outside of the tree. Source it after common.sh.
#   <!-- file: NAME [disk] -->       the block below is that file; "disk": its guest wants one
#   <!-- console: NAME WORDS -->     NAME.elf, given these words, says the lines of the block below

# Blocks that follow a mark: "file NAME" or "console NAME" with the text, into a folder.
porting_extract() { # page folder
	awk -v dir="$2" '
		/^<!-- (file|console): / {
			kind = $2; sub(/:$/, "", kind); name = $3; words = $0
			sub(/^<!-- [a-z]+: [^ ]+ ?/, "", words); sub(/ ?-->$/, "", words)
			next
		}
		/^```/ && kind != "" && !inside {
			inside = 1
			out = dir "/" (kind == "file" ? name : name ".console")
			printf "" >out
			if (kind == "console") print words >(dir "/" name ".words")
			if (kind == "file" && words != "") { sub(/\.c$/, "", name); print words >(dir "/" name ".needs") }
			next
		}
		/^```/ && inside { inside = 0; kind = ""; close(out); next }
		inside { print >out }' "$1"
}

# Installs into $SOCLE_BUILD/porting/root, builds every example into $SOCLE_BUILD/porting/examples. Says what fails.
porting_build() {
	local dir=$SOCLE_BUILD/porting c
	rm -rf "$dir" && mkdir -p "$dir/examples"
	make -s -C "$SOCLE_BUILD" install DESTDIR="$dir/root" >"$dir/install.log" 2>&1 || { tail -n 5 "$dir/install.log"; return 1; }
	porting_extract "$SOCLE_TOP/docs/porting.md" "$dir/examples"
	for c in "$dir"/examples/*.c; do
		PKG_CONFIG_PATH=$(dirname "$(find "$dir/root" -name socle-guest.pc)") \
			make -s -C "$dir/examples" PKG_CONFIG="pkg-config --define-prefix" CC="${CC:-gcc} -Wall -Wextra -Werror" "$(basename "$c" .c).elf" 2>&1 || return 1
	done
}
