/* SPDX-License-Identifier: BSD-2-Clause */
/* What lwIP asks its port for while it runs. */
#ifndef SOCLE_GUESTS_WEBD_PORT_HOOKS_H
#define SOCLE_GUESTS_WEBD_PORT_HOOKS_H

#include <stdint.h>

struct tcp_pcb;

/* The first sequence number of a connection (RFC 6528: not to be guessed). */
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) webd_random()

uint32_t webd_random(void);

#endif
