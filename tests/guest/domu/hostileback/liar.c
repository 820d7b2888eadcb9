/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/guest/domu/hostileback/liar.c
 *
 *   liar DOMID vbd|vif LIE
 *
 * Makes a device for a guest, tells the guest's victim.c that a round begins,
 * and serves it with one lie. Exit code 0 when the frontend has ended as the lie's table says. liar list prints the lies.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <abi/io/xenbus.h>

#include "liar.h"

#define SERVE_MS  20000u
#define OFFER_MS  20000u
#define END_MS    40000u

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void die(const char *what)
{
	fprintf(stderr, "liar: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void write_at(struct liar *l, const char *folder, const char *key, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, key);
	if (socle_store_write(l->st, 0, path, "%s", value))
		die(path);
}

void say(struct liar *l, const char *key, const char *value) { write_at(l, l->back, key, value); }
void say_front(struct liar *l, const char *key, const char *value) { write_at(l, l->front, key, value); }

void state(struct liar *l, unsigned int state)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", state);
	say(l, "state", text);
}

uint64_t front_number(struct liar *l, const char *key)
{
	char path[256];
	uint64_t n;

	snprintf(path, sizeof(path), "%s/%s", l->front, key);
	return socle_store_read_u64(l->st, 0, path, &n) ? 0 : n;
}

unsigned int front_state(struct liar *l) { return (unsigned int)front_number(l, "state"); }

bool time_left(struct liar *l) { return now_ms() < l->end; }

void nap(unsigned int ms) { usleep(ms * 1000); }

void tell(struct liar *l)
{
	int port;

	while ((port = socle_evtchn_pending(l->ec)) >= 0)
		socle_evtchn_unmask(l->ec, (uint32_t)port);
	socle_evtchn_notify(l->ec, (uint32_t)l->port);
}

uint32_t chance(uint32_t below) { return below ? (uint32_t)random() % below : 0; }

bool page_map(struct liar *l, const char *key, unsigned int i)
{
	uint32_t ref = (uint32_t)front_number(l, key);

	l->ring[i] = socle_gnttab_map(l->gt, l->domid, &ref, 1, PROT_READ | PROT_WRITE);
	return l->ring[i] != NULL;
}

void states_jump(struct liar *l)
{
	for (unsigned int i = 0; i < 60; i++) {
		state(l, i < 45 ? i % 9 : chance(12));
		nap(chance(20));
	}
}

void nodes_garbage(struct liar *l, const char *const *keys, unsigned int n)
{
	static char long_text[3000];
	const char *const garbage[] = { "4294967295", "18446744073709551616", "-1", "", "one", "0x10", " 1", long_text };

	memset(long_text, '9', sizeof(long_text) - 1);
	for (unsigned int i = 0; i < n; i++)
		say(l, keys[i], garbage[(i + chance(8)) % 8]);
}

/* ---- the device ---- */

static void perms(struct liar *l, const char *path, const char *owner, const char *reader)
{
	const char *list[2] = { owner, reader };

	if (socle_store_set_perms(l->st, 0, path, list, 2))
		die(path);
}

static void nodes_make(struct liar *l, const struct liar_class *c)
{
	char mine[8], theirs[8], id[8], folder[128];

	snprintf(mine, sizeof(mine), "n%u", l->domid);
	snprintf(theirs, sizeof(theirs), "r%u", l->domid);
	snprintf(id, sizeof(id), "%u", l->domid);
	snprintf(l->back, sizeof(l->back), "/local/domain/0/backend/liar/%u/%u", l->domid, c->devid);
	snprintf(l->front, sizeof(l->front), "/local/domain/%u/device/%s/%u", l->domid, c->type, c->devid);
	snprintf(folder, sizeof(folder), "/local/domain/%u/device/%s", l->domid, c->type);
	socle_store_mkdir(l->st, 0, l->back);
	perms(l, l->back, "n0", theirs);
	say(l, "frontend", l->front);
	say(l, "frontend-id", id);
	say(l, "online", "1");
	state(l, XenbusStateInitialising);
	socle_store_mkdir(l->st, 0, folder);
	perms(l, folder, "n0", theirs);
	socle_store_mkdir(l->st, 0, l->front);
	perms(l, l->front, mine, "r0");
	say_front(l, "backend", l->back);
	say_front(l, "backend-id", "0");
	c->nodes(l);
	say_front(l, "state", "1");
}

