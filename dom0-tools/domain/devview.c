/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/devview.c
 *
 * Devices of running guests: which there are, what they do, and what may be changed of them; see devices.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <abi/io/xenbus.h>

#include "device/ask.h"
#include "device/limits.h"
#include "domain/codes.h"
#include "domain/devices.h"
#include "domain/kback.h"
#include "domain/names.h"
#include "domain/nodes.h"

#define ANSWER_MS       5000u
#define RESIZE_MS       30000u
#define FORCE_MS        30000u /* the supervisor takes what it needs, within bounds of its own (device.c) */
#define KERNEL_FORCE_MS 2000u
#define STEP_MS         20u

static void text_take(const struct keys *k, const char *key, char *out, size_t size)
{
	char *text = k->read(k, key);

	snprintf(out, size, "%s", text ? text : "");
	free(text);
}

static void stats_take(struct device_view *v)
{
	struct ask q = { .what = ASK_STATS, .cls = v->ref.cls, .devid = v->ref.devid };
	char dir[GUEST_RUN_DIR_MAX];
	struct ask_answer a;
	int conn;

	guest_run_dir(dir, v->domid);
	conn = v->ref.kernel ? -1 : ask_send(dir, &q, -1, &a, ANSWER_MS, NULL);
	if (conn < 0)
		return;
	close(conn);
	v->has_stats = a.pid != 0;
	v->stats = a.stats;
	v->restarts = a.restarts;
	v->pid = a.pid;
}

/* False when there is no such device. */
static bool view_take(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref, struct device_view *v)
{
	char back[KEYS_PATH_MAX], *front;
	uint64_t state = 0;
	struct keys k;

	device_back_path(back, domid, ref);
	k = keys_of_store(ctx->store, back);
	front = k.read(&k, "frontend");
	free(front);
	if (!front)
		return false;
	*v = (struct device_view){ .domid = domid, .ref = *ref };
	keys_number(&k, "state", UINT32_MAX, &state);
	v->state = (unsigned int)state;
	text_take(&k, "dev", v->dev, sizeof(v->dev));
	text_take(&k, "config/error", v->error, sizeof(v->error));
	keys_number(&k, "sectors", UINT64_MAX, &v->sectors);
	if (ref->cls == DEVICE_DISK)
		vbd_config_read(&k, &v->disk, NULL);
	else
		vif_config_read(&k, &v->card, NULL);
	return true;
}

static int guest_each(struct domain_ctx *ctx, enum device_class cls, bool kernel, uint16_t domid,
		      int (*fn)(const struct device_view *v, void *arg), void *arg)
{
	char path[KEYS_PATH_MAX], **devs;
	unsigned int n = 0;
	int r = 0;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kernel ? device_front_type(cls) : device_back_type(cls),
		 domid);
	devs = socle_store_dir(ctx->store, 0, path, &n);
	for (unsigned int i = 0; devs && i < n && !r; i++) {
		struct device_ref ref = { .cls = cls, .devid = (uint32_t)strtoul(devs[i], NULL, 10), .kernel = kernel };
		struct device_view v;

		if (!view_take(ctx, domid, &ref, &v))
			continue;
		stats_take(&v);
		r = fn(&v, arg);
	}
	free(devs);
	return r;
}

int devices_each(struct domain_ctx *ctx, enum device_class cls, uint16_t domid,
		 int (*fn)(const struct device_view *v, void *arg), void *arg)
{
	int r = 0;

	for (unsigned int kernel = 0; kernel < 2 && !r; kernel++) {
		char path[KEYS_PATH_MAX], **doms;
		unsigned int n = 0;

		if (domid) {
			r = guest_each(ctx, cls, kernel, domid, fn, arg);
			continue;
		}
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s",
			 kernel ? device_front_type(cls) : device_back_type(cls));
		doms = socle_store_dir(ctx->store, 0, path, &n);
		for (unsigned int i = 0; doms && i < n && !r; i++)
			r = guest_each(ctx, cls, kernel, (uint16_t)strtoul(doms[i], NULL, 10), fn, arg);
		free(doms);
	}
	return r;
}

int device_find(struct domain_ctx *ctx, uint16_t domid, enum device_class cls, uint32_t devid, struct device_view *v,
		struct socle_error *e)
{
	struct device_ref ref = { .cls = cls, .devid = devid };

