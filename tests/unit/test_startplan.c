/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_startplan.c
 *
 * The order in which guests start with the host.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/startplan.h"
#include "suite.h"

#define ITEMS 12

static void item_set(struct start_item *s, const char *name, const char *text)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->name, name);
	ck_assert_msg(start_item_read(s, text), "'%s' is refused", text);
}

START_TEST(files)
{
	static const char *const bad[] = { "order", "order x", "order 1 2", "order -1", "order 10000", "after", "before web",
					   "after a b", "order 99999999999999999999", "order1" };
	struct start_item s, t;
	char text[START_TEXT_MAX];

	item_set(&s, "web", "order 20\nafter db\nafter net\n");
	ck_assert_uint_eq(s.order, 20);
	ck_assert_uint_eq(s.nr_after, 2);
	start_item_write(&s, text, sizeof(text));
	ck_assert_str_eq(text, "order 20\nafter db\nafter net\n");
	item_set(&s, "web", "");
	ck_assert_uint_eq(s.order, 0);
	item_set(&s, "web", "after db"); /* the last line's end may be missing */
	ck_assert_str_eq(s.after[0], "db");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!start_item_read(&t, bad[i]), "'%s' is taken", bad[i]);
	/* The longest that there can be fits, and comes back. */
	for (s.nr_after = 0; s.nr_after < START_AFTER_MAX; s.nr_after++) {
		memset(s.after[s.nr_after], 'a' + (int)s.nr_after, DOMAIN_NAME_MAX);
		s.after[s.nr_after][DOMAIN_NAME_MAX] = '\0';
	}
	s.order = START_ORDER_MAX;
	start_item_write(&s, text, sizeof(text));
	ck_assert(start_item_read(&t, text));
	ck_assert_uint_eq(t.nr_after, START_AFTER_MAX);
	ck_assert_str_eq(t.after[START_AFTER_MAX - 1], s.after[START_AFTER_MAX - 1]);
	strcat(text, "after x\n");
	ck_assert(!start_item_read(&t, text));
}
END_TEST

/* "b a c": who starts when everything succeeds at once. */
static const char *run(struct start_item *item, size_t nr, bool stop)
{
	static char names[256];
	int i;

	*names = '\0';
	while ((i = stop ? stopplan_next(item, nr) : startplan_next(item, nr)) >= 0) {
		sprintf(names + strlen(names), "%s%s", *names ? " " : "", item[i].name);
		item[i].state = START_DONE;
	}
	return names;
}

START_TEST(by_order_and_name)
{
	struct start_item s[4];

	item_set(&s[0], "d", "");
	item_set(&s[1], "c", "order 5");
	item_set(&s[2], "b", "order 5");
	item_set(&s[3], "a", "order 9");
	startplan_sort(s, 4);
	ck_assert_str_eq(run(s, 4, false), "d b c a");
	for (unsigned int i = 0; i < 4; i++)
		s[i].state = START_WAITS;
	ck_assert_str_eq(run(s, 4, true), "a b c d");
}
END_TEST

START_TEST(after_goes_before_order)
{
	struct start_item s[4];

	/* web is first by its order, but comes after two that are last. */
	item_set(&s[0], "web", "order 0\nafter db");
	item_set(&s[1], "db", "order 50\nafter disk");
	item_set(&s[2], "disk", "order 90");
	item_set(&s[3], "mail", "order 20");
	startplan_sort(s, 4);
	ck_assert_ptr_null(startplan_ring(s, 4));
	ck_assert_str_eq(run(s, 4, false), "disk db web mail");
	for (unsigned int i = 0; i < 4; i++)
		s[i].state = START_WAITS;
	ck_assert_str_eq(run(s, 4, true), "mail web db disk");
}
END_TEST

