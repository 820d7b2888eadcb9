/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/devices.c
 *
 * See devices.h.  The tools write nodes and wait; the supervisor answers there, with a state or with config/error.  At the
 * guest's end it is asked to let go.  What still runs as the guest's user after that is ended: no pages of a guest may stay
 * mapped, or the hypervisor cannot take its memory back.
 */
#include "domain/devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <abi/io/xenbus.h>

#include "device/ask.h"
#include "domain/codes.h"
#include "domain/kback.h"
#include "domain/names.h"
#include "domain/network.h"
#include "domain/nodes.h"

#define READY_MS   40000u /* an NBD server may be slow */
#define RELEASE_MS 40000u
#define KILL_MS    5000u
#define STEP_MS    20u

void device_back_path(char out[KEYS_PATH_MAX], uint16_t domid, const struct device_ref *ref)
{
	snprintf(out, KEYS_PATH_MAX, "/local/domain/0/backend/%s/%u/%u",
		 ref->kernel ? device_front_type(ref->cls) : device_back_type(ref->cls), domid, ref->devid);
}

/* --- waiting ----------------------------------------------------------------------------------- */

/* 1 it is there, 0 not yet, -1 with the error. */
static int look(struct domain_ctx *ctx, const char *back, unsigned int want, struct socle_error *e)
{
	struct keys k = keys_of_store(ctx->store, back);
	char *why = k.read(&k, "config/error");
	uint64_t state = 0;

	if (why) {
		socle_fail_packed(e, DOMAIN_E_BACKEND, why);
		free(why);
		return -1;
	}
	if (keys_number(&k, "state", XenbusStateClosed, &state) == -ENOENT)
		return socle_fail_id(e, DOMAIN_E_BACKEND, "device-gone", "it was taken away meanwhile");
	return state >= want && state < XenbusStateClosing;
}

/* Sleep until the store has news. */
static void news_wait(struct domain_ctx *ctx)
{
	struct pollfd p = { .fd = socle_store_fd(ctx->store), .events = POLLIN };
	char *path, *token;

	if (socle_store_next_event(ctx->store, &path, &token) != 1) {
		poll(&p, 1, (int)STEP_MS * 10);
		return;
	}
	free(path);
	free(token);
}

int device_wait(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref, unsigned int state, unsigned int ms,
		struct socle_error *e)
{
	uint64_t end = clock_ns() + ms * UINT64_C(1000000);
	char back[KEYS_PATH_MAX];
	int r;

	device_back_path(back, domid, ref);
	r = socle_store_watch(ctx->store, back, "wait");
	if (r)
		return socle_fail_id(e, -r, "store-refused", "cannot watch the store: %s", strerror(-r));
	while ((r = look(ctx, back, state, e)) == 0) {
		if (clock_ns() >= end)
			r = socle_fail_id(e, DOMAIN_E_BACKEND, "backend-silent",
					  "its backend did not answer within %u ms; does the guest's "
				       "supervisor run?", ms);
		else if (domain_ctx_check_stop(ctx, e))
			r = -1;
		else
			news_wait(ctx);
		if (r)
			break;
	}
	socle_store_unwatch(ctx->store, back, "wait");
	return r < 0 ? -1 : 0;
}

/* --- attaching --------------------------------------------------------------------------------- */

/* The path as the kernel resolves it now: a link that is changed later is not followed. */
static int path_settle(struct vbd_config *c, struct socle_error *e)
{
	char *real;
	int r = 0;

	if (c->kind == VBD_NBD)
		return 0;
	real = realpath(c->path, NULL);
	if (!real || strlen(real) >= sizeof(c->path))
		r = socle_fail_id(e, DOMAIN_E_CONFIG, "disk-missing", "'%s': %s", c->path, strerror(real ? ENAMETOOLONG : errno));
	else
		strcpy(c->path, real);
	free(real);
	return r;
}

/* The kernel's backend opens the block device by its number; it is kept until then. */
static int kernel_disk_nodes(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *d, struct socle_error *e)
{
	char physical[KBACK_PHYSICAL_MAX];
	int fd, r;

	if (kback_check(DEVICE_DISK, e))
		return -1;
	fd = kback_disk_open(&d->want, physical, e);
	if (fd < 0)
		return -1;
	r = nodes_add_disk(ctx, domid, d, physical, e) || kback_disk_wait(ctx, domid, domain_disk_devid(d), e);
	close(fd);
	return r ? -1 : 0;
}

static int disk_nodes(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk, struct socle_error *e)
{
	struct domain_disk d = *disk;

	if (path_settle(&d.want, e))
		return -1;
	return d.kernel ? kernel_disk_nodes(ctx, domid, &d, e) : nodes_add_disk(ctx, domid, &d, NULL, e);
}

static int card_nodes(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *card, struct socle_error *e)
{
	if (card->kernel && kback_check(DEVICE_CARD, e))
		return -1;
	if (nodes_add_card(ctx, domid, card, e))
		return -1;
	return card->kernel ? kback_card_plug(ctx, domid, card, e) : 0;
}

