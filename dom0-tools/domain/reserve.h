/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/reserve.h
 *
 * Reservations: who has a name and a UUID now, and in which state the guest is.  A file for each of the two in one folder, with
 * a lock that belongs to the open file: the creator takes it, its children inherit it by fork(), and it lasts until the last of
 * them has closed it.  What stands in the files is for readers; the lock is what counts.
 *
 * A file that nobody has locked reserves nothing, unless what it says names a guest that lives: its watcher was killed.
 */
#ifndef SOCLE_DOMAIN_RESERVE_H
#define SOCLE_DOMAIN_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/config.h"
#include "libsocle/error.h"

enum reserve_state {
	RESERVE_NONE,      /* nothing is said (yet) */
	RESERVE_STARTING,
	RESERVE_RUNNING,   /* there is a domain: the hypervisor knows more */
	RESERVE_REBOOTING, /* between the end of one domain and the start of the next */
	RESERVE_ENDING,
};

/* What a reservation says. */
struct reserve_line {
	enum reserve_state state;
	uint16_t domid; /* 0: no domain yet, or no more */
	char uuid[37];
	char name[DOMAIN_NAME_MAX + 1];
};

/* Where they are, and whether a guest lives that one of them names. */
struct reserve_place {
	const char *dir;
	bool (*lives)(void *arg, const struct reserve_line *l);
	void *arg;
};

struct reserve {
	int fd[2];     /* of the name and of the UUID; -1: not held */
	char dir[96];
	struct reserve_line line;
};

#define RESERVE_EMPTY (struct reserve){ .fd = { -1, -1 } }

/*
 * Take name and UUID, both or none.  One whose guest is ending is waited for, up to ms.  -1 with DOMAIN_E_EXISTS and who has
 * which.  The state is STARTING.
 */
int reserve_take(struct reserve *r, const struct reserve_place *p, const char *name, const uint8_t uuid[16], unsigned int ms,
		 struct socle_error *e);

/* The same for a guest that runs as this domain and whose watcher was killed: -1 with EBUSY when it was not. */
int reserve_adopt(struct reserve *r, const struct reserve_place *p, const char *name, const uint8_t uuid[16], uint16_t domid,
		  struct socle_error *e);

/* Have this name instead; all else stays.  -1 with DOMAIN_E_EXISTS and who has it: nothing is changed. */
int reserve_rename(struct reserve *r, const struct reserve_place *p, const char *name, struct socle_error *e);

/* What readers see from now on. */
void reserve_say(struct reserve *r, enum reserve_state state, uint16_t domid);

/* Give both up.  Only the last holder may: the files go. */
void reserve_release(struct reserve *r);

/* This process holds them no longer, others may. */
void reserve_forget(struct reserve *r);

/* Of a name or a UUID: 0, or -ENOENT when there is no such file, another -errno.  *held: somebody has it locked. */
int reserve_look(const char *dir, const char *who, struct reserve_line *l, bool *held);

/* All that are held, by name; fn ends it by not returning 0, which is returned.  -1 when they cannot be read. */
int reserve_each(const char *dir, int (*fn)(void *arg, const struct reserve_line *l), void *arg);

/* Wait until nobody holds this name or UUID; then a file that was left behind is removed.  False when ms passed. */
bool reserve_wait_free(const char *dir, const char *who, unsigned int ms);

/* "starting", "rebooting", "ending"; NULL where the hypervisor knows better. */
const char *reserve_state_word(enum reserve_state s);

#endif /* SOCLE_DOMAIN_RESERVE_H */
