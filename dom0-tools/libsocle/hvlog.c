/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/hvlog.c
 *
 * Reading the hypervisor's log; see hvlog.h.
 */
#include "libsocle/hvlog.h"

#include <errno.h>
#include <string.h>

#include <socle/op.h>

#include "libsocle/stamp.h"

int socle_hvlog_open(struct socle_hvlog *log, struct socle_hv *hv, struct socle_error *e)
{
	*log = (struct socle_hvlog){ .hv = hv };
	log->buf = socle_hbuf_alloc(hv, SOCLE_HVLOG_CHUNK);
	return log->buf ? 0 : socle_fail_id(e, errno, "dom0-memory", "cannot lock memory for the log: %s",
					 strerror(errno));
}

void socle_hvlog_close(struct socle_hvlog *log)
{
	socle_hbuf_free(log->hv, log->buf, SOCLE_HVLOG_CHUNK);
	log->buf = NULL;
}

int socle_hvlog_read(struct socle_hvlog *log, bool clear)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };
	struct xen_sysctl_readconsole *rc = &op.u.readconsole;
	int r;

	rc->incremental = log->begun;
	rc->clear = clear;
	rc->index = log->next;
	rc->buffer = (uintptr_t)log->buf;
	rc->count = SOCLE_HVLOG_CHUNK;
	r = socle_sysctl(log->hv, &op);
	if (r < 0)
		return r;
	if (rc->count > SOCLE_HVLOG_CHUNK)
		return -EPROTO;
	log->lost = log->begun ? rc->index - rc->count - log->next : 0;
	log->next = rc->index;
	log->begun = true;
	return (int)rc->count;
}

uint64_t socle_hvlog_time(struct socle_hvlog *log, uint32_t number)
{
	struct socle_log_time t = { .at = number };

	if (socle_own_op(log->hv, SOCLE_OP_log_time, &t, sizeof(t)) || t.written_ns > t.now_ns)
		return 0;
	return stamp_now() - (t.now_ns - t.written_ns) / 1000000;
}