	for (unsigned int kernel = 0; kernel < 2; kernel++) {
		ref.kernel = kernel;
		if (view_take(ctx, domid, &ref, v))
			return 0;
	}
	return socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-such-device",
			     "the guest has no such device; 'socle %s list' shows what it has",
			  cls == DEVICE_DISK ? "disk" : "net");
}

/* --- detaching --------------------------------------------------------------------------------- */

static bool supervisor_answers(uint16_t domid)
{
	struct ask q = { .what = ASK_STATS, .cls = DEVICE_CLASSES };
	struct socle_error e = { 0 };
	char dir[GUEST_RUN_DIR_MAX];
	struct ask_answer a;
	int conn;

	guest_run_dir(dir, domid);
	conn = ask_send(dir, &q, -1, &a, ANSWER_MS, &e);
	if (conn >= 0)
		close(conn);
	return conn >= 0 || e.code == ENODEV; /* it knows no such class: it is there */
}

static int offline_write(struct domain_ctx *ctx, const char *back, bool force, struct socle_error *e)
{
	struct key_list l = { 0 };
	int r;

	key_list_add(&l, "online", "0");
	key_list_add(&l, "state", "%d", XenbusStateClosing);
	if (force)
		key_list_add(&l, "config/force", "1");
	r = keys_write(ctx->store, back, &l);
	return r && r != -ENOENT ? socle_fail_id(e, -r, "store-refused", "cannot change its nodes: %s", strerror(-r)) : 0;
}

static unsigned int state_of(struct domain_ctx *ctx, const char *folder, bool *there)
{
	struct keys k = keys_of_store(ctx->store, folder);
	uint64_t state = XenbusStateUnknown;

	*there = keys_number(&k, "state", UINT32_MAX, &state) != -ENOENT;
	return (unsigned int)state;
}

/*
 * Gone: its nodes, or for the kernel's backend all that the guest had of it.  That one writes its own state over ours while it
 * starts, so it is told again; and it does not go by itself when the guest never took the device.
 */
static bool is_gone(struct domain_ctx *ctx, const char *back, const struct device_ref *ref)
{
	struct keys k = keys_of_store(ctx->store, back);
	bool there, front_there;
	unsigned int ours = state_of(ctx, back, &there), theirs;
	char *front;

	if (!there || !ref->kernel)
		return !there;
	front = k.read(&k, "frontend");
	theirs = front ? state_of(ctx, front, &front_there) : XenbusStateUnknown;
	free(front);
	if (ours == XenbusStateClosed || theirs <= XenbusStateInitialising)
		return true;
	if (ours != XenbusStateClosing)
		offline_write(ctx, back, false, NULL);
	return false;
}

/* 0, or -1 when it was still there after that time. */
static int gone_wait(struct domain_ctx *ctx, const char *back, const struct device_ref *ref, unsigned int ms,
		     struct socle_error *e)
{
	uint64_t end = clock_ns() + ms * UINT64_C(1000000);

