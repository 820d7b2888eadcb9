#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every header compiles alone: what it needs it includes itself. (include/abi has its own check, in three languages.)
set -u -o pipefail
. "$(dirname "$0")/common.bash"
CC=${CC:-gcc}
warnings="-std=gnu17 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla -Werror -fsyntax-only -x c"
hypervisor="-ffreestanding -mgeneral-regs-only -Iinclude -Ihypervisor -isystem hypervisor/lib/include"
guest="-ffreestanding -mgeneral-regs-only -Iinclude -Iguest-drivers"
tools="-D_GNU_SOURCE -I. -Iinclude -Idom0-tools $(pkg-config --cflags libxml-2.0 uuid liburing 2>/dev/null)"

for header in $(sources h); do
	case $header in
	hypervisor/*) flags=$hypervisor ;;
	guest-drivers/*) flags=$guest ;;
	dom0-tools/*) flags=$tools ;;
	*) continue ;;
	esac
	# shellcheck disable=SC2086
	if why=$(printf '#include "%s"\n' "$top/$header" | $CC $warnings $flags - 2>&1); then
		ok "$header"
	else
		not_ok "$header does not compile alone"
		printf '%s\n' "$why" | head -n 5 | sed 's/^/# /'
	fi
done
finish
