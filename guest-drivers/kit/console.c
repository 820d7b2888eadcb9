/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf, on the hypervisor's console (dom0) or the guest's own console ring. A ring that nobody reads costs the text, not the
 * guest.
 */
#include <abi/sched.h>
#include "kit/internal.h"
#include "kit/kit.h"

/* How long a full ring is waited for: first at once again, then in naps. */
#define TRIES_BUSY	200U
#define TRIES		10000U
#define NAP_NS		1000000UL

static struct kit_console_ring ring;
static bool busy, unread;

/* Attached at its first use, and anew when a resume has brought another page. */
struct kit_console_ring *kit_console(void)
{
	struct xencons_interface *page = kit_start_info->console.domU.mfn ? kit_mfn_to_va(kit_start_info->console.domU.mfn) : NULL;

	if (page && ring.page != page)
		kit_console_ring_attach(&ring, page);
	return page ? &ring : NULL;
}

/* Before shared_info is mapped there is no clock to nap by. */
static void wait_for_reader(unsigned int tries)
{
	struct sched_poll nap = { 0 };

	if (tries < TRIES_BUSY || !kit_shared_info) {
		kit_relax();
		return;
	}
	nap.timeout = kit_time() + NAP_NS;
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &nap);
}

/* Who did not read for so long is waited for no more, until he has read something. */
static void ring_write(const char *text, size_t n)
{
	struct kit_console_ring *r = kit_console();

	for (unsigned int tries = 0; r && n; tries++) {
		size_t put = kit_console_ring_put(r, text, n);

		if (put || !tries)
			kit_send(kit_start_info->console.domU.evtchn);
		if (put) {
			unread = false;
			tries = 0;
		} else if (unread || tries == TRIES) {
			unread = true;
			return;
		} else {
			wait_for_reader(tries);
		}
		text += put;
		n -= put;
	}
}

void kit_console_drain(void)
{
	struct kit_console_ring *r = kit_privileged() ? NULL : kit_console();

	for (unsigned int tries = 0; r && !unread && tries < TRIES && !kit_console_ring_is_read(r); tries++)
		wait_for_reader(tries);
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
		ring_write(line, (size_t)n);
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
