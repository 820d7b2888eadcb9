/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's side of the FIFO event ABI (pv-abi 5.3): queues of ports, one a priority, linked through the ports' words. The
 * hypervisor appends, the vCPU takes from the head. Pure.
 */
#ifndef SOCLE_KIT_EVENT_FIFO_H
#define SOCLE_KIT_EVENT_FIFO_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/event_channel.h>

#define KIT_FIFO_WORDS	1024U	/* in a page of the array */

struct kit_fifo {
	struct evtchn_fifo_control_block *control;
	uint32_t **pages;		/* of the array of words */
	uint32_t nr_ports;		/* that there are words for */
	uint32_t ready;			/* priorities that may have events */
	uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};

/* The next pending port, which is not pending any more; 0 when there is none. */
uint32_t kit_fifo_next(struct kit_fifo *f);
/* The port is not pending any more, where it stands. */
void kit_fifo_clear(const struct kit_fifo *f, uint32_t port);

#endif
