/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frontend without manners: nodes, rings and states by hand, so that a test can get any of them wrong. Nothing here is for a
 * guest that wants a device to work; that is block/ and net/.
 */
#ifndef SOCLE_TESTS_GUEST_DOMU_HOSTILEFRONT_FRONT_H
#define SOCLE_TESTS_GUEST_DOMU_HOSTILEFRONT_FRONT_H

#include <abi/io/ring.h>
#include <abi/io/xenbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RINGS_MAX	3U
#define RING_PAGES_MAX	16U

struct raw_ring {
	struct sring_header *head;
	uint8_t *slots;
	uint32_t entry, size, pages;
	uint32_t prod, cons;			/* what we have asked, and which answers we have seen */
	uint32_t ref[RING_PAGES_MAX];
};

struct front {
	char node[40], backend[96];
	struct raw_ring ring[RINGS_MAX];
	uint32_t port, ctrl_port;	/* 0: none */
	const char *written[24];	/* keys, beside the state, that the next connection must not find */
};

/* What the backend has to make of an attack. */
enum fate {
	STAYS,		/* serve this connection on */
	CLOSES,		/* close the device, which may be connected anew */
	EITHER,		/* one of both, as the race goes */
};

struct attack {
	const char *name;
	void (*run)(struct front *f);
	enum fate fate;
};

/* How a class of device is connected by the rules, and whether a connection works. */
struct manners {
	const char *type;
	bool (*connect)(struct front *f);
	bool (*works)(struct front *f);
	const struct attack *attack;
	unsigned int nr;
};
extern const struct manners disk_manners, card_manners;

bool front_find(struct front *f, const char *type);
/* The key has to last until the next front_reset(). */
void front_put(struct front *f, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void front_clear(struct front *f, const char *key);
void front_state(struct front *f, unsigned int state);
unsigned int back_state(struct front *f);
/* Until the backend is in one of the states (a bit each). */
bool back_wait(struct front *f, unsigned int states, unsigned int seconds);
#define IN(state) (1U << XenbusState##state)

bool front_reset(struct front *f);	/* Closed on both sides, no ring, no port */
bool front_invite(struct front *f);	/* until it offers its features */
void front_rings_end(struct front *f);

void raw_ring_make(struct raw_ring *r, unsigned int pages, uint32_t entry, bool readonly);
void *raw_slot(struct raw_ring *r, uint32_t index);
void raw_push(struct front *f, struct raw_ring *r);	/* publishes prod, sends an event */
bool raw_settled(struct raw_ring *r, unsigned int seconds);	/* until all has an answer */
/* Answers and events belong to the backend, which keeps its own account of them. */
void raw_scribble(struct raw_ring *r);

/* The second vCPU calls fn over and over until race_end(). */
void race_begin(void (*fn)(void));
void race_end(void);
void race_with_events(struct front *f, void (*fn)(void));	/* for a while, and the backend is woken again and again */
void pause_ms(unsigned int ms);

uint32_t chance(uint32_t below);	/* of either vCPU */
void chance_fill(void *to, size_t n);

/* Values that are no number, or none that can be. */
extern const char *const garbage[];
extern const unsigned int nr_garbage;

#endif