	work_step(ctx->work, "the guest lets it go", WORK_MS, ms);
	while (!is_gone(ctx, back, ref)) {
		work_done(ctx->work, ms - (end > clock_ns() ? (end - clock_ns()) / 1000000 : 0));
		if (clock_ns() >= end)
			return socle_fail_id(e, ETIMEDOUT, "detach-timeout", "the guest did not let it go within %u s; it may be "
					     "in use there. '--force' takes it away", ms / 1000);
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
	return 0;
}

/* Our worker has let go: its journal is removed last. */
static void worker_gone_wait(uint16_t domid, const struct device_ref *ref)
{
	char dir[GUEST_RUN_DIR_MAX], path[GUEST_RUN_DIR_MAX + 32];

	guest_run_dir(dir, domid);
	snprintf(path, sizeof(path), "%s/%s-%u.journal", dir, device_front_type(ref->cls), ref->devid);
	for (unsigned int ms = 0; ms < FORCE_MS && access(path, F_OK) == 0; ms += STEP_MS)
		sleep_ms(STEP_MS);
}

static int ours_detach(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref, const char *back, bool force,
		       unsigned int ms, struct socle_error *e)
{
	if (!supervisor_answers(domid)) {
		if (!force)
			return socle_fail_id(e, DOMAIN_E_BACKEND, "no-supervisor", "the guest's supervisor does not answer; "
					     "'socle supervise' starts one, '--force' does without");
		nodes_remove_device(ctx, domid, ref);
		return 0;
	}
	if (offline_write(ctx, back, force, e) || gone_wait(ctx, back, ref, force ? FORCE_MS : ms, e))
		return -1;
	worker_gone_wait(domid, ref);
	return 0;
}

/* By force: the guest is told as well, but its nodes go whatever it does. */
static int kernel_detach(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref, const char *back, bool force,
			 unsigned int ms, struct socle_error *e)
{
	struct keys k = keys_of_store(ctx->store, back);
	struct vif_config card;
	bool is_card = ref->cls == DEVICE_CARD && vif_config_read(&k, &card, NULL) == 0, there;

	if (offline_write(ctx, back, false, e))
		return -1;
	if (gone_wait(ctx, back, ref, force ? KERNEL_FORCE_MS : ms, e) && !force)
		return -1;
	/* The kernel takes a closed one away itself. */
	if (state_of(ctx, back, &there) == XenbusStateClosed)
		kback_gone_wait(ref->cls, domid, ref->devid);
	nodes_remove_device(ctx, domid, ref);
	kback_gone_wait(ref->cls, domid, ref->devid);
	if (is_card)
		kback_card_unplug(&card);
	return 0;
}

int device_detach(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref, bool force, unsigned int ms,
		  struct socle_error *e)
{
	char back[KEYS_PATH_MAX];

	device_back_path(back, domid, ref);
	return (ref->kernel ? kernel_detach : ours_detach)(ctx, domid, ref, back, force, ms, e);
}

/* --- changes ----------------------------------------------------------------------------------- */

int device_limit(struct domain_ctx *ctx, const struct device_view *v, const struct ctl_bucket limit[CTL_LIMIT_COUNT],
		 unsigned int mask, struct socle_error *e)
{
	const char *(*name)(unsigned int) = v->ref.cls == DEVICE_DISK ? disk_limit_name : card_limit_name;
	char back[KEYS_PATH_MAX];
	struct key_list l = { 0 };
	int r;

	if (v->ref.kernel)
		return socle_fail_id(e, ENOTSUP, "kernel-backend", "the kernel's backend has no limits that could be changed");
	device_back_path(back, v->domid, &v->ref);
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT; i++) {
		char key[KEY_MAX];

		if (!(mask & 1u << i))
			continue;
		snprintf(key, sizeof(key), "config/limit-%s", name(i));
		key_list_add(&l, key, "%" PRIu64 " %" PRIu64, limit[i].rate, limit[i].burst);
	}
	r = keys_write(ctx->store, back, &l);
	return r ? socle_fail_id(e, -r, "store-refused", "cannot change its nodes: %s", strerror(-r)) : 0;
}

int disk_resize(struct domain_ctx *ctx, const struct device_view *v, uint64_t *sectors, struct socle_error *e)
{
	char back[KEYS_PATH_MAX], answer[64];
	struct keys k;
	uint64_t count = 0, done = 0, end = clock_ns() + RESIZE_MS * UINT64_C(1000000);
	struct key_list l = { 0 };
	int r;

	if (v->ref.kernel)
		return socle_fail_id(e, ENOTSUP, "kernel-backend", "the kernel's backend looks at the size itself");
	device_back_path(back, v->domid, &v->ref);
	k = keys_of_store(ctx->store, back);
	keys_number(&k, "config/resize", UINT64_MAX, &count);
	key_list_add(&l, "config/resize", "%" PRIu64, ++count);
	r = keys_write(ctx->store, back, &l);
	if (r)
		return socle_fail_id(e, -r, "store-refused", "cannot change its nodes: %s", strerror(-r));
	for (; clock_ns() < end; sleep_ms(STEP_MS)) {
		text_take(&k, "config/resized", answer, sizeof(answer));
		if (sscanf(answer, "%" SCNu64 " %" SCNu64, &done, sectors) != 2 || done != count)
			continue;
		return *sectors ? 0 : socle_fail_id(e, DOMAIN_E_BACKEND, "backend-failed",
						    "its backend refused; the guest's log says why");
	}
	return socle_fail_id(e, DOMAIN_E_TIMEOUT, "no-supervisor", "the guest's supervisor did not answer; does it run?");
}