static struct device_ref disk_ref(const struct domain_disk *d)
{
	return (struct device_ref){ .cls = DEVICE_DISK, .devid = domain_disk_devid(d), .kernel = d->kernel };
}

static struct device_ref card_ref(const struct domain_card *c)
{
	return (struct device_ref){ .cls = DEVICE_CARD, .devid = c->index, .kernel = c->kernel };
}

static int disk_wait(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *d, struct socle_error *e)
{
	struct device_ref ref = disk_ref(d);

	if (device_wait(ctx, domid, &ref, XenbusStateInitWait, READY_MS, e))
		return socle_wrap(e, "disk %s", d->target);
	return 0;
}

static int card_wait(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *c, struct socle_error *e)
{
	struct device_ref ref = card_ref(c);

	if (device_wait(ctx, domid, &ref, XenbusStateInitWait, READY_MS, e))
		return socle_wrap(e, "interface %u", c->index);
	return 0;
}

int devices_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg, struct socle_error *e)
{
	for (unsigned int i = 0; i < cfg->nr_disks; i++)
		if (disk_nodes(ctx, domid, &cfg->disk[i], e))
			return socle_wrap(e, "disk %s", cfg->disk[i].target);
	for (unsigned int i = 0; i < cfg->nr_cards; i++)
		if (card_nodes(ctx, domid, &cfg->card[i], e))
			return socle_wrap(e, "interface %u", i);
	for (unsigned int i = 0; i < cfg->nr_disks; i++)
		if (disk_wait(ctx, domid, &cfg->disk[i], e))
			return -1;
	for (unsigned int i = 0; i < cfg->nr_cards; i++)
		if (card_wait(ctx, domid, &cfg->card[i], e))
			return -1;
	return domain_ctx_check_stop(ctx, e);
}

int disk_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk, struct socle_error *e)
{
	struct device_ref ref = disk_ref(disk);

	if (disk_nodes(ctx, domid, disk, e) == 0 && disk_wait(ctx, domid, disk, e) == 0)
		return 0;
	if (e->code != DOMAIN_E_EXISTS)
		nodes_remove_device(ctx, domid, &ref);
	return -1;
}

int card_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *card, struct socle_error *e)
{
	struct device_ref ref = card_ref(card);

	if (card_nodes(ctx, domid, card, e) == 0 && card_wait(ctx, domid, card, e) == 0)
		return 0;
	if (e->code != DOMAIN_E_EXISTS)
		nodes_remove_device(ctx, domid, &ref);
	return -1;
}

/* --- the end ----------------------------------------------------------------------------------- */

/* /proc shows processes that cannot be traced as root's: only this line tells whose they are. */
static bool runs_as(pid_t pid, uint32_t uid)
{
	char path[64], line[128];
	unsigned int real = 0;
	bool is = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && !is && fgets(line, sizeof(line), f))
		if (sscanf(line, "Uid: %u", &real) == 1)
			is = real == uid;
	if (f)
		fclose(f);
	return is;
}

/* Signal all processes of this user; how many there are. */
static unsigned int user_kill(uint32_t uid)
{
	DIR *d = opendir("/proc");
	unsigned int n = 0;

	for (struct dirent *de; d && (de = readdir(d));) {
		pid_t pid = (pid_t)atoi(de->d_name);
		int fd = pid > 1 && runs_as(pid, uid) ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

		if (fd < 0)
			continue;
		/* Looked at again: now the descriptor says which process is meant. */
		if (runs_as(pid, uid) && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
			n++;
		close(fd);
	}
	if (d)
		closedir(d);
	return n;
}

void devices_end(struct domain_ctx *ctx, uint16_t domid)
{
	struct ask q = { .what = ASK_END };
	char dir[GUEST_RUN_DIR_MAX];
	struct ask_answer a;
	int conn;

	(void)ctx;
	guest_run_dir(dir, domid);
	if (access(dir, F_OK))
		return;
	conn = ask_send(dir, &q, -1, &a, RELEASE_MS, NULL);
	if (conn >= 0)
		close(conn);
	for (unsigned int ms = 0; user_kill(DEVICE_UID_BASE + domid) && ms < KILL_MS; ms += STEP_MS)
		sleep_ms(STEP_MS);
}

void guest_run_dir_remove(uint16_t domid)
{
	char path[GUEST_RUN_DIR_MAX];
	DIR *d;

	guest_run_dir(path, domid);
	d = opendir(path);
	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));)
		if (de->d_name[0] != '.')
			unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
	rmdir(path);
}

/* --- cards ------------------------------------------------------------------------------------- */

int cards_settle(struct domain_config *cfg, struct socle_error *e)
{
	for (unsigned int i = 0; i < cfg->nr_cards; i++) {
		struct domain_card *c = &cfg->card[i];

		if (c->network[0] && network_find(c->network, &c->want, e))
			return socle_wrap(e, "interface %u", i);
		if (!c->has_mac)
			vif_mac_make(cfg->uuid, c->index, c->want.mac);
		c->has_mac = true;
	}
	return 0;
}