START_TEST(left_off)
{
	struct start_item s[4];

	item_set(&s[0], "a", "");
	item_set(&s[1], "b", "after a");
	item_set(&s[2], "c", "after b");
	item_set(&s[3], "d", "after nobody");
	startplan_sort(s, 4);
	ck_assert_int_eq(startplan_next(s, 4), 0);
	ck_assert_int_eq(startplan_next(s, 4), -1); /* a is busy */
	ck_assert_int_eq(s[1].state, START_WAITS);
	s[0].state = START_FAILED;
	ck_assert_int_eq(startplan_next(s, 4), -1);
	for (unsigned int i = 1; i < 4; i++)
		ck_assert_int_eq(s[i].state, START_LEFT);
	ck_assert_str_eq(s[1].missing, "a");
	ck_assert_str_eq(s[2].missing, "b");
	ck_assert_str_eq(s[3].missing, "nobody");
}
END_TEST

START_TEST(rings)
{
	struct start_item s[4];

	item_set(&s[0], "a", "after c");
	item_set(&s[1], "b", "after a");
	item_set(&s[2], "c", "after b");
	item_set(&s[3], "d", "");
	ck_assert_ptr_nonnull(startplan_ring(s, 4));
	ck_assert_ptr_null(startplan_ring(s + 1, 3));
	item_set(&s[3], "d", "after d");
	ck_assert_ptr_eq(startplan_ring(s + 3, 1), &s[3]);
}
END_TEST

static bool follows(const struct start_item *s, const char *name)
{
	for (unsigned int i = 0; i < s->nr_after; i++)
		if (strcmp(s->after[i], name) == 0)
			return true;
	return false;
}

/* Nobody stops before one that comes after it. */
static void check_stop(struct start_item *s, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		s[i].state = START_WAITS;
	for (int n; (n = stopplan_next(s, nr)) >= 0; s[n].state = START_DONE)
		for (size_t i = 0; i < nr; i++)
			ck_assert(!follows(&s[i], s[n].name) || s[i].state == START_DONE);
	for (size_t i = 0; i < nr; i++)
		ck_assert_int_eq(s[i].state, START_DONE);
}

/* Guests at random, of which some fail: each one ends somehow, and none starts before those that it comes after. */
START_TEST(at_random)
{
	unsigned int seed = (unsigned int)_i;

	for (unsigned int round = 0; round < 200; round++) {
		struct start_item s[ITEMS];
		unsigned int busy = 0;

		for (unsigned int i = 0; i < ITEMS; i++) {
			memset(&s[i], 0, sizeof(s[i]));
			sprintf(s[i].name, "g%02u", i);
			s[i].order = (unsigned int)rand_r(&seed) % 4;
			for (unsigned int k = 0; k < i; k++)
				if (rand_r(&seed) % 5 == 0)
					sprintf(s[i].after[s[i].nr_after++], "g%02u", k);
		}
		startplan_sort(s, ITEMS);
		ck_assert_ptr_null(startplan_ring(s, ITEMS));
		for (;;) {
			int n = startplan_next(s, ITEMS);

			for (unsigned int i = 0; n >= 0 && i < ITEMS; i++)
				ck_assert(!follows(&s[n], s[i].name) || s[i].state == START_DONE);
			busy += n >= 0;
			if (n >= 0 && rand_r(&seed) % 2)
				continue;
			if (!busy)
				break;
			for (unsigned int i = 0; i < ITEMS; i++)
				if (s[i].state == START_BUSY && rand_r(&seed) % 2) {
					s[i].state = rand_r(&seed) % 6 ? START_DONE : START_FAILED;
					busy--;
				}
		}
		for (unsigned int i = 0; i < ITEMS; i++)
			ck_assert(s[i].state != START_WAITS && s[i].state != START_BUSY);
		check_stop(s, ITEMS);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("startplan");
	TCase *t = tcase_create("startplan");

	tcase_add_test(t, files);
	tcase_add_test(t, by_order_and_name);
	tcase_add_test(t, after_goes_before_order);
	tcase_add_test(t, left_off);
	tcase_add_test(t, rings);
	tcase_add_loop_test(t, at_random, 1, 9);
	suite_add_tcase(s, t);
	return suite_run(s);
}
