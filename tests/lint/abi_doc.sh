#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# docs/abi.md has an entry for every operation that the code dispatches, under its section and with its number, and no other.
set -u -o pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
hv=$top/hypervisor
doc=$top/docs/abi.md
status=0 n=0

# section, headers of the numbers, prefix of the names; the names themselves come on standard input
check() {
	local section=$1 prefix=$3 headers code documented name nr want
	read -ra headers <<<"$2"
	code=$(sort -u)
	documented=$(awk -F' *[|] *' -v s="## $section" '/^## / { on = index($0, s) == 1 } on && $2 ~ /^[0-9]+$/ { print $3, $2 }' "$doc" | sort)
	n=$((n + 1))
	if ! diff <(echo "$code") <(cut -d' ' -f1 <<<"$documented" | sort -u) >"${TMPDIR:-/tmp}/abi_doc.$$"; then
		sed -n 's/^</# not in the document:/p; s/^>/# only in the document:/p' "${TMPDIR:-/tmp}/abi_doc.$$"
		echo "not ok $n - $section: code and document have the same operations"
		status=1
	else
		echo "ok $n - $section: $(grep -c . <<<"$code") operations"
	fi
	rm -f "${TMPDIR:-/tmp}/abi_doc.$$"
	n=$((n + 1)) want=ok
	while read -r name nr; do
		[ "$(cd "$top/include" && awk -v d="$prefix$name" '$1 == "#define" && $2 == d { print $3; exit }' "${headers[@]}")" = "$nr" ] && continue
		echo "# $name is not $nr"
		want="not ok" status=1
	done <<<"$documented"
	echo "$want $n - $section: numbers"
}
names() { grep -oE "$2" "$hv/$1" | grep -oE '[A-Za-z0-9_]+[^A-Za-z0-9_]*$' | sed -E "s/[^A-Za-z0-9_]*$//; s/^$3//"; }

# iret has a way of its own in entry.S.
check "Hypercalls" "abi/xen.h socle/op.h" __HYPERVISOR_ < <({ names hypercall/dispatch.c '	ROW\([a-z_]+' ''; echo iret; })
check "xen_version" abi/version.h XENVER_ < <(names hypercall/misc_ops.c 'case XENVER_[a-z_]+' XENVER_)
check "console_io" abi/xen.h CONSOLEIO_ < <(names hypercall/misc_ops.c 'case CONSOLEIO_[a-z]+' CONSOLEIO_)
check "callback_op" abi/callback.h CALLBACKTYPE_ < <(names pv/pv_ops.c 'case CALLBACKTYPE_[a-z0-9]+' CALLBACKTYPE_)
check "nmi_op" abi/nmi.h XENNMI_ < <(names pv/pv_ops.c 'case XENNMI_[a-z_]+' XENNMI_)
check "memory_op" abi/memory.h XENMEM_ < <(names mm/mm_ops.c 'case XENMEM_[a-z_]+' XENMEM_)
# The four levels of pins are one range in the code.
check "mmuext_op" abi/xen.h MMUEXT_ < <({ names mm/pt_pin.c 'MMUEXT_[A-Z0-9_]+' MMUEXT_; printf 'PIN_L%d_TABLE\n' 1 2 3; })
check "vcpu_op" abi/vcpu.h VCPUOP_ < <(names domctl/vcpu_ops.c '\[VCPUOP_[a-z_]+' VCPUOP_)
check "sched_op" abi/sched.h SCHEDOP_ < <(names sched/sched_ops.c '\[SCHEDOP_[a-z_]+' SCHEDOP_)
check "event_channel_op" abi/event_channel.h EVTCHNOP_ < <(names evtchn/evtchn_ops.c '	OP\([a-z_]+' '')
check "grant_table_op" abi/grant_table.h GNTTABOP_ < <(names grant/grant_ops.c '(\[|case )GNTTABOP_[a-z_]+' GNTTABOP_)
check "physdev_op" abi/physdev.h PHYSDEVOP_ < <(names platform/physdev_ops.c '	ROW\([a-z0-9_]+' '')
check "platform_op" abi/platform.h XENPF_ < <(names platform/platform_ops.c '\{ XENPF_[a-z0-9_]+' XENPF_)
check "mca" abi/mca.h XEN_MC_ < <(names platform/mca.c 'case XEN_MC_[a-z0-9_]+' XEN_MC_)
check "socle_op" socle/op.h SOCLE_OP_ < <(names domctl/socle_ops.c '\[SOCLE_OP_[a-z_]+' SOCLE_OP_)
check "domctl" abi/domctl.h XEN_DOMCTL_ < <(names domctl/domctl_ops.c '\[XEN_DOMCTL_[a-z0-9_]+' XEN_DOMCTL_)
check "sysctl" abi/sysctl.h XEN_SYSCTL_ < <(names domctl/sysctl_ops.c '\[XEN_SYSCTL_[a-z0-9_]+' XEN_SYSCTL_)
echo "1..$n"
exit $status
