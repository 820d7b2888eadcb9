/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/vbd.c
 *
 * See vbd.h.  A state is written only inside a transaction that has seen the node: a plain write
 * would bring a node back that the tools have just removed.
 */
#include "blkd/vbd.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <abi/io/xenbus.h>

#include "blkd/log.h"
#include "libsocle/domain.h"

#define KEY_MAX  (VBD_PATH_MAX + 64)
#define TX_TRIES 20

struct key_value {
	const char *key;
	uint64_t value;
};

/* Write values under the backend's node, all or none. 0, -ENOENT when the node is gone, -errno. */
static int keys_write(struct vbd *v, const struct key_value *kv, unsigned int n)
{
	char key[KEY_MAX], *there;
	uint32_t tx;
	int r = -EAGAIN;

	for (int i = 0; i < TX_TRIES && r == -EAGAIN; i++) {
		r = socle_store_tx_start(v->store, &tx);
		if (r)
			return r;
		snprintf(key, sizeof(key), "%s/frontend", v->path);
		there = socle_store_read(v->store, tx, key, NULL);
		r = there ? 0 : -errno;
		free(there);
		for (unsigned int k = 0; k < n && !r; k++) {
			snprintf(key, sizeof(key), "%s/%s", v->path, kv[k].key);
			r = socle_store_write(v->store, tx, key, "%llu",
					      (unsigned long long)kv[k].value);
		}
		if (r)
			socle_store_tx_end(v->store, tx, true);
		else
			r = socle_store_tx_end(v->store, tx, false);
	}
	return r;
}

static void state_set(struct vbd *v, unsigned int state)
{
	struct key_value kv = { "state", state };
	int r;

	if (v->state == state)
		return;
	r = keys_write(v, &kv, 1);
	v->state = state;
	if (r && r != -ENOENT)
		log_line("cannot write its state to the store: %s", strerror(-r));
}

/* A number of the frontend's node: 0 or -errno. */
static int front_number(struct vbd *v, const char *name, uint64_t max, uint64_t *out)
{
	char key[KEY_MAX];
	int r;

	snprintf(key, sizeof(key), "%s/%s", v->front, name);
	r = socle_store_read_u64(v->store, 0, key, out);
	return r ? r : *out > max ? -ERANGE : 0;
}

static int features_offer(struct vbd *v)
{
	const struct key_value kv[] = {
		{ "feature-flush-cache", 1 },
		{ "feature-barrier", 0 },
		{ "feature-persistent", 0 },
		{ "feature-max-indirect-segments", BLK_SEGS_MAX },
		{ "multi-queue-max-queues", 1 },
		{ "max-ring-page-order", BLK_RING_ORDER_MAX },
		{ "feature-discard", v->disk->can_discard },
		{ "discard-granularity", 4096 },
		{ "discard-alignment", 0 },
		{ "blkd-pid", (uint64_t)getpid() },
		{ "state", XenbusStateInitWait },
	};
	int r = keys_write(v, kv, sizeof(kv) / sizeof(kv[0]));

	if (!r)
		v->state = XenbusStateInitWait;
	return r;
}

int vbd_start(struct vbd *v, struct socle_error *e)
{
	char key[KEY_MAX], *front;
	int r;

	snprintf(key, sizeof(key), "%s/frontend", v->path);
	front = socle_store_read(v->store, 0, key, NULL);
	if (!front)
		return socle_fail(e, errno, "cannot read %s: %s; the tools make this node before they "
				  "start a backend", key, strerror(errno));
	r = snprintf(v->front, sizeof(v->front), "%s", front);
	free(front);
	if (r >= (int)sizeof(v->front))
		return socle_fail(e, EINVAL, "%s is too long", key);
	r = features_offer(v);
	if (r)
		return socle_fail(e, -r, "cannot write %s: %s", v->path, strerror(-r));
	snprintf(key, sizeof(key), "%s/state", v->front);
	r = socle_store_watch(v->store, key, "front");
	if (!r)
		r = socle_store_watch(v->store, v->path, "back");
	if (!r)
		r = socle_store_watch(v->store, "@releaseDomain", "gone");
	return r ? socle_fail(e, -r, "cannot watch the store: %s", strerror(-r)) : 0;
}

/* --- connect and disconnect ----------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The ring's grant references: their number, or -errno. */
static int refs_read(struct vbd *v, uint32_t *refs)
{
	uint64_t order = 0, ref;
	char name[24];
	int r = front_number(v, "ring-page-order", BLK_RING_ORDER_MAX, &order);

	if (r && r != -ENOENT)
		return r;
	if (r == -ENOENT) {
		r = front_number(v, "ring-ref", UINT32_MAX, &ref);
		refs[0] = (uint32_t)ref;
		return r ? r : 1;
	}
	for (unsigned int i = 0; i < 1u << order; i++) {
		snprintf(name, sizeof(name), "ring-ref%u", i);
		r = front_number(v, name, UINT32_MAX, &ref);
		if (r)
			return r;
		refs[i] = (uint32_t)ref;
	}
	return 1 << order;
}

