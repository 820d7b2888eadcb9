/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_xenbus.c
 *
 * The handshake's table (dom0-tools/device/xenbus.c) over every pair of states, with and without rings mapped, wanted or not:
 * what must hold in each, and what the usual lives of a device look like.
 */
#include <check.h>
#include <limits.h>

#include <abi/io/xenbus.h>

#include "device/xenbus.h"
#include "suite.h"

#define EVERY_CASE (DEVICE_STATES * DEVICE_STATES * 4)

struct world {
	unsigned int ours, theirs;
	bool online, linked, removed;
	unsigned int connects, resumes, disconnects;
};

static struct world case_of(unsigned int i)
{
	struct world w = { .ours = i / 4 % DEVICE_STATES, .theirs = i / 4 / DEVICE_STATES };

	w.online = i & 1;
	w.linked = i & 2;
	return w;
}

/* Do as the supervisor does until there is nothing to do; the number of steps. */
static unsigned int run(struct world *w)
{
	for (unsigned int n = 0; n < 100; n++) {
		struct device_step s = device_step(w->ours, w->theirs, w->online, w->linked);

		if (s.act == DEVICE_REST && s.next == w->ours)
			return n;
		w->disconnects += w->linked && (s.act == DEVICE_DISCONNECT || s.act == DEVICE_ADVERTISE || s.act == DEVICE_REMOVE);
		w->connects += s.act == DEVICE_CONNECT;
		w->resumes += s.act == DEVICE_RESUME;
		w->linked = s.act == DEVICE_CONNECT || s.act == DEVICE_RESUME || (w->linked && s.act == DEVICE_REST);
		w->ours = s.next;
		w->removed = s.act == DEVICE_REMOVE;
		if (w->removed)
			return n + 1;
	}
	return UINT_MAX;
}

START_TEST(every_pair_comes_to_rest)
{
	for (unsigned int i = 0; i < EVERY_CASE; i++) {
		struct world w = case_of(i);

		ck_assert_msg(run(&w) <= 4, "case %u", i);
	}
}
END_TEST

START_TEST(nothing_stays_mapped_for_a_frontend_that_let_go)
{
	for (unsigned int i = 0; i < EVERY_CASE; i++) {
		struct world w = case_of(i);

		run(&w);
		if (w.theirs == XenbusStateUnknown || w.theirs == XenbusStateInitialising || w.theirs == XenbusStateClosed || w.removed)
			ck_assert_msg(!w.linked, "case %u", i);
	}
}
END_TEST

/* Linux before 5.14 says Closing while the disk is still mounted, and means it. */
START_TEST(a_frontend_that_is_closing_is_served_until_it_has_closed)
{
	for (int online = 0; online < 2; online++) {
		struct world w = { .ours = XenbusStateConnected, .theirs = XenbusStateClosing, .online = online, .linked = true };

		run(&w);
		ck_assert_uint_eq(w.ours, XenbusStateClosing);
		ck_assert(w.linked && !w.removed);
		w.theirs = XenbusStateClosed;
		run(&w);
		ck_assert(!w.linked && w.removed == !online);
	}
}
END_TEST

START_TEST(connected_means_linked)
{
	for (unsigned int i = 0; i < EVERY_CASE; i++) {
		struct world w = case_of(i);

		run(&w);
		if (w.ours == XenbusStateConnected && (w.theirs == XenbusStateInitialised || w.theirs == XenbusStateConnected))
			ck_assert_msg(w.linked, "case %u", i);
	}
}
END_TEST

START_TEST(rings_that_are_served_are_not_mapped_twice)
{
	for (unsigned int i = 0; i < EVERY_CASE; i++) {
		struct world w = case_of(i);
		struct device_step s = device_step(w.ours, w.theirs, w.online, w.linked);

		if (w.linked)
			ck_assert_msg(s.act != DEVICE_RESUME, "case %u", i);
		if (w.ours == XenbusStateConnected)
			ck_assert_msg(s.act != DEVICE_CONNECT, "case %u", i);
	}
}
END_TEST

START_TEST(only_frontends_with_rings_are_connected)
{
	for (unsigned int i = 0; i < EVERY_CASE; i++) {
		struct world w = case_of(i);

		run(&w);
		if (w.connects || w.resumes)
			ck_assert_msg(w.theirs == XenbusStateInitialised || w.theirs == XenbusStateConnected, "case %u", i);
	}
}
END_TEST

