#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# libsocle as those have it who did not build it, in TAP: what it exports, its header, its pages, and its example, built against an
# installed tree by what pkg-config says, and run.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
build=$PWD
lib=dom0-tools/api/libsocle.so.1.0.0
[ -e "$lib" ] && [ -e Makefile ] || skip "no library at $lib"
for p in nm readelf cc pkg-config mandoc make; do
	command -v "$p" >/dev/null || skip "no $p"
done
: >"$work/why"

# --- what it exports
sed -n 's/^\t\(socle_[a-z_]*\);$/\1/p' "$top/dom0-tools/api/libsocle.map" >"$work/map"
nm -D --defined-only "$lib" | sed -n 's/^[0-9a-f]* T \([^@]*\)@@SOCLE_1\.0$/\1/p' | sort >"$work/exports"
diff "$work/map" "$work/exports" >"$work/why"
verdict $? "the library exports what libsocle.map says, with its version"
nm -D --defined-only "$lib" | grep -v '@@SOCLE_1\.0$' | grep -v ' A SOCLE_1\.0$' >"$work/why"
verdict $(($? == 0)) "and nothing else"
sed -n 's/.*[ *]\(socle_[a-z_]*\)(.*);.*/\1/p' "$top/include/socle/socle.h" | sort >"$work/header"
diff "$work/header" "$work/exports" >"$work/why"
verdict $? "the header declares what it exports"
sed -n 's/^ \(socle_[a-z_]*\)@SOCLE_1\.0 .*/\1/p' "$top/debian/libsocle1.symbols" | sort | diff - "$work/exports" >"$work/why"
verdict $? "the package knows what it exports"
readelf -d "$lib" >"$work/why"
grep -q 'SONAME.*\[libsocle\.so\.1\]' "$work/why" && ! grep -q TEXTREL "$work/why" && ! grep NEEDED "$work/why" | grep -qv 'libxml2\|libuuid\|libc\.so'
verdict $? "it has its soname, and needs no more than it should"
nm -D --undefined-only "$lib" | grep -E ' (exit|_exit|_Exit|abort|fork|vfork|system|popen|printf|puts|putchar|perror|warnx?|errx?|stdout|stderr|signal|sigaction|setenv|chdir|umask)(@|$)' >"$work/why"
verdict $(($? == 0)) "it neither ends its caller, nor prints, nor changes the process it is in"

# --- pages
mandoc -T lint -W warning "$top"/dom0-tools/api/man/*.3 >"$work/why" 2>&1
verdict $? "mandoc finds nothing wrong with the pages"
sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.Fn \(socle_[a-z_]*\) .*/\1/p' "$top"/dom0-tools/api/man/*.3 | sort | diff - "$work/exports" >"$work/why"
verdict $? "each function stands in the synopsis of one page"

# --- installed
if make -s install DESTDIR="$work/tree" >"$work/why" 2>&1; then verdict 0 "make install"; else verdict 1 "make install"; fi
prefix=$(sed -n 's/^prefix = //p' Makefile)
tree=$work/tree$prefix
ls "$tree/lib" >"$work/why"
[ "$(readlink "$tree/lib/libsocle.so")" = libsocle.so.1 ] && [ "$(readlink "$tree/lib/libsocle.so.1")" = libsocle.so.1.0.0 ] && [ -e "$tree/include/socle/socle.h" ]
verdict $? "library, links and header are there"
for f in $(cat "$work/exports"); do [ -e "$tree/share/man/man3/$f.3" ] || echo "no page $f.3"; done >"$work/why"
[ ! -s "$work/why" ]
verdict $? "there is a page under each function's name"
PKG_CONFIG_PATH=$tree/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/tree
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2046
cc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -o "$work/guests" "$top/dom0-tools/api/example/guests.c" $(pkg-config --cflags --libs libsocle) 2>"$work/why"
verdict $? "the example is built by what pkg-config says"
if command -v g++ >/dev/null; then
	echo '#include <socle/socle.h>
int main() { return socle_version()[0] == 0; }' >"$work/x.cc"
	# shellcheck disable=SC2046
	g++ -Wall -Wextra -Werror -o "$work/x" "$work/x.cc" $(pkg-config --cflags --libs libsocle) 2>"$work/why" && LD_LIBRARY_PATH=$tree/lib "$work/x"
	verdict $? "the header is one for C++ as well"
fi

# --- run
export LD_LIBRARY_PATH="$tree/lib" SOCLE_PROGRAM="$tree/bin/socle" SOCLE_GUESTS="$work/definitions" SOCLE_EVENTS="$work/events" SOCLE_JOURNAL="$work/none"
cd "$top/tests/cli" || exit 99
run() { # RC ARGUMENTS...
	want=$1
	shift
	"$work/guests" "$@" >"$work/out" 2>"$work/err"
	rc=$?
	cat "$work/out" "$work/err" >"$work/why"
	[ $rc = "$want" ]
}
run 0 check pass-full.xml && [ ! -s "$work/why" ]
verdict $? "a good description"
run 3 check fail-everything.xml && sed 's/^fail-everything.xml://' fail-everything.out >"$work/faults" &&
	grep -v '^guests: ' "$work/err" | diff "$work/faults" - >"$work/why"
verdict $? "the faults of a bad one are those that the command tells"
grep -q '^guests: fail-everything.xml: the description has errors \[bad-description\]$' "$work/err"
verdict $? "and it says so"
"$work/guests" watch 10 >"$work/seen" 2>&1 &
watcher=$!
sleep 0.5
run 0 define pass-full.xml && [ -e "$SOCLE_GUESTS/web-1.example_com+x.xml" ]
verdict $? "a definition is made"
for t in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do grep -q '"act"' "$work/seen" && break; sleep 0.5; done
kill $watcher
cp "$work/seen" "$work/why"
grep -q '"event": "act".*"command": "define".*"exit": 0' "$work/seen"
verdict $? "who listens hears of it"
sed 's/<uuid>.*<.uuid>/<uuid>11111111-2222-3333-4444-555555555555<\/uuid>/' pass-full.xml >"$work/other.xml"
run 5 define "$work/other.xml" && grep -q '\[definition-exists\]$' "$work/err"
verdict $? "what the program refuses has its code and its word"
run 4 forget nobody && grep -q "\[no-definition\]$" "$work/err"
verdict $? "one that is not there"
run 0 forget web-1.example_com+x && [ -z "$(ls "$SOCLE_GUESTS")" ]
verdict $? "it is forgotten"
run 4 forget --all
verdict $? "a name that looks like a flag is a name"
if [ ! -e /dev/xen/privcmd ]; then
	run 1 list && grep -q '^guests: cannot list the guests: cannot open /dev/xen/privcmd.* \[' "$work/err"
	verdict $? "without a hypervisor it says so"
	run 1 run pass-minimal.xml || run 3 run pass-minimal.xml
	verdict $? "and so does the program"
fi
SOCLE_PROGRAM=/nonexistent/socle
run 1 define pass-full.xml && grep -q "cannot run the program '/nonexistent/socle': No such file or directory \[no-program\]$" "$work/err"
verdict $? "without the program it says so"
cd "$build" && make -s uninstall DESTDIR="$work/tree" >"$work/why" 2>&1 && find "$work/tree" -name '*socle.so*' -o -name 'socle_*.3' -o -name 'libsocle.pc' -o -name socle.h >"$work/why"
[ ! -s "$work/why" ]
verdict $? "make uninstall takes it away"
finish