static void nodes_remove(struct liar *l)
{
	socle_store_rm(l->st, 0, l->back);
	socle_store_rm(l->st, 0, l->front);
}

/* A third word says that the frontend is to find out. */
static void round_begin(struct liar *l, const char *type, const struct lie *lie)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/local/domain/%u", l->domid);
	snprintf(text, sizeof(text), "%s %s%s", type, lie->name, lie->error ? " breaks" : "");
	write_at(l, path, "data/round", text);
}

static bool round_wait(struct liar *l, const char *lie)
{
	uint64_t until = now_ms() + END_MS;
	char path[64], *done;
	bool is_done = false;

	snprintf(path, sizeof(path), "/local/domain/%u/data/done", l->domid);
	while (!is_done && now_ms() < until) {
		done = socle_store_read(l->st, 0, path, NULL);
		is_done = done && !strcmp(done, lie);
		free(done);
		nap(20);
	}
	return is_done;
}

static bool offer_wait(struct liar *l)
{
	uint64_t until = now_ms() + OFFER_MS;
	unsigned int s;

	while ((s = front_state(l)) != XenbusStateInitialised && s != XenbusStateConnected) {
		if (now_ms() > until || s == XenbusStateClosed)
			return false;
		nap(5);
	}
	return true;
}

static void lie_tell(struct liar *l, const struct liar_class *c, const struct lie *lie)
{
	(lie->features ? lie->features : c->features)(l);
	state(l, XenbusStateInitWait);
	if (!offer_wait(l))
		return;
	if (!lie->unmapped && !c->attach(l)) {
		fprintf(stderr, "liar: cannot attach to what it offers: %s\n", strerror(errno));
		exit(1);
	}
	(lie->facts ? lie->facts : c->facts)(l);
	state(l, XenbusStateConnected);
	l->end = now_ms() + SERVE_MS;
	(lie->serve ? lie->serve : c->serve)(l);
}

static int judge(struct liar *l, const struct lie *lie)
{
	char path[160], *error;
	int r = 0;

	snprintf(path, sizeof(path), "%s/error", l->front);
	error = socle_store_read(l->st, 0, path, NULL);
	printf("%s: the frontend says: %s\n", lie->name, error ? error : "nothing");
	if (lie->any)
		r = 0;
	else if (lie->error ? !error || !strstr(error, lie->error) : error != NULL)
		r = 1;
	if (r)
		printf("%s: expected was: %s\n", lie->name, lie->error ? lie->error : "nothing");
	free(error);
	return r;
}

static int run(uint16_t domid, const struct liar_class *c, const struct lie *lie)
{
	struct liar l = { .domid = domid, .st = socle_store_open(NULL), .gt = socle_gnttab_open(NULL), .ec = socle_evtchn_open(NULL) };
	int r;

	if (!l.st || !l.gt || !l.ec)
		die("store, grants and events");
	nodes_make(&l, c);
	round_begin(&l, c->type, lie);
	lie_tell(&l, c, lie);
	if (!round_wait(&l, lie->name)) {
		printf("%s: the guest does not come to an end with it\n", lie->name);
		return 1;
	}
	r = judge(&l, lie);
	/* Maps go with the process. */
	nodes_remove(&l);
	return r;
}

int main(int argc, char **argv)
{
	const struct liar_class *const classes[] = { &liar_disk, &liar_card };

	for (unsigned int k = 0; k < 2; k++)
		for (unsigned int i = 0; i < classes[k]->nr; i++) {
			if (argc == 2 && !strcmp(argv[1], "list"))
				printf("%s %s\n", classes[k]->type, classes[k]->lie[i].name);
			else if (argc >= 4 && !strcmp(argv[2], classes[k]->type) && !strcmp(argv[3], classes[k]->lie[i].name))
				return run((uint16_t)atoi(argv[1]), classes[k], &classes[k]->lie[i]);
		}
	return argc == 2 ? 0 : 2;
}
