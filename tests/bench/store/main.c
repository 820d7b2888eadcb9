/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/store/main.c
 *
 * What an operation of the store costs while it holds so many domains' worth of nodes, watches among them, over its Unix socket.
 *	bench DOMAINS SAMPLES
 * A line "name;minimum;median" in nanoseconds for each operation, asked of SAMPLES domains that lie apart. One round trip
 * between two processes is in each figure.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libsocle/store.h"

#define REPEATS 20u

static struct socle_store *st;
static unsigned int domains;

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Two disks and two cards, as a guest has them: frontend, backend, and what is its own. */
static void domain_make(unsigned int d)
{
	static const char *const places[] = {
		"/local/domain/%u/device/vbd/%u", "/local/domain/%u/device/vif/%u", "/local/domain/0/backend/vbd/%u/%u",
		"/local/domain/0/backend/vif/%u/%u",
	};
	static const char *const keys[] = { "state", "frontend-id", "backend", "event-channel", "ring-ref" };
	const char *owner[2] = { "n0", NULL };
	char path[96], guest[16];
	uint32_t tx;
	int r;

	if (socle_store_tx_start(st, &tx))
		die("no transaction");
	for (unsigned int p = 0; p < 4; p++)
		for (unsigned int i = 0; i < 2; i++)
			for (unsigned int k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
				int n = snprintf(path, sizeof(path), places[p], d, i);

				snprintf(path + n, sizeof(path) - (size_t)n, "/%s", keys[k]);
				if ((r = socle_store_write(st, tx, path, "%u", k + d)))
					die("cannot write %s: %s", path, strerror(-r));
			}
	snprintf(guest, sizeof(guest), "r%u", d);
	owner[1] = guest;
	snprintf(path, sizeof(path), "/local/domain/%u", d);
	if ((r = socle_store_set_perms(st, tx, path, owner, 2)) || (r = socle_store_tx_end(st, tx, false)))
		die("cannot make domain %u: %s", d, strerror(-r));
	/* A backend's. */
	snprintf(path, sizeof(path), "/local/domain/%u/device/vbd/0/state", d);
	if ((r = socle_store_watch(st, path, "front")))
		die("cannot watch %s: %s", path, strerror(-r));
}

static void events_drop(void)
{
	char *path, *token;

	while (socle_store_next_event(st, &path, &token) == 1) {
		free(path);
		free(token);
	}
}

/* --- operations --------------------------------------------------------------------------------- */

static void op_read(unsigned int d)
{
	char path[96], *value;

	snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u/0/state", d);
	value = socle_store_read(st, 0, path, NULL);
	if (!value)
		die("cannot read %s: %s", path, strerror(errno));
	free(value);
}

static void op_write(unsigned int d)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u/0/state", d);
	if (socle_store_write(st, 0, path, "%u", d))
		die("cannot write %s", path);
}

static void op_make_remove(unsigned int d)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/device/vbd/9", d);
	if (socle_store_mkdir(st, 0, path) || socle_store_rm(st, 0, path))
		die("cannot make and remove %s", path);
}

static void op_list(unsigned int d)
{
	char path[96], **names;
	unsigned int n;

	snprintf(path, sizeof(path), "/local/domain/%u/device/vbd/0", d);
	names = socle_store_dir(st, 0, path, &n);
	if (!names || n != 5)
		die("cannot list %s", path);
	free(names);
}

static void op_transaction(unsigned int d)
{
	char path[96];
	uint32_t tx;

	if (socle_store_tx_start(st, &tx))
		die("no transaction");
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/device/vif/%u/state", d, i);
		if (socle_store_write(st, tx, path, "%u", d))
			die("cannot write %s", path);
	}
	if (socle_store_tx_end(st, tx, false))
		die("a conflict with nobody");
}

static void op_fire(unsigned int d)
{
	struct pollfd p = { .fd = socle_store_fd(st), .events = POLLIN };
	char path[96], *seen, *token;
	bool mine = false;
	int r;

	snprintf(path, sizeof(path), "/local/domain/%u/device/vbd/0/state", d);
	if (socle_store_write(st, 0, path, "%u", d))
		die("cannot write %s", path);
	/* The first ones are those of the watches themselves. */
	while (!mine && (r = socle_store_next_event(st, &seen, &token)) >= 0) {
		if (r == 0 && poll(&p, 1, 1000) != 1)
			break;
		if (r == 0)
			continue;
		mine = strcmp(seen, path) == 0;
		free(seen);
		free(token);
	}
	if (!mine)
		die("no event for %s", path);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The mean of a few repetitions is one sample; samples are of domains all over. */
static void measure(const char *name, void (*op)(unsigned int d), unsigned int samples)
{
	uint64_t *ns = calloc(samples, sizeof(*ns));

	if (!ns)
		die("out of memory");
	for (unsigned int i = 0; i < samples; i++) {
		unsigned int d = 1 + i * 7919u % domains;
		uint64_t begin;

		op(d);
		begin = now_ns();
		for (unsigned int k = 0; k < REPEATS; k++)
			op(d);
		ns[i] = (now_ns() - begin) / REPEATS;
	}
	qsort(ns, samples, sizeof(*ns), compare);
	printf("BENCH %s;%llu;%llu\n", name, (unsigned long long)ns[0], (unsigned long long)ns[samples / 2]);
	free(ns);
}

int main(int argc, char **argv)
{
	struct socle_error e = { 0 };
	unsigned int samples = argc == 3 ? (unsigned int)atoi(argv[2]) : 0;
	uint64_t begin;

	domains = argc == 3 ? (unsigned int)atoi(argv[1]) : 0;
	if (!domains || !samples)
		die("usage: bench DOMAINS SAMPLES");
	st = socle_store_open_now(&e);
	if (!st)
		die("%s", e.text);
	begin = now_ns();
	for (unsigned int d = 1; d <= domains; d++) {
		domain_make(d);
		events_drop();
	}
	printf("BENCH making a domain's nodes;%llu;%llu\n", (unsigned long long)((now_ns() - begin) / domains),
	       (unsigned long long)((now_ns() - begin) / domains));
	measure("read", op_read, samples);
	measure("write", op_write, samples);
	measure("list of 5", op_list, samples);
	measure("make and remove", op_make_remove, samples);
	measure("transaction of 2 writes", op_transaction, samples);
	measure("write and its watch event", op_fire, samples);
	socle_store_close(st);
	return 0;
}
