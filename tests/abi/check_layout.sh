#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Compare include/abi with the headers of Debian's libxen-dev: size and offset
# of every structure member listed in layout.list, value of every constant that
# both sides define.  Also compile each header alone as C99, C11 and C++17.
#
# Environment: CC (default gcc), CXX (default g++), XEN_INCLUDE (default
# /usr/include).  Output is TAP.  Exit status: 0 equal, 1 different,
# 77 libxen-dev missing.

set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
abi=$(cd "$here/../../include/abi" && pwd) || exit 1
list=$here/layout.list
CC=${CC:-gcc}
CXX=${CXX:-g++}
xen=${XEN_INCLUDE:-/usr/include}

if [ ! -e "$xen/xen/domctl.h" ] || [ ! -e "$xen/xen/sys/privcmd.h" ]; then
    echo "1..0 # SKIP libxen-dev headers not found in $xen"
    exit 77
fi

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0
bad=0

result() { # status, description, file with details
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        [ -n "${3:-}" ] && sed 's/^/# /' "$3" | head -n 60
        bad=1
    fi
}

mapfile -t headers < <(cd "$abi" && find . -name '*.h' | sed 's,^\./,,' | sort)

# 1. Every header on its own.
warn="-Wall -Wextra -pedantic -Werror -fsyntax-only"
for h in "${headers[@]}"; do
    for std in c99 c11; do
        printf '#include "%s"\ntypedef int not_empty;\n' "$abi/$h" > "$tmp/one.c"
        $CC -std=$std $warn "$tmp/one.c" > "$tmp/log" 2>&1
        result $? "$h compiles alone as $std" "$tmp/log"
    done
    printf '#include "%s"\n' "$abi/$h" > "$tmp/one.cc"
    $CXX -std=c++17 $warn "$tmp/one.cc" > "$tmp/log" 2>&1
    result $? "$h compiles alone as c++17" "$tmp/log"
done

# 2. Includes of both sides.
for h in "${headers[@]}"; do echo "#include \"$abi/$h\""; done > "$tmp/ours.inc"
{
    echo '#include <stddef.h>'
    echo '#include <stdint.h>'
    echo '#include <sys/ioctl.h>'
    echo '#define __XEN_TOOLS__ 1'
    echo '#define __XEN_INTERFACE_VERSION__ 0x00040e00'
    for h in xen arch-x86/cpuid event_channel grant_table memory sched vcpu \
             version features callback physdev platform arch-x86/xen-mca nmi \
             domctl sysctl elfnote errno hvm/e820 io/ring io/blkif io/netif \
             io/console io/xenbus io/xs_wire io/fbif io/kbdif pmu sys/privcmd \
             sys/evtchn sys/gntdev sys/gntalloc; do
        [ -e "$xen/xen/$h.h" ] && echo "#include <xen/$h.h>"
    done
} > "$tmp/theirs.inc"

# 3. Layout tables.
table() { # side (ours|theirs)
    cat "$tmp/$1.inc"
    echo '#include <stddef.h>'
    echo '#include <stdio.h>'
    echo 'int main(void)'
    echo '{'
    awk -v side="$1" '
    $1 == "T" {
        name = $3; gsub("~", " ", name)
        type = (side == "ours") ? $3 : $4
        gsub("~", " ", type)
        printf "printf(\"%%s %%zu\\n\", \"%s\", sizeof(%s));\n", name, type
    }
    $1 == "M" {
        m = (side == "ours") ? $2 : $3
        printf "printf(\"%%s %%zu %%zu\\n\", \"%s.%s\", offsetof(%s, %s), sizeof(((%s *)0)->%s));\n", \
               name, $2, type, m, type, m
    }' "$list"
    echo 'return 0; }'
}
for side in ours theirs; do
    table $side > "$tmp/$side.c"
    $CC -w -I "$xen" -o "$tmp/$side" "$tmp/$side.c" > "$tmp/log" 2>&1
    rc=$?
    result $rc "layout table of $side compiles" "$tmp/log"
    [ $rc -eq 0 ] && "$tmp/$side" > "$tmp/$side.tab"
    : >> "$tmp/$side.tab"
