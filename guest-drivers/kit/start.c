/* SPDX-License-Identifier: BSD-2-Clause */
/* From the entry to kit_main(), and the way out. */
#include <abi/event_channel.h>
#include <abi/sched.h>
#include "kit/kit.h"

struct start_info *kit_start_info;
struct shared_info *kit_shared_info;

/* A page of the boot region whose mapping is replaced by shared_info. */
static uint8_t shared_info_window[PAGE_SIZE] PAGE_ALIGNED;

void kit_start(struct start_info *si);

void kit_map_shared_info(void)
{
	if (kit_set_pte(shared_info_window, kit_start_info->shared_info | PTE_P | PTE_RW | PTE_A | PTE_D))
		kit_bail("cannot map shared_info");
	kit_shared_info = (struct shared_info *)shared_info_window;
}

void kit_unmap_shared_info(void)
{
	kit_set_pte(shared_info_window, 0);
	kit_shared_info = NULL;
}

void kit_start(struct start_info *si)
{
	kit_start_info = si;
	kit_main(si);
	kit_shutdown(SHUTDOWN_poweroff);
}

void kit_shutdown(unsigned int reason)
{
	struct sched_shutdown arg = { .reason = reason };

	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &arg);
}

long kit_evtchn(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

int kit_ipi_bind(unsigned int vcpu)
{
	struct evtchn_bind_ipi bind = { .vcpu = vcpu };
	long rc = kit_evtchn(EVTCHNOP_bind_ipi, &bind);

	return rc ? (int)rc : (int)bind.port;
}

long kit_send(uint32_t port)
{
	struct evtchn_send send = { .port = port };

	return kit_evtchn(EVTCHNOP_send, &send);
}
