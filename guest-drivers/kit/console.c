/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf, on the hypervisor's console (dom0) or the guest's own console ring. A ring that nobody reads costs the text, not the
 * guest.
 */
#include <abi/event_channel.h>
#include <abi/io/console.h>
#include <abi/sched.h>
#include "kit/kit.h"

#define RING_TRIES 20000

static bool busy;

static struct xencons_interface *console_ring(void)
{
	return kit_start_info->console.domU.mfn ? kit_mfn_to_va(kit_start_info->console.domU.mfn) : NULL;
}

static void notify_reader(void)
{
	struct evtchn_send send = { .port = kit_start_info->console.domU.evtchn };

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

static void ring_write(const char *text, int n)
{
	struct xencons_interface *r = console_ring();

	for (int i = 0; r && i < n; i++) {
		for (unsigned int tries = 0; r->out_prod - __atomic_load_n(&r->out_cons, __ATOMIC_ACQUIRE) >= XENCONS_OUT_RING_SIZE;) {
			notify_reader();
			kit_relax();
			if (++tries > RING_TRIES)
				return;
		}
		r->out[r->out_prod % XENCONS_OUT_RING_SIZE] = text[i];
		__atomic_store_n(&r->out_prod, r->out_prod + 1, __ATOMIC_RELEASE);
	}
	if (r)
		notify_reader();
}

void kit_console_drain(void)
{
	struct xencons_interface *r = kit_privileged() ? NULL : console_ring();

	for (unsigned int tries = 0; r && tries < RING_TRIES && __atomic_load_n(&r->out_cons, __ATOMIC_ACQUIRE) != r->out_prod; tries++)
		kit_relax();
}

static void vprint(const char *prefix, const char *fmt, va_list ap, const char *suffix)
{
	char line[256];
	int n = 0;

	while (*prefix)
		line[n++] = *prefix++;
	n += kit_vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	while (*suffix)
		line[n++] = *suffix++;
	while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		kit_relax();
	if (kit_privileged())
		hypercall3(__HYPERVISOR_console_io, 0, n, line);
	else
		ring_write(line, n);
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

void kit_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint("", fmt, ap, "");
	va_end(ap);
}

void kit_bail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint("Bail out! ", fmt, ap, "\n");
	va_end(ap);
	kit_console_drain();
	kit_shutdown(SHUTDOWN_crash);
}
