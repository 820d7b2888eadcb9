/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm of hypercalls with random arguments that mostly mean something. calls.c describes every hypercall by tables: its
 * arguments, the structures that they point at, and what kind of thing each field is. values.c makes a thing of a kind:
 * mostly a good one (a frame of ours of the right role, a port that was given to us), now and then one that is wrong in an
 * interesting way. child.c makes guests without privilege out of this same kernel; main.c decides what runs.
 */
#ifndef SOCLE_TEST_STORM_H
#define SOCLE_TEST_STORM_H

#include "kit/kit.h"

enum kind {
	CONST,		/* arg */
	SMALL,		/* below arg */
	BITS,		/* of the mask arg */
	BYTES,		/* anything */
	FRAME,		/* machine frame, meant for a table of level arg (0: data; or AGREED, GIVEN) */
	ENTRY_ADDR,	/* machine address of an entry in a table of level arg, with a command in its low bits */
	ENTRY,		/* page-table entry for level arg */
	TABLE_OP,	/* mmuext command for that level, or any */
	PAGE_VA,	/* virtual address of a page of the pool */
	PORT, NEW_PORT,
	REF, HANDLE, NEW_HANDLE,
	DOMAIN,
	VCPU,
	OTHER_VCPU,	/* never the caller */
	SOON,		/* a time in the next millisecond; never wrong: nothing else would wake us */
	CODE,		/* a handler */
	COUNT,		/* of the elements behind the last pointer */
	POINTER,	/* to shape arg */
	LIST,		/* pointer to 64 words of kind arg */
	GIVEN_FRAME,	/* FRAME, GIVEN: for lists */
	NEW_FRAMES,	/* pointer to words; frames afterwards */
	SOUP,		/* bytes to the structure's end: words of all kinds */
	CALLS,		/* pointer to multicall entries */
};

#define AGREED	100	/* the same level in all fields of a structure */
#define GIVEN	101	/* a frame that came from the hypervisor and is perhaps not mapped */

struct field {
	uint16_t at;
	uint8_t width, kind;
	uint32_t arg;
};

#define SHAPE_FIELDS 10

struct shape {
	uint16_t size;
	uint8_t most;			/* elements of an array of these */
	struct field field[SHAPE_FIELDS];	/* up to one of width 0 */
};

enum who { ANYBODY, GUEST };	/* GUEST: would end or stop a control domain as it should */

struct call {
	const char *name;
	uint8_t nr, weight, who;
	struct field arg[4];
};

extern const struct shape shapes[];
extern const struct call calls[];
extern const unsigned int nr_calls;

/* values.c */
#define POOL 25				/* page i is meant for a table of level i % 5, 0 being data */

extern uint64_t pool[POOL + 1][512];	/* the last one is a hole */
extern uint64_t pool_mfn[POOL];
extern bool is_guest;
extern uint16_t own_domid;

void storm_seed(uint64_t seed);
uint64_t rnd(uint64_t limit);
uint64_t storm_now(void);		/* system time, ns */
void storm_prepare(void);
void storm_show_frames(void);
/* One call, the i-th; trace: tells of it before it is made. */
const struct call *storm_step(uint64_t i, bool trace, long *result);

/* insn.c */
void storm_instruction(void);
void storm_debug_trap(struct kit_frame *f);	/* main.c */

/* child.c */
struct report {				/* in a page of its own, read by the parent */
	uint64_t steps, done, refused, last_call;
};

extern struct report report[PAGE_SIZE / sizeof(struct report)];

extern char kit_entry[];

void child_template(void);		/* first of all: keeps the kernel's image as it is at its start */
void child_storms(uint64_t seed, uint64_t count);

#endif
