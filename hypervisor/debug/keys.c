/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running debug keys. A key pressed is queued and becomes work for the way back to a guest, so nothing is printed
 * inside an interrupt. A dump runs in pieces: after PIECES_NS of them the guests have the CPU for REST_NS, then a timer
 * goes on with it. One CPU at a time runs them; whoever finds another one at it leaves, and the other looks at the queue
 * again after it let go, so no key is forgotten.
 *
 * The end of each dump is told in the log: who asked through dom0 knows by that line that he has read it all.
 *
 * News of the log (VIRQ_CON_RING) travel the same way, because a line may be printed under any lock, that of the event
 * channels included.
 */
#include <abi/xen.h>
#include "cpu/cpu.h"
#include "debug/keys.h"
#include "debug/log.h"
#include "evtchn/evtchn.h"
#include "lib/util.h"
#include "time/clock.h"
#include "time/timer.h"

#define QUEUE_SIZE	32u		/* a power of two */
#define PIECES_NS	1000000u
#define REST_NS		5000000u
#define REST_ALONE_NS	50000u
#define NEWS_MAX	(32u << 10)	/* a quarter of the log's ring */

static char queue[QUEUE_SIZE];
static uint32_t queued, taken;		/* key numbers */
static struct spinlock queue_lock = SPINLOCK_INIT(RANK_CONSOLE);

/* Taken by trying only. It guards what follows. */
static struct spinlock run_lock = SPINLOCK_INIT(RANK_NONE);
static const struct debug_key *active;
static uint64_t position;
static unsigned int all_next;		/* row of '*' to come; 0 = none */
static bool rest_known;
static struct timer rest;
static uint64_t rest_until;		/* system time before which nobody goes on */

bool debug_key_press(char key)
{
	bool room;

	spin_lock(&queue_lock);
	room = queued - taken < QUEUE_SIZE;
	if (room)
		queue[queued++ % QUEUE_SIZE] = key;
	spin_unlock(&queue_lock);
	cpu_raise_work(WORK_DEBUG);
	return room;
}

static bool queue_take(char *key)
{
	bool any;

	spin_lock(&queue_lock);
	any = queued != taken;
	if (any)
		*key = queue[taken++ % QUEUE_SIZE];
	spin_unlock(&queue_lock);
	return any;
}

static bool queue_empty(void)
{
	return READ_ONCE(queued) == READ_ONCE(taken);
}

static void begin(const struct debug_key *k)
{
	active = k;
	position = 0;
	printk("key %c: %s, at %lu us\n", k->key, k->what, system_time() / 1000);
}

static void begin_key(char key)
{
	if (key == '*') {
		all_next = 1;
		return;
	}
	for (unsigned int i = 0; i < nr_debug_keys; i++)
		if (debug_keys[i].key == key) {
			begin(&debug_keys[i]);
			return;
		}
	/* The byte came over a wire. */
	if (key > ' ' && key < 0x7f)
		printk("key %c: there is none; h lists them\n", key);
	else
		printk("key %02x: there is none; h lists them\n", (uint8_t)key);
}

/* The next row of '*'. */
static void begin_next(void)
{
	while (all_next && !active) {
		unsigned int i = all_next - 1;

		all_next = i + 1 < nr_debug_keys ? all_next + 1 : 0;
		if (!debug_keys[i].alone)
			begin(&debug_keys[i]);
	}
	if (!all_next && !active)
		printk("key *: end\n");
}

/* One piece. False: nothing is left. */
static bool step(void)
{
	char key;

	if (active) {
		if (!active->piece(&position)) {
			printk("key %c: end\n", active->key);
			active = NULL;
		}
		return true;
	}
	if (all_next) {
		begin_next();
		return true;
	}
	if (!queue_take(&key))
		return false;
	begin_key(key);
	return true;
}

static void rest_over(void *arg)
{
	(void)arg;
	cpu_raise_work(WORK_DEBUG);
}

static void rest_begin(void)
{
	if (!rest_known)
		timer_init(&rest, rest_over, NULL);
	rest_known = true;
	/* What nobody is kept from running by needs no more than an open door for interrupts. */
	rest_until = system_time() + (active && active->alone ? REST_ALONE_NS : REST_NS);
	timer_set(&rest, rest_until);
}

/* True when it stopped to rest. */
static bool run_pieces(void)
{
	uint64_t until = system_time() + PIECES_NS;

	while (step())
		if (system_time() > until) {
			rest_begin();
			return true;
		}
	return false;
}

static void run_keys(void)
{
	bool resting = system_time() < READ_ONCE(rest_until);

	while (!resting && (!queue_empty() || READ_ONCE(active) || READ_ONCE(all_next))) {
		if (!spin_trylock(&run_lock))
			return;
		resting = run_pieces();
		spin_unlock(&run_lock);
	}
}

/* A reader that cannot be told now is told a little later; one whose vCPU sleeps is woken, and that takes the lock of a
 * run queue. So a dump comes first: it may be the last that is heard of this machine. */
static void announce_log(void)
{
	if (READ_ONCE(active) && log_news_size() < NEWS_MAX)
		return;
	if (!log_take_news() || virq_try_raise_global(VIRQ_CON_RING))
		return;
	log_return_news();
	if (spin_trylock(&run_lock)) {
		rest_begin();
		spin_unlock(&run_lock);
	}
}

void debug_run_work(void)
{
	run_keys();
	announce_log();
}
