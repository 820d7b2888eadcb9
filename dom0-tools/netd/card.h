/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/card.h
 *
 * One card of one guest: what netd was set up with, its queues, limits, counters and capture.  One thread.
 *
 * States: set up; connected (rings mapped, ports bound); broken (the guest broke the protocol, nothing is served until it is
 * disconnected).  The answers that its supervisor gets are made by control.c.
 */
#ifndef SOCLE_NETD_CARD_H
#define SOCLE_NETD_CARD_H

#include "device/bucket.h"
#include "device/control.h"
#include "libsocle/error.h"
#include "netd/batch.h"
#include "netd/filter.h"
#include "netd/io.h"
#include "netd/journal.h"
#include "netd/offload.h"
#include "netd/pcapng.h"
#include "netd/queue.h"

#define NET_LIMITS 4u /* CTL_LIMIT_RX_BYTES to CTL_LIMIT_TX_FRAMES */

struct net_card {
	const struct net_io *io;
	struct net_journal *journal;
	uint32_t mtu;
	struct net_filter filter;
	int tap[CTL_QUEUES_MAX];
	uint32_t nr_taps;

	struct net_offload_caps caps;
	bool sg, multicast_control;
	struct net_queue queue[CTL_QUEUES_MAX];
	uint32_t nr_queues;         /* 0: not connected */
	struct net_ring ctrl;
	void *ctrl_page;
	int ctrl_port;
	bool ctrl_waits;            /* something may be in the control ring */
	const char *broken;         /* why; NULL: it is not */

	struct bucket limit[NET_LIMITS];
	uint64_t now;               /* monotonic, of this round */
	uint64_t wake;              /* when a limit lets something pass; UINT64_MAX: none holds anything back */
	bool held_back;             /* frames for the guest are among that */
	struct ctl_stats stats;
	struct pcapng *capture;
	int capture_fd;
	struct net_batch batch;
};

/* The taps and the journal are the caller's. */
int net_card_init(struct net_card *c, const struct net_io *io, const struct ctl_setup *setup, const int *taps,
		  struct net_journal *journal, uint64_t now, struct socle_error *e);
int net_card_connect(struct net_card *c, const struct ctl_connect *with, struct socle_error *e);
void net_card_disconnect(struct net_card *c);
void net_card_fini(struct net_card *c);

void net_card_limits_set(struct net_card *c, const struct ctl_bucket *limit, uint64_t now);

/* The descriptor is taken over; -1 ends the capture. */
int net_card_capture(struct net_card *c, int fd, const char *name, struct socle_error *e);
void net_card_capture_flush(struct net_card *c);

/* Take in what ports fired. */
void net_card_events(struct net_card *c);
/* A round over all queues.  True when there is more to do now. */
bool net_card_serve(struct net_card *c, uint64_t now);

/* Is the tap of queue i to be watched: could what comes be passed on? */
bool net_card_wants_tap(const struct net_card *c, uint32_t i);

/* --- for its queues -------------------------------------------------------------------------- */

/* May a frame of that many bytes pass now?  If not, it is counted, and c->wake says when. */
bool net_card_may_pass(struct net_card *c, bool to_guest, uint32_t bytes);
void net_card_passed(struct net_card *c, bool to_guest, uint32_t bytes);
void net_card_show(struct net_card *c, enum pcapng_way way, const uint8_t *frame, uint32_t len);
void net_card_break(struct net_card *c, const char *why);

#endif /* SOCLE_NETD_CARD_H */
