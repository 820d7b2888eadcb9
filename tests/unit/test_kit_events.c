/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kit's side of FIFO events, against the hypervisor's side as pv-abi 5.3 tells it: whatever is raised, masked and unmasked in
 * between, each pending port comes once and none is lost. And timers, against a plain array.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kit/event_fifo.h"
#include "kit/timers.h"
#include "suite.h"

#define PORTS 200
#define BIT(n) (1U << (n))

static uint32_t words[KIT_FIFO_WORDS], *pages[] = { words };
static struct evtchn_fifo_control_block control;
static struct kit_fifo fifo;
static uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];

static void fifo_make(void)
{
	memset(words, 0, sizeof(words));
	memset(&control, 0, sizeof(control));
	memset(tail, 0, sizeof(tail));
	fifo = (struct kit_fifo){ .control = &control, .pages = pages, .nr_ports = KIT_FIFO_WORDS };
}

static void raise_port(uint32_t port, uint32_t q)
{
	bool linked = false;

	words[port] |= BIT(EVTCHN_FIFO_PENDING);
	if (words[port] & (BIT(EVTCHN_FIFO_MASKED) | BIT(EVTCHN_FIFO_LINKED)))
		return;
	words[port] |= BIT(EVTCHN_FIFO_LINKED);
	if (tail[q] == port)	/* it was the last, and has been taken */
		tail[q] = 0;
	if (tail[q] && words[tail[q]] & BIT(EVTCHN_FIFO_LINKED)) {
		words[tail[q]] = (words[tail[q]] & ~EVTCHN_FIFO_LINK_MASK) | port;
		linked = true;
	}
	if (!linked)
		control.head[q] = port;
	tail[q] = port;
	if (!linked)
		control.ready |= BIT(q);
}

START_TEST(none_is_lost_none_comes_twice)
{
	bool out[PORTS] = { false };
	unsigned int raised = 0, taken = 0;

	fifo_make();
	srand(5);
	for (int step = 0; step < 300000; step++) {
		uint32_t port = 1 + (uint32_t)rand() % (PORTS - 1);

		if (rand() % 2) {
			/* A port keeps its priority, as ports of the kit do. */
			if (!out[port])
				raised++;
			out[port] = true;
			raise_port(port, port % 3 * 7);
		} else if ((port = kit_fifo_next(&fifo))) {
			ck_assert(out[port]);
			out[port] = false;
			taken++;
		}
	}
	for (uint32_t port; (port = kit_fifo_next(&fifo)); taken++)
		out[port] = false;
	ck_assert_uint_eq(raised, taken);
	for (uint32_t port = 1; port < PORTS; port++)
		ck_assert(!out[port] && !words[port]);
}
END_TEST

START_TEST(high_priority_comes_first)
{
	fifo_make();
	raise_port(5, 9);
	raise_port(6, 9);
	raise_port(7, 0);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 7);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 5);
	raise_port(8, 2);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 8);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 6);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 0);
}
END_TEST

START_TEST(masked_and_cleared_ports_are_passed_over)
{
	fifo_make();
	raise_port(5, 1);
	raise_port(6, 1);
	raise_port(7, 1);
	words[5] |= BIT(EVTCHN_FIFO_MASKED);
	kit_fifo_clear(&fifo, 6);
	kit_fifo_clear(&fifo, 100000);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 7);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 0);
	ck_assert_uint_eq(words[5], BIT(EVTCHN_FIFO_MASKED) | BIT(EVTCHN_FIFO_PENDING));
}
END_TEST

START_TEST(wild_links_end_a_queue)
{
	fifo_make();
	raise_port(5, 1);
	words[5] |= 0x1ffff;
	ck_assert_uint_eq(kit_fifo_next(&fifo), 5);
	ck_assert_uint_eq(kit_fifo_next(&fifo), 0);
	control.ready = ~0U;
	control.head[3] = 77777777;
	ck_assert_uint_eq(kit_fifo_next(&fifo), 0);
}
END_TEST

static struct kit_timers list;
static struct kit_timer timers[20];
static int fired[64], nr_fired;

static void fire(void *arg)
{
	fired[nr_fired++] = (int)((struct kit_timer *)arg - timers);
}

START_TEST(timers_fire_in_order_and_once)
{
	bool any = false;

	for (int i = 0; i < 20; i++)
		timers[i] = (struct kit_timer){ .fn = fire, .arg = &timers[i] };
	for (int i = 0; i < 20; i++)
		kit_timers_add(&list, &timers[i], 1000 + (uint64_t)(i * 7 % 20) * 10);
	kit_timers_remove(&list, &timers[3]);
	kit_timers_remove(&list, &timers[3]);
	kit_timers_add(&list, &timers[4], 1005);
	ck_assert_uint_eq(kit_timers_run(&list, 999, &any), 1000);
	ck_assert(!any);
	ck_assert_uint_eq(kit_timers_run(&list, 1010, &any), 1020);
	ck_assert(any);
	/* 0 is due at 1000, 4 at 1005; 3 was due at 1010 and is removed. */
	ck_assert_int_eq(nr_fired, 2);
	ck_assert(fired[0] == 0 && fired[1] == 4);
	ck_assert_uint_eq(kit_timers_run(&list, 5000, &any), 0);
	ck_assert_int_eq(nr_fired, 19);
	for (int i = 3; i < 19; i++)
		ck_assert_uint_ge(timers[fired[i]].due, timers[fired[i - 1]].due);
}
END_TEST

static struct kit_timer again;
static int turns;

static void start_again(void *arg)
{
	(void)arg;
	turns++;
	kit_timers_add(&list, &again, 0);
}

START_TEST(a_timer_that_starts_itself_has_one_turn)
{
	bool any = false;

	again = (struct kit_timer){ .fn = start_again };
	kit_timers_add(&list, &again, 0);
	kit_timers_run(&list, 10, &any);
	ck_assert_int_eq(turns, 1);
	kit_timers_run(&list, 10, &any);
	ck_assert_int_eq(turns, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kit_events");
	TCase *t = tcase_create("events");

	tcase_add_test(t, none_is_lost_none_comes_twice);
	tcase_add_test(t, high_priority_comes_first);
	tcase_add_test(t, masked_and_cleared_ports_are_passed_over);
	tcase_add_test(t, wild_links_end_a_queue);
	tcase_add_test(t, timers_fire_in_order_and_once);
	tcase_add_test(t, a_timer_that_starts_itself_has_one_turn);
	suite_add_tcase(s, t);
	return suite_run(s);
}
