/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XENPF_efi_runtime_call (pv-abi 5.4): what dom0 asks of the firmware, one service at a time. Buffers are copied in and out here: the firmware
 * never sees a guest's address. What the firmware answered is in status; an error of ours is the hypercall's.
 */
#include <string.h>
#include <abi/errno.h>
#include <abi/platform.h>
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/efi.h"

#define EFI_BUFFER_TOO_SMALL	(1ull << 63 | 5)
#define EFI_OUT_OF_RESOURCES	(1ull << 63 | 9)
#define NAME_BYTES	2048u		/* of a variable's name with its end; Linux takes 1024 */
#define DATA_BYTES	65536u		/* of a variable: firmware has 64 KiB for all of them, often */

_Static_assert(sizeof(struct xenpf_efi_time) == 16, "UEFI 2.10, 8.3: EFI_TIME");
_Static_assert(sizeof(struct xenpf_efi_guid) == 16, "UEFI 2.10, 2.3.1: EFI_GUID");

/* A variable's name, its type, its data: memory of ours, which the firmware reads and writes. */
struct variable {
	uint16_t name[NAME_BYTES / 2];
	struct xenpf_efi_guid guid;
	uint32_t attr;
	uint64_t size, more[3];
	uint8_t data[DATA_BYTES];
};

static uint64_t at(const void *p)
{
	return (uint64_t)p;
}

static long call(struct xenpf_efi_runtime_call *op, enum efi_service which, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	const uint64_t arg[EFI_ARGS] = { a, b, c, d, e };

	return efi_runtime_call(which, arg, &op->status) ? 0 : -XEN_ENOSYS;
}

static bool failed(const struct xenpf_efi_runtime_call *op)
{
	return op->status >> 63;
}

/* ---- time ------------------------------------------------------------------------------------------------ */

static long get_time(struct xenpf_efi_runtime_call *op)
{
	struct { struct xenpf_efi_time time; uint32_t resolution, accuracy; uint8_t clears_ns, pad[7]; } out = { .clears_ns = 0 };
	long r;

	if (op->misc)
		return -XEN_EINVAL;
	r = call(op, EFI_GET_TIME, at(&out.time), at(&out.resolution), 0, 0, 0);
	if (r || failed(op))
		return r;
	op->u.get_time.time = out.time;
	op->u.get_time.resolution = out.resolution;
	op->u.get_time.accuracy = out.accuracy;
	op->misc = out.clears_ns ? XEN_EFI_GET_TIME_SET_CLEARS_NS : 0;
	return 0;
}

static long set_time(struct xenpf_efi_runtime_call *op)
{
	return op->misc ? -XEN_EINVAL : call(op, EFI_SET_TIME, at(&op->u.set_time), 0, 0, 0, 0);
}

static long get_wakeup(struct xenpf_efi_runtime_call *op)
{
	uint8_t enabled = 0, pending = 0;
	struct xenpf_efi_time time = { .year = 0 };
	long r;

	if (op->misc)
		return -XEN_EINVAL;
	r = call(op, EFI_GET_WAKEUP, at(&enabled), at(&pending), at(&time), 0, 0);
	if (r || failed(op))
		return r;
	op->u.get_wakeup_time = time;
	op->misc = (enabled ? XEN_EFI_GET_WAKEUP_TIME_ENABLED : 0) | (pending ? XEN_EFI_GET_WAKEUP_TIME_PENDING : 0);
	return 0;
}

static long set_wakeup(struct xenpf_efi_runtime_call *op)
{
	bool enable = op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE, only = op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY;

	if (op->misc & ~(uint32_t)(XEN_EFI_SET_WAKEUP_TIME_ENABLE | XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY))
		return -XEN_EINVAL;
	return call(op, EFI_SET_WAKEUP, enable, only ? 0 : at(&op->u.set_wakeup_time), 0, 0, 0);
}

static long get_count(struct xenpf_efi_runtime_call *op)
{
	uint32_t count = 0;
	long r;

	if (op->misc)
		return -XEN_EINVAL;
	r = call(op, EFI_GET_COUNT, at(&count), 0, 0, 0, 0);
	if (!r && !failed(op))
		op->misc = count;
	return r;
}

/* ---- variables ------------------------------------------------------------------------------------------- */

/* A terminated name of 16-bit words; -XEN_EINVAL for one that is longer than names are. */
static long name_read(struct variable *v, uint64_t from)
{
	for (size_t i = 0; i < ARRAY_SIZE(v->name); i++) {
		if (copy_from_guest(&v->name[i], from + 2 * i, sizeof(v->name[i])))
			return -XEN_EFAULT;
		if (!v->name[i])
			return 0;
	}
	return -XEN_EINVAL;
}

