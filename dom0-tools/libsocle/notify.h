/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/notify.h
 *
 * What a daemon tells the manager that started it, if one wants to know (sd_notify(3)): a datagram to $NOTIFY_SOCKET.
 *
 *	socle_notify("READY=1")   it serves; "STOPPING=1" it ends
 *
 * A watchdog ($WATCHDOG_USEC) is fed from the main loop and from nowhere else, so that a loop which does not turn is
 * noticed: socle_watchdog_turn() once a round, socle_watchdog_timeout() for poll().
 */
#ifndef SOCLE_LIBSOCLE_NOTIFY_H
#define SOCLE_LIBSOCLE_NOTIFY_H

#include <stdint.h>

struct socle_watchdog {
	int64_t period_ms;	/* half of what the manager waits; 0: it does not */
	int64_t next_ms;
};

/* Nothing where nobody wants to know; a message that cannot be sent is lost. */
void socle_notify(const char *state);

void socle_watchdog_init(struct socle_watchdog *w);
/* When the loop has to turn again, in ms from now; -1: any time. */
int socle_watchdog_timeout(const struct socle_watchdog *w);
void socle_watchdog_turn(struct socle_watchdog *w);

#endif /* SOCLE_LIBSOCLE_NOTIFY_H */
