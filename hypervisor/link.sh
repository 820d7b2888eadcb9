#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Links the hypervisor: link.sh SRCDIR OUTPUT OBJECTS...
# Pass one has an empty symbol table; its addresses make the table of pass two. The table is the last thing in
# .rodata's own section, so filling it moves no function.
set -eu
src=$1 out=$2
shift 2
dir=$(dirname "$out")
lds=$dir/hypervisor.lds
$CC -E -P -x c $CPPFLAGS -D__ASSEMBLY__ -o "$lds" "$src/hypervisor.lds.S"
link() { # output, extra object
	$CC -nostdlib -static -Wl,-T,"$lds" -Wl,--gc-sections -Wl,--build-id=sha1 -Wl,-z,max-page-size=0x1000 \
		-Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -o "$1" $objs "$2"
}
objs="$*"
sh "$src/gensyms.sh" /dev/null > "$dir/syms.S"
$CC -c -o "$dir/syms.o" "$dir/syms.S"
link "$out.tmp" "$dir/syms.o"
for pass in 1 2; do
	$NM -n "$out.tmp" | sh "$src/gensyms.sh" - > "$dir/syms.S"
	$CC -c -o "$dir/syms.o" "$dir/syms.S"
	link "$out.tmp" "$dir/syms.o"
done
mv "$out.tmp" "$out"
