/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event channels. A port has one handler, on one vCPU; handlers run from that vCPU's loop (loop.h), one after the other, with
 * upcalls masked: nothing interrupts anything, and what one vCPU owns needs no lock.
 *
 * Both ABIs of the hypervisor are served: 2-level, which every guest starts with, and FIFO, which is fair among ports and costs
 * two pages. A guest that wants FIFO says so at its start.
 */
#ifndef SOCLE_KIT_EVENTS_H
#define SOCLE_KIT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#define KIT_PORTS_MAX	128	/* with a handler: as many as one SCHEDOP_poll may name */

/* Changes over to FIFO, for all vCPUs and for good. -XEN_ENOSYS and the like leave the guest with 2-level. */
int kit_events_fifo(void);
bool kit_events_are_fifo(void);

int kit_port_open(uint16_t domid);	/* a new port that the domain may bind, or a negative errno */
void kit_port_close(uint32_t port);	/* its handler goes with it */

/*
 * The port's events come to the calling vCPU. What was pending before may have gone elsewhere, so look once at what the port
 * stands for when it has a handler. -XEN_ENOSPC: too many handlers; -XEN_EEXIST: it has one.
 */
int kit_listen(uint32_t port, void (*fn)(void *arg), void *arg);
void kit_unlisten(uint32_t port);

/* Calls the handlers of what is pending here. False: nothing was. */
bool kit_events_dispatch(void);
/* Sleeps until an event for this vCPU is there or the system time is `until` (0: no limit). */
void kit_events_wait(uint64_t until);
/* Sleeps until this port is pending, whatever else is; and makes it not pending, for who has looked after what it stands for. */
void kit_port_wait(uint32_t port, uint64_t until);
void kit_port_clear(uint32_t port);
/* For a guest that wants to be interrupted instead: an upcall does what kit_events_dispatch() does. */
void kit_events_init(void);

void kit_events_resume(void);		/* ports are gone; FIFO is set up again if it was */

#endif