static long get_variable(struct xenpf_efi_runtime_call *op, struct variable *v)
{
	uint64_t room = op->u.get_variable.size;
	long r;

	if (op->misc)
		return -XEN_EINVAL;
	r = name_read(v, op->u.get_variable.name);
	if (r)
		return r;
	v->guid = op->u.get_variable.vendor_guid;
	v->size = MIN(room, (uint64_t)DATA_BYTES);
	r = call(op, EFI_GET_VARIABLE, at(v->name), at(&v->guid), at(&v->attr), at(&v->size), v->size ? at(v->data) : 0);
	if (r)
		return r;
	/* The size that it would take is an answer as well. */
	if (op->status == EFI_BUFFER_TOO_SMALL)
		op->u.get_variable.size = v->size;
	if (failed(op))
		return 0;
	if (v->size > MIN(room, (uint64_t)DATA_BYTES))
		return -XEN_EIO;
	if (copy_to_guest(op->u.get_variable.data, v->data, v->size))
		return -XEN_EFAULT;
	op->u.get_variable.size = v->size;
	op->misc = v->attr;
	return 0;
}

static long set_variable(struct xenpf_efi_runtime_call *op, struct variable *v)
{
	long r = name_read(v, op->u.set_variable.name);

	if (r)
		return r;
	if (op->u.set_variable.size > DATA_BYTES) {
		op->status = EFI_OUT_OF_RESOURCES;
		return 0;
	}
	if (copy_from_guest(v->data, op->u.set_variable.data, op->u.set_variable.size))
		return -XEN_EFAULT;
	v->guid = op->u.set_variable.vendor_guid;
	return call(op, EFI_SET_VARIABLE, at(v->name), at(&v->guid), op->misc, op->u.set_variable.size, at(v->data));
}

static long next_name(struct xenpf_efi_runtime_call *op, struct variable *v)
{
	uint64_t room = op->u.get_next_variable_name.size;
	long r;

	if (op->misc)
		return -XEN_EINVAL;
	r = name_read(v, op->u.get_next_variable_name.name);
	if (r)
		return r;
	v->guid = op->u.get_next_variable_name.vendor_guid;
	v->size = MIN(room, (uint64_t)NAME_BYTES);
	r = call(op, EFI_GET_NEXT_NAME, at(&v->size), at(v->name), at(&v->guid), 0, 0);
	if (r)
		return r;
	if (op->status == EFI_BUFFER_TOO_SMALL)
		op->u.get_next_variable_name.size = v->size;
	if (failed(op))
		return 0;
	if (v->size > MIN(room, (uint64_t)NAME_BYTES))
		return -XEN_EIO;
	if (copy_to_guest(op->u.get_next_variable_name.name, v->name, v->size))
		return -XEN_EFAULT;
	op->u.get_next_variable_name.size = v->size;
	op->u.get_next_variable_name.vendor_guid = v->guid;
	return 0;
}

static long query_variables(struct xenpf_efi_runtime_call *op, struct variable *v)
{
	long r;

	/* What there was at boot is not kept. */
	if (op->misc)
		return op->misc == XEN_EFI_VARINFO_BOOT_SNAPSHOT ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
	r = call(op, EFI_QUERY_VARIABLES, op->u.query_variable_info.attr, at(&v->more[0]), at(&v->more[1]), at(&v->more[2]), 0);
	if (r || failed(op))
		return r;
	op->u.query_variable_info.max_store_size = v->more[0];
	op->u.query_variable_info.remain_store_size = v->more[1];
	op->u.query_variable_info.max_size = v->more[2];
	return 0;
}

static long with_variable(struct xenpf_efi_runtime_call *op, long (*fn)(struct xenpf_efi_runtime_call *, struct variable *))
{
	struct variable *v = hv_alloc(sizeof(*v));
	long r = v ? fn(op, v) : -XEN_ENOMEM;

	hv_free(v);
	return r;
}

/* Capsules are addresses that the firmware follows: dom0's kernel has other ways to hand over an update. */
long efi_runtime_op(struct xenpf_efi_runtime_call *op)
{
	switch (op->function) {
	case XEN_EFI_get_time:
		return get_time(op);
	case XEN_EFI_set_time:
		return set_time(op);
	case XEN_EFI_get_wakeup_time:
		return get_wakeup(op);
	case XEN_EFI_set_wakeup_time:
		return set_wakeup(op);
	case XEN_EFI_get_next_high_monotonic_count:
		return get_count(op);
	case XEN_EFI_get_variable:
		return with_variable(op, get_variable);
	case XEN_EFI_set_variable:
		return with_variable(op, set_variable);
	case XEN_EFI_get_next_variable_name:
		return with_variable(op, next_name);
	case XEN_EFI_query_variable_info:
		return with_variable(op, query_variables);
	default:
		return -XEN_ENOSYS;
	}
}
