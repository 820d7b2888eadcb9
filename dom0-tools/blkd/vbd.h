/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/vbd.h
 *
 * One disk's life in the store: the state machine that meets the frontend's (pv-abi 8.3, 8.4).
 *
 *   ours            when
 *   InitWait        at the start, and when the frontend starts anew
 *   Connected       the frontend is Initialised and its ring could be mapped
 *   Closing         the frontend is closing, or the tools took the disk offline
 *   Closed          every request is answered and nothing of the guest is mapped
 *
 * Whatever the frontend wrote is checked; it can make its own disk useless, nothing more.  Our
 * process ends when the backend's node is gone, when the disk is offline and closed, or when the
 * guest does not exist any more.
 */
#ifndef SOCLE_BLKD_VBD_H
#define SOCLE_BLKD_VBD_H

#include <stdbool.h>
#include <stdint.h>

#include "blkd/disk.h"
#include "blkd/engine.h"
#include "libsocle/evtchn.h"
#include "libsocle/gnttab.h"
#include "libsocle/hypercall.h"
#include "libsocle/store.h"

#define VBD_PATH_MAX 256

struct vbd {
	uint16_t domid;
	const char *path;              /* the backend's node */
	char front[VBD_PATH_MAX];      /* the frontend's node */
	struct socle_hv *hv;
	struct socle_store *store;
	struct socle_evtchn *ec;
	struct socle_gnttab *gt;
	struct blk_engine *engine;
	struct blk_disk *disk;
	unsigned int state;            /* XenbusState*, as written last */
	bool over;                     /* the process has no more reason to live */
};

/* Watch, offer features, go to InitWait, leave the process id. 0 or -1 with the error filled in. */
int vbd_start(struct vbd *v, struct socle_error *e);

/* The store changed: look at both sides and act. */
void vbd_update(struct vbd *v);

/* The guest sent an event, I/O completed, or the last call said so. True = call again soon. */
bool vbd_work(struct vbd *v);

/* The hypervisor's word, for when the store cannot be asked. */
bool vbd_domain_is_gone(struct vbd *v);

/* Answer what was taken, unmap everything, say Closed if the node is still there. */
void vbd_stop(struct vbd *v);

#endif /* SOCLE_BLKD_VBD_H */
