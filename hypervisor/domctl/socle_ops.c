/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socle_op(63): our own questions to the hypervisor, include/socle/op.h. One row an operation: its argument is copied
 * in whole, worked on as a copy, and copied back on success.
 */
#include <stdbool.h>
#include <stdint.h>
#include <socle/op.h>
#include "debug/last.h"
#include "domctl/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"

union socle_arg {
	struct socle_last_words last_words;
};

static long read_last_words(union socle_arg *a)
{
	return last_words_read(a->last_words.seq, &a->last_words) ? 0 : -XEN_ENODATA;
}

static const struct {
	long (*fn)(union socle_arg *a);
	size_t size;
} rows[] = {
	[SOCLE_OP_last_words] = { read_last_words, sizeof(struct socle_last_words) },
};

long do_socle_op(uint64_t cmd, uint64_t uarg)
{
	union socle_arg arg;
	unsigned int i;
	long rc;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (!idx_clamp(cmd, ARRAY_SIZE(rows), &i) || !rows[i].fn)
		return refuse(-XEN_ENOSYS, "operation %lu", cmd);
	if (copy_from_guest(&arg, uarg, rows[i].size))
		return -XEN_EFAULT;
	rc = rows[i].fn(&arg);
	if (!rc && copy_to_guest(uarg, &arg, rows[i].size))
		return -XEN_EFAULT;
	return rc;
}