done
diff -u "$tmp/theirs.tab" "$tmp/ours.tab" > "$tmp/log"
rc=$?
grep '^[-+]' "$tmp/log" > "$tmp/log2"
# One line per structure.
while read -r type; do
    grep -qF -- "$type." "$tmp/log2" || grep -qE -- "^[-+]$type " "$tmp/log2"
    if [ $? -eq 0 ]; then
        grep -F -- "$type" "$tmp/log2" > "$tmp/log3"
        result 1 "layout of $type" "$tmp/log3"
    else
        result 0 "layout of $type"
    fi
done < <(awk '$1 == "T" { gsub("~", " ", $3); print $3 }' "$list")
[ -s "$tmp/ours.tab" ] || rc=1
result $rc "layout tables are equal ($(wc -l < "$tmp/ours.tab") lines)" "$tmp/log2"

# 4. Each structure of ours is in the list (or known to have no counterpart).
( cd "$abi" && sed -nE 's/^((struct|union) [a-z0-9_]+) \{$/\1/p' "${headers[@]}" ) | sort > "$tmp/all"
awk '$1 == "T" { gsub("~", " ", $3); print $3 }' "$list" |
    cat - <(printf 'struct %s\n' sring_header e820entry xen_build_id) | sort > "$tmp/known"
comm -3 "$tmp/all" "$tmp/known" > "$tmp/log"
[ ! -s "$tmp/log" ]
result $? "layout.list is complete" "$tmp/log"

printf '#include "%s"\n' "$abi/io/ring.h" > "$tmp/size.c"
cat >> "$tmp/size.c" <<'EOC'
typedef char size_is_64[sizeof(struct sring_header) == 64 ? 1 : -1];
EOC
printf '#include "%s"\ntypedef char e820_is_20[sizeof(struct e820entry) == 20 ? 1 : -1];\n' \
    "$abi/memory.h" >> "$tmp/size.c"
printf '#include "%s"\ntypedef char id_is_4[sizeof(struct xen_build_id) == 4 ? 1 : -1];\n' \
    "$abi/version.h" >> "$tmp/size.c"
$CC -fsyntax-only "$tmp/size.c" > "$tmp/log" 2>&1
result $? "sizes of structures without counterpart" "$tmp/log"

# 5. Constants: the names come from our headers; those the other side lacks
#    are dropped by letting the compiler report them.
( cd "$abi" && sed -nE 's/^#define ([A-Za-z_][A-Za-z0-9_]*) +[^ ].*/\1/p' "${headers[@]}" ) |
    sort -u > "$tmp/names"
consts() { # side, names
    cat "$tmp/$1.inc"
    echo '#include <stdio.h>'
    echo 'int main(void)'
    echo '{'
    sed 's/.*/printf("%s %lld\\n", "&", (long long)(&));/' "$2"
    echo 'return 0; }'
}
cp "$tmp/names" "$tmp/common"
rc=1
limit=-fmax-errors=0
$CC --version 2>/dev/null | grep -q clang && limit=-ferror-limit=0
for _ in 1 2 3 4 5; do
    consts theirs "$tmp/common" > "$tmp/tc.c"
    if $CC -w $limit -I "$xen" -o "$tmp/tc" "$tmp/tc.c" > "$tmp/log" 2>&1; then
        rc=0
        break
    fi
    grep -oE "('|identifier ')[A-Za-z_0-9]+' undeclared|undeclared identifier '[A-Za-z_0-9]+'" "$tmp/log" |
        grep -oE "'[A-Za-z_0-9]+'" | tr -d "'" | sort -u > "$tmp/drop"
    [ -s "$tmp/drop" ] || break
    comm -23 "$tmp/common" "$tmp/drop" > "$tmp/common2"
    mv "$tmp/common2" "$tmp/common"
done
result $rc "constants of theirs compile" "$tmp/log"
consts ours "$tmp/common" > "$tmp/oc.c"
$CC -w -o "$tmp/oc" "$tmp/oc.c" > "$tmp/log" 2>&1
result $? "constants of ours compile" "$tmp/log"
if [ -x "$tmp/tc" ] && [ -x "$tmp/oc" ]; then
    diff <("$tmp/tc") <("$tmp/oc") > "$tmp/log"
    result $? "values of $(wc -l < "$tmp/common") constants are equal" "$tmp/log"
fi
comm -23 "$tmp/names" "$tmp/common" | tr '\n' ' ' | sed 's/^/# only here, not compared: /'
echo
echo "1..$n"
exit $bad
