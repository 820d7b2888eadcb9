/* SPDX-License-Identifier: BSD-2-Clause */
/* A backend without manners, of one device of a guest: what its lies share. */
#ifndef SOCLE_TESTS_GUEST_DOMU_HOSTILEBACK_LIAR_H
#define SOCLE_TESTS_GUEST_DOMU_HOSTILEBACK_LIAR_H

#include <abi/io/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "libsocle/evtchn.h"
#include "libsocle/gnttab.h"
#include "libsocle/store.h"

#define PAGE 4096u

struct liar {
	struct socle_store *st;
	struct socle_gnttab *gt;
	struct socle_evtchn *ec;
	uint16_t domid;
	char back[128], front[128];
	struct sring_header *ring[2]; /* vbd: one; vif: tx, rx */
	uint32_t cons[2], prod[2];
	int port;
	uint64_t end; /* of the lie, in ms */
};

struct lie {
	const char *name;
	void (*features)(struct liar *l); /* NULL: true ones */
	void (*facts)(struct liar *l);    /* what is told with Connected; NULL: true ones */
	void (*serve)(struct liar *l);    /* NULL: by the rules */
	const char *error;                /* in the frontend's node, at the end; NULL: none */
	bool any;                         /* an error or none, as it comes */
	bool unmapped;                    /* Connected without a look at the rings */
};

struct liar_class {
	const char *type;
	unsigned int devid;
	void (*nodes)(struct liar *l);
	void (*features)(struct liar *l);
	bool (*attach)(struct liar *l);
	void (*facts)(struct liar *l);
	void (*serve)(struct liar *l);
	const struct lie *lie;
	unsigned int nr;
};
extern const struct liar_class liar_disk, liar_card;

void say(struct liar *l, const char *key, const char *value);
void say_front(struct liar *l, const char *key, const char *value);
void state(struct liar *l, unsigned int state);
uint64_t front_number(struct liar *l, const char *key);
unsigned int front_state(struct liar *l);
bool time_left(struct liar *l);
void nap(unsigned int ms);
void tell(struct liar *l);
bool page_map(struct liar *l, const char *key, unsigned int i);
void states_jump(struct liar *l);
void nodes_garbage(struct liar *l, const char *const *keys, unsigned int n);
uint32_t chance(uint32_t below);

#endif