START_TEST(offline_never_connects_anew)
{
	for (unsigned int i = 0; i < EVERY_CASE; i++) {
		struct world w = case_of(i);

		if (w.online)
			continue;
		run(&w);
		ck_assert_msg(w.connects == 0, "case %u", i);
		ck_assert_msg(w.removed || w.ours == XenbusStateClosing, "case %u", i);
	}
}
END_TEST

START_TEST(states_beyond_the_table_are_unknown)
{
	static const unsigned int wild[] = { 9, 10, 255, 0x80000000u, UINT_MAX };

	for (unsigned int i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		struct device_step a = device_step(XenbusStateConnected, wild[i], true, true);
		struct device_step b = device_step(XenbusStateConnected, XenbusStateUnknown, true, true);
		struct device_step c = device_step(wild[i], XenbusStateConnected, true, false);

		ck_assert(a.act == b.act && a.next == b.next);
		ck_assert_int_eq(c.act, DEVICE_ADVERTISE);
	}
}
END_TEST

START_TEST(a_disk_lives_as_linux_wants_it)
{
	struct world w = { .ours = XenbusStateInitialising, .theirs = XenbusStateInitialising, .online = true };

	run(&w);
	ck_assert_uint_eq(w.ours, XenbusStateInitWait);
	w.theirs = XenbusStateInitialised;
	run(&w);
	ck_assert_uint_eq(w.ours, XenbusStateConnected);
	w.theirs = XenbusStateConnected;
	run(&w);
	ck_assert_uint_eq(w.connects, 1);
	/* The worker dies: the guest's view does not change. */
	w.linked = false;
	run(&w);
	ck_assert_uint_eq(w.ours, XenbusStateConnected);
	ck_assert_uint_eq(w.resumes, 1);
	/* Unbound and bound again in the guest. */
	w.theirs = XenbusStateClosing;
	run(&w);
	ck_assert_uint_eq(w.ours, XenbusStateClosing);
	ck_assert_uint_eq(w.disconnects, 0);
	w.theirs = XenbusStateClosed;
	run(&w);
	ck_assert_uint_eq(w.ours, XenbusStateClosed);
	w.theirs = XenbusStateInitialising;
	run(&w);
	ck_assert_uint_eq(w.ours, XenbusStateInitWait);
	w.theirs = XenbusStateConnected;
	run(&w);
	ck_assert_uint_eq(w.connects, 2);
	/* Detached: it stays served until the guest has closed. */
	w.online = false;
	w.ours = XenbusStateClosing;
	run(&w);
	ck_assert(w.linked);
	w.theirs = XenbusStateClosed;
	run(&w);
	ck_assert(w.removed && !w.linked);
	ck_assert_uint_eq(w.disconnects, 2);
}
END_TEST

START_TEST(a_supervisor_that_takes_over_a_detach_serves_it_to_its_end)
{
	struct world w = { .ours = XenbusStateClosing, .theirs = XenbusStateConnected };

	run(&w);
	ck_assert_uint_eq(w.resumes, 1);
	ck_assert_uint_eq(w.ours, XenbusStateClosing);
}
END_TEST

START_TEST(a_frontend_that_broke_the_protocol_is_not_connected_again)
{
	/* Ours went to Closing and let go; theirs ignores that. */
	struct world w = { .ours = XenbusStateClosing, .theirs = XenbusStateConnected, .online = true };

	run(&w);
	ck_assert_uint_eq(w.connects + w.resumes, 0);
	ck_assert_uint_eq(w.ours, XenbusStateClosing);
}
END_TEST

START_TEST(states_have_names)
{
	ck_assert_str_eq(device_state_name(XenbusStateConnected), "connected");
	ck_assert_str_eq(device_state_name(77), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("xenbus");
	TCase *t = tcase_create("xenbus");

	tcase_add_test(t, every_pair_comes_to_rest);
	tcase_add_test(t, nothing_stays_mapped_for_a_frontend_that_let_go);
	tcase_add_test(t, connected_means_linked);
	tcase_add_test(t, rings_that_are_served_are_not_mapped_twice);
	tcase_add_test(t, only_frontends_with_rings_are_connected);
	tcase_add_test(t, offline_never_connects_anew);
	tcase_add_test(t, states_beyond_the_table_are_unknown);
	tcase_add_test(t, a_frontend_that_is_closing_is_served_until_it_has_closed);
	tcase_add_test(t, a_disk_lives_as_linux_wants_it);
	tcase_add_test(t, a_supervisor_that_takes_over_a_detach_serves_it_to_its_end);
	tcase_add_test(t, a_frontend_that_broke_the_protocol_is_not_connected_again);
	tcase_add_test(t, states_have_names);
	suite_add_tcase(s, t);
	return suite_run(s);
}