static int protocol_check(struct vbd *v)
{
	char key[KEY_MAX], *protocol;
	uint64_t queues = 1;
	int r = 0;

	snprintf(key, sizeof(key), "%s/protocol", v->front);
	protocol = socle_store_read(v->store, 0, key, NULL);
	if (protocol && strcmp(protocol, "x86_64-abi")) {
		log_line("the frontend speaks '%.32s'; only x86_64-abi is served", protocol);
		r = -EPROTONOSUPPORT;
	}
	free(protocol);
	if (!r && front_number(v, "multi-queue-num-queues", UINT32_MAX, &queues) != -ENOENT &&
	    queues != 1) {
		log_line("the frontend wants more than the one queue that was offered");
		r = -EPROTONOSUPPORT;
	}
	return r;
}

static int connected_publish(struct vbd *v)
{
	const struct key_value kv[] = {
		{ "sectors", v->disk->sectors },
		{ "info", v->disk->readonly ? VDISK_READONLY : 0 },
		{ "sector-size", BLKIF_SECTOR_SIZE },
		{ "physical-sector-size", v->disk->block },
		{ "state", XenbusStateConnected },
	};
	int r = keys_write(v, kv, sizeof(kv) / sizeof(kv[0]));

	if (!r)
		v->state = XenbusStateConnected;
	else
		log_line("cannot announce itself in the store: %s", strerror(-r));
	return r;
}

static void disconnect(struct vbd *v)
{
	struct blk_image *image = v->engine->image;
	struct pollfd p;

	if (!v->engine->queues)
		return;
	while (!blk_engine_drain(v->engine, now_ns())) {
		p = image->ops->waits_for(image);
		if (v->engine->nr_waiting != v->engine->busy)
			poll(&p, 1, -1);
	}
	blk_engine_disconnect(v->engine);
	log_line("disconnected; %llu requests were refused, %llu failed",
		 (unsigned long long)v->engine->stats.refused, (unsigned long long)v->engine->stats.errors);
}

static int ring_connect(struct vbd *v)
{
	struct blk_rings rings = { .queues = 1 };
	struct socle_error e = { 0 };
	int n = refs_read(v, rings.queue[0].ref);
	uint64_t remote;

	if (n >= 0) {
		rings.pages = (uint32_t)n;
		n = front_number(v, "event-channel", UINT32_MAX, &remote);
		rings.queue[0].port = (uint32_t)remote;
	}
	if (n < 0) {
		log_line("the frontend's keys cannot be used: %s", strerror(-n));
		return n;
	}
	if (blk_engine_connect(v->engine, &rings, false, &e)) {
		log_line("%s", e.text);
		return -e.code;
	}
	return 0;
}

static void connect_front(struct vbd *v)
{
	if (protocol_check(v) || ring_connect(v))
		goto fail;
	if (connected_publish(v)) {
		disconnect(v);
		goto fail;
	}
	log_line("connected, %llu sectors%s, %u requests in its ring",
		 (unsigned long long)v->disk->sectors, v->disk->readonly ? ", read-only" : "",
		 v->engine->queue[0].ring.size);
	return;
fail:
	state_set(v, XenbusStateClosing);
}

/* --- the state machine ---------------------------------------------------------------------- */

bool vbd_domain_is_gone(struct vbd *v)
{
	struct xen_domctl_getdomaininfo info;
	int r = socle_domain_info(v->hv, v->domid, &info);

	return r == -ESRCH || (r == 0 && (info.flags & XEN_DOMINF_dying));
}

static bool is_online(struct vbd *v)
{
	char key[KEY_MAX];
	uint64_t online = 1;

	snprintf(key, sizeof(key), "%s/online", v->path);
	return socle_store_read_u64(v->store, 0, key, &online) != 0 || online != 0;
}

/* Did the tools remove our node? */
static bool node_is_gone(struct vbd *v)
{
	char key[KEY_MAX], *front;
	bool gone;

	snprintf(key, sizeof(key), "%s/frontend", v->path);
	front = socle_store_read(v->store, 0, key, NULL);
	gone = !front && errno == ENOENT;
	free(front);
	return gone;
}

static void front_closed(struct vbd *v, bool online)
{
	disconnect(v);
	state_set(v, XenbusStateClosed);
	if (!online)
		v->over = true;
}

void vbd_update(struct vbd *v)
{
	uint64_t front = XenbusStateUnknown;
	bool online;

	if (node_is_gone(v) || vbd_domain_is_gone(v)) {
		disconnect(v);
		v->over = true;
		return;
	}
	online = is_online(v);
	front_number(v, "state", XenbusStateReconfigured, &front);
	switch (front) {
	case XenbusStateInitialising:
		if (!online)
			front_closed(v, false);
		else if (v->state != XenbusStateInitWait) {
			/* It starts anew: another kernel, or the same after unbinding its driver. */
			disconnect(v);
			state_set(v, XenbusStateInitWait);
		}
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (!online)
			state_set(v, XenbusStateClosing);
		else if (!v->engine->queues && v->state == XenbusStateInitWait)
			connect_front(v);
		break;
	case XenbusStateClosing:
		disconnect(v);
		state_set(v, XenbusStateClosing);
		break;
	case XenbusStateClosed:
	case XenbusStateUnknown:
		front_closed(v, online);
		break;
	default:
		break;
	}
}

bool vbd_work(struct vbd *v)
{
	bool more = blk_engine_step(v->engine, now_ns());

	if (!v->engine->broken)
		return more;
	log_line("the guest's ring indices make no sense; its disk is closed");
	disconnect(v);
	state_set(v, XenbusStateClosing);
	return false;
}

void vbd_stop(struct vbd *v)
{
	disconnect(v);
	if (!node_is_gone(v))
		state_set(v, XenbusStateClosed);
}
