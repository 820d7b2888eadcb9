/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_restart.c
 *
 * What is left of the store when its daemon dies: the codec of the journal, every place at which the
 * journal may end, and the state that comes out of it compared with the one that was acknowledged.
 * The ring pages' part is in test_store_rejoin.c and test_store_killed.c.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/replay.h"
#include "stored/request.h"
#include "stored/txn.h"

#include "store_world.h"
#include "suite.h"

/* --- The codec. */

START_TEST(entries_come_back)
{
	struct journal_entry in[] = {
		{ .kind = JOURNAL_WRITE, .path = "/a/b", .data = "va\0lue", .len = 6, .number = -1 },
		{ .kind = JOURNAL_WATCH, .domid = 7, .path = "/x", .token = "tok", .number = 3, .id = 15 },
		{ .kind = JOURNAL_DOMAIN, .domid = 9, .big = 0x123456789abcdef0, .cons = 1, .prod = UINT32_MAX },
	}, out;
	struct journal_reader r;

	for (int i = 0; i < 3; i++) {
		journal_add(&world.journal, &in[i]);
		if (i)
			journal_commit(&world.journal);
	}
	ck_assert_int_eq(journal_commit(&world.journal), 0);
	journal_read(&r, world.stream, world.stream_len);
	/* What world_begin() wrote. */
	while (journal_next(&r, &out) && (out.kind != JOURNAL_WRITE || strcmp(out.path, "/a/b")))
		;
	ck_assert_int_eq(out.number, -1);
	ck_assert_uint_eq(out.len, 6);
	ck_assert_mem_eq(out.data, "va\0lue", 6);
	ck_assert(journal_next(&r, &out));
	ck_assert_int_eq(out.kind, JOURNAL_WATCH);
	ck_assert_str_eq(out.path, "/x");
	ck_assert_str_eq(out.token, "tok");
	ck_assert_uint_eq(out.domid, 7);
	ck_assert_int_eq(out.number, 3);
	ck_assert_uint_eq(out.id, 15);
	ck_assert(journal_next(&r, &out));
	ck_assert_uint_eq(out.big, 0x123456789abcdef0);
	ck_assert_uint_eq(out.cons, 1);
	ck_assert_uint_eq(out.prod, UINT32_MAX);
	ck_assert(!journal_next(&r, &out));
	ck_assert_ptr_eq(r.at, world.stream + world.stream_len);
}
END_TEST

static unsigned count(const char *bytes, size_t len, size_t *good)
{
	struct journal_reader r;
	struct journal_entry e;
	unsigned n = 0;

	journal_read(&r, bytes, len);
	while (journal_next(&r, &e))
		n++;
	*good = (size_t)(r.at - bytes);
	return n;
}

START_TEST(torn_and_flipped)
{
	size_t good, begin = world.stream_len, end;
	unsigned before = count(world.stream, world.stream_len, &good), all;
	char *copy;

	ck_assert_uint_eq(good, world.stream_len);
	world_ask(world.ctl, XS_WRITE, 0, "/t|some value~");
	all = count(world.stream, world.stream_len, &end);
	ck_assert_uint_eq(end, world.stream_len);
	ck_assert_uint_gt(all, before);
	for (size_t n = begin; n < end; n++) {
		copy = malloc(n);
		memcpy(copy, world.stream, n);
		ck_assert_uint_eq(count(copy, n, &good), before);
		ck_assert_uint_eq(good, begin);
		free(copy);
	}
	for (size_t at = begin; at < end; at++) {
		world.stream[at] ^= 4;
		ck_assert_uint_eq(count(world.stream, end, &good), before);
		world.stream[at] ^= 4;
	}
}
END_TEST

/* --- Dying at every record. */

#define MARKS_MAX 4000

/* What the store was when a record had been written. */
static struct mark {
	size_t at;
	char *text;
	uint32_t prod[WORLD_GUESTS + 1];	/* how far the answers went is what the rings' pages say */
} marks[MARKS_MAX];
static unsigned n_marks;

static void mark(void)
{
	/* No record was written: nobody has been told of anything. */
	if (n_marks && marks[n_marks - 1].at == world.stream_len)
		return;
	ck_assert_uint_lt(n_marks, MARKS_MAX);
	marks[n_marks] = (struct mark){ .at = world.stream_len, .text = world_dump(&world.store) };
	for (unsigned d = 0; d <= WORLD_GUESTS; d++)
		if (world_guest(d))
			marks[n_marks].prod[d] = world_guest(d)->prod;
	n_marks++;
}

/* Of the first line that differs. */
static size_t differs_at(const char *a, const char *b)
{
	size_t line = 0, i = 0;

	for (; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			line = i + 1;
	return a[i] || b[i] ? line : i;
}

static void catch_up(struct store *s, const uint32_t *prod)
{
	for (uint16_t d = 0; d <= WORLD_GUESTS; d++) {
		const struct domain *dom = domain_find(s, d);

		if (dom && dom->conn)
			ck_assert_int_eq(conn_restore_sent(dom->conn, prod[d]), 0);
	}
}

/* After each cut: the state of the last whole record, no more and no less. */
static void check_cuts(void)
{
	struct store again;
	struct replay_result r;
	size_t at;
	char *text;

	for (unsigned i = 0; i < n_marks; i++) {
		size_t end = i + 1 < n_marks ? marks[i + 1].at : world.stream_len + 1;
		size_t cuts[] = { marks[i].at, marks[i].at + 1, marks[i].at + (end - marks[i].at) / 2, end - 1 };

		for (unsigned k = 0; k < 4; k++) {
			if (k && (cuts[k] >= end || cuts[k] == cuts[k - 1]))
				continue;
			world_restart(&again, cuts[k], &r);
			ck_assert_uint_eq(r.good, marks[i].at);
			catch_up(&again, marks[i].prod);
			text = world_dump(&again);
			at = differs_at(text, marks[i].text);
			ck_assert_msg(!text[at] && !marks[i].text[at], "cut at %zu, record %u: was \"%.150s\", is \"%.150s\"",
				      cuts[k], i, marks[i].text + at, text + at);
			free(text);
			world_free(&again);
		}
	}
	while (n_marks)
		free(marks[--n_marks].text);
}

static uint32_t seed;

static unsigned pick(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static const char *some_path(struct conn *c)
{
	static char path[64];
	unsigned d = pick(6) ? c->who.domid : 1 + pick(WORLD_GUESTS);

	snprintf(path, sizeof(path), "%s%u/%c%s", pick(8) ? "/local/domain/" : "/shared/", d, (char)('a' + pick(4)),
		 pick(3) ? "" : "/deep/er");
	return path;
}

static uint32_t some_txn(struct conn *c)
{
	unsigned n = c->n_txns ? pick(c->n_txns + 1) : 0;
	const struct txn *t = c->txns;

	while (n > 1 && t->next) {
		t = t->next;
		n--;
	}
	return n ? t->id : 0;
}

static void some_request(struct conn *c)
{
	uint32_t tx = some_txn(c);

	switch (pick(14)) {
	case 0: case 1: case 2: world_ask(c, XS_WRITE, tx, "%s|value %u~", some_path(c), pick(1000)); break;
	case 3: world_ask(c, XS_MKDIR, tx, "%s", some_path(c)); break;
	case 4: world_ask(c, XS_RM, tx, "%s", some_path(c)); break;
	case 5: world_ask(c, XS_SET_PERMS, tx, "%s|b%u|r%u", some_path(c), c->who.domid, 1 + pick(WORLD_GUESTS)); break;
	case 6: case 7: world_ask(c, XS_WATCH, 0, "%s|t%u|%u", some_path(c), pick(3), pick(4)); break;
	case 8: world_ask(c, XS_UNWATCH, 0, "%s|t%u", some_path(c), pick(3)); break;
	case 9: world_ask(c, XS_TRANSACTION_START, 0, "%s", ""); break;
	case 10: world_ask(c, XS_TRANSACTION_END, tx, pick(4) ? "T" : "F"); break;
	case 11: world_ask(c, XS_READ, tx, "%s", some_path(c)); break;
	case 12: world_ask(c, XS_DIRECTORY, 0, "/local/domain"); break;
	default:
		if (!pick(20))
			world_ask(c, XS_RESET_WATCHES, 0, "%s", "");
	}
}

static void some_administration(void)
{
	unsigned d = 1 + pick(WORLD_GUESTS);

	switch (pick(7)) {
	case 0: world_ask(world.ctl, XS_RELEASE, 0, "%u", d); break;
	case 1: world_ask(world.ctl, XS_INTRODUCE, 0, "%u|%u|%u", d, pick(9), 1 + pick(3)); break;
	case 2: world_ask(world.ctl, XS_SET_TARGET, 0, "%u|%u", d, 1 + pick(WORLD_GUESTS)); break;
	case 3: world_ask(world.ctl, XS_CONTROL, 0, "quota|set|watches|%u", 5 + pick(30)); break;
	case 4: world_ask(world.ctl, XS_SET_PERMS, 0, "@releaseDomain|n0|r%u", d); break;
	case 5: world.states[d] = (enum domain_state)pick(2); domain_scan(&world.store); break;
	default: world_ask(world.ctl, XS_SET_PERMS, 0, "/local/domain/%u|b%u", d, d);
	}
}

/* A part of a request comes in. */
static void some_part(struct conn *c)
{
	void *to;
	size_t n = wire_in_want(&c->in, &to);

	if (c->in.have)
		return;
	c->in.hdr.len = 300;
	c->in.hdr.type = XS_WRITE;
	n = sizeof(c->in.hdr) + pick(100);
	ck_assert_int_eq(wire_in_advance(&c->in, n), 0);
	c->cons += (uint32_t)n;
	conn_keep_part(c);
	store_commit(&world.store);
	mark();
	/* The rest never comes: it asks to reconnect. */
	c->cons = c->prod = 0;
	conn_reset(c);
	store_commit(&world.store);
}

static void live(unsigned steps)
{
	world_ask(world.ctl, XS_SET_PERMS, 0, "/local|b0");
	world_ask(world.ctl, XS_MKDIR, 0, "/shared");
	world_ask(world.ctl, XS_SET_PERMS, 0, "/shared|b0");
	mark();
	for (unsigned i = 0; i < steps; i++) {
		struct conn *c = pick(5) ? world_guest(pick(WORLD_GUESTS + 1)) : world.ctl;

		if (!pick(25))
			some_administration();
		else if (c && c->durable && !pick(40))
			some_part(c);
		else if (c && conn_can_serve(c))
			some_request(c);
		mark();
		world_take(world.ctl, SIZE_MAX);
		c = world_guest(pick(WORLD_GUESTS + 1));
		if (c)
			world_take(c, pick(400));
	}
}

START_TEST(every_record)
{
	seed = (uint32_t)_i + 1;
	live(400);
	check_cuts();
}
END_TEST

/* A snapshot says the same as all that led to it, and so does the snapshot of its replay. */
START_TEST(snapshot_is_the_store)
{
	struct store again, third;
	struct replay_result r;
	struct journal j;
	char *was, *is;

	seed = (uint32_t)_i + 1000;
	live(600);
	was = world_dump(&world.store);
	world.store.journal = NULL;
	journal_init(&j, world_sink, NULL);
	world.stream_len = 0;
	ck_assert_int_eq(snapshot_write(&world.store, &j, WORLD_BOOT), 0);
	world_restart(&again, world.stream_len, &r);
	/* How far the answers went is what the rings' pages say. */
	for (uint16_t d = 0; d <= WORLD_GUESTS; d++)
		if (world_guest(d))
			ck_assert_int_eq(conn_restore_sent(domain_find(&again, d)->conn, world_guest(d)->prod), 0);
	is = world_dump(&again);
	ck_assert_str_eq(is, was);
	free(is);
	world.stream_len = 0;
	ck_assert_int_eq(snapshot_write(&again, &j, WORLD_BOOT), 0);
	world_restart(&third, world.stream_len, &r);
	for (uint16_t d = 0; d <= WORLD_GUESTS; d++)
		if (world_guest(d))
			ck_assert_int_eq(conn_restore_sent(domain_find(&third, d)->conn, world_guest(d)->prod), 0);
	is = world_dump(&third);
	ck_assert_str_eq(is, was);
	ck_assert_uint_eq(third.generation, 2);
	free(is);
	free(was);
	journal_fini(&j);
	world_free(&again);
	world_free(&third);
	while (n_marks)
		free(marks[--n_marks].text);
}
END_TEST

START_TEST(dropped_events)
{
	world_ask(world_guest(1), XS_WATCH, 0, "/local/domain/1|home");
	world_ask(world_guest(1), XS_WATCH, 0, "other|o");
	world_take(world_guest(1), SIZE_MAX);
	for (unsigned i = 0; i < CONN_EVENTS_MAX - 2; i++)
		world_ask(world.ctl, XS_WRITE, 0, "/local/domain/1/x|%u~", i);
	world_take(world.ctl, SIZE_MAX);
	mark();
	for (unsigned i = 0; i < 5; i++) {
		world_ask(world.ctl, XS_WRITE, 0, "/local/domain/1/other|%u~", i);
		mark();
	}
	ck_assert_uint_eq(world_guest(1)->missed, 2);
	world_take(world_guest(1), SIZE_MAX);
	mark();
	ck_assert_uint_eq(world_guest(1)->missed, 0);
	world_ask(world_guest(1), XS_READ, 0, "other");
	mark();
	check_cuts();
	world_take(world.ctl, SIZE_MAX);
}
END_TEST

/* Takes the answer of a doomed transaction's requests. */
static const char *answer(struct store *s, struct conn *c, uint32_t type, uint32_t tx, const char *body, size_t len)
{
	static char text[XENSTORE_PAYLOAD_MAX + 2];
	struct xsd_sockmsg hdr;

	c->in.hdr = (struct xsd_sockmsg){ type, 1, tx, (uint32_t)len };
	memcpy(c->in.body, body, len);
	c->in.have = sizeof(c->in.hdr) + len;
	request_handle(s, c);
	memcpy(&hdr, c->out_head->bytes, sizeof(hdr));
	snprintf(text, sizeof(text), "%s%.*s", hdr.type == XS_ERROR ? "!" : "", (int)hdr.len,
		 c->out_head->bytes + sizeof(hdr));
	conn_out_advance(c, c->out_head->size);
	return text;
}

#define ANSWER(type, tx, body) answer(&again, c, type, tx, body, sizeof(body))

START_TEST(open_transactions_end_in_vain)
{
	struct store again;
	struct replay_result r;
	struct conn *c;

	world_ask(world_guest(2), XS_TRANSACTION_START, 0, "%s", "");
	world_ask(world_guest(2), XS_TRANSACTION_START, 0, "%s", "");
	world_ask(world_guest(2), XS_MKDIR, 1, "made");
	world_take(world_guest(2), SIZE_MAX);
	world_ask(world_guest(2), XS_READ, 0, "nothing");	/* says how far the answers went */
	world_take(world_guest(2), SIZE_MAX);
	world_restart(&again, world.stream_len, &r);
	c = domain_find(&again, 2)->conn;
	while (c->out_head)
		conn_out_advance(c, c->out_head->size);
	/* What it built upon is gone; it goes on as if not, for kernels give up a device otherwise. */
	ck_assert_str_eq(ANSWER(XS_SET_PERMS, 1, "made\0n2"), "OK");
	ck_assert_str_eq(ANSWER(XS_WRITE, 1, "made/more\0x"), "OK");
	ck_assert_str_eq(ANSWER(XS_RM, 1, "a/b/c"), "OK");
	ck_assert_str_eq(ANSWER(XS_WRITE, 1, "bad//path\0x"), "!EINVAL");
	ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, 1, "T"), "!EAGAIN");
	ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, 2, "F"), "OK");
	ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, 1, "T"), "!ENOENT");
	ck_assert_ptr_null(tree_find(again.tree.root, "/local/domain/2/made"));
	ck_assert_str_eq(ANSWER(XS_TRANSACTION_START, 0, ""), "3");
	world_free(&again);
}
END_TEST

START_TEST(commits_of_local_clients)
{
	struct store again;
	struct replay_result r;

	for (unsigned i = 0; i < 3; i++)
		world_ask(world.ctl, XS_TRANSACTION_START, 0, "%s", "");
	world_ask(world.ctl, XS_WRITE, 2, "/w|x~");
	world_ask(world.ctl, XS_TRANSACTION_END, 2, "T");
	world_ask(world.ctl, XS_TRANSACTION_END, 3, "F");
	world_restart(&again, world.stream_len, &r);
	ck_assert(store_has_committed(&again, 2));
	ck_assert(!store_has_committed(&again, 1));
	ck_assert(!store_has_committed(&again, 3));
	ck_assert(!store_has_committed(&again, 0));
	ck_assert_uint_eq(again.last_txn, 3);
	world_free(&again);
}
END_TEST

START_TEST(other_streams_are_refused)
{
	struct replay_result r;
	struct store again;

	world_empty(&again);
	ck_assert_int_eq(replay(&again, world.stream, world.stream_len, "next-boot", &r), 0);
	ck_assert_str_eq(r.refused, REPLAY_OTHER_BOOT);
	ck_assert_int_eq(replay(&again, "what is this? not a journal", 27, WORLD_BOOT, &r), 0);
	ck_assert_ptr_nonnull(r.refused);
	ck_assert_int_eq(replay(&again, "", 0, WORLD_BOOT, &r), 0);
	ck_assert_ptr_null(r.refused);
	ck_assert_uint_eq(again.tree.root->n_children, 0);
	world_free(&again);
}
END_TEST

/* Without a journal that takes records the store serves on. */
START_TEST(a_full_sink)
{
	world.sink_result = -ENOSPC;
	world_ask(world.ctl, XS_WRITE, 0, "/w|x~");
	ck_assert_ptr_nonnull(tree_find(world.store.tree.root, "/w"));
	ck_assert_uint_eq(world.ctl->replies, WORLD_GUESTS * 3 + 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store restart");
	TCase *tc = tcase_create("journal");
	int failed;

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, world_begin, world_end);
	tcase_add_test(tc, entries_come_back);
	tcase_add_test(tc, torn_and_flipped);
	tcase_add_loop_test(tc, every_record, 0, 5);
	tcase_add_loop_test(tc, snapshot_is_the_store, 0, 5);
	tcase_add_test(tc, dropped_events);
	tcase_add_test(tc, open_transactions_end_in_vain);
	tcase_add_test(tc, commits_of_local_clients);
	tcase_add_test(tc, other_streams_are_refused);
	tcase_add_test(tc, a_full_sink);
	suite_add_tcase(s, tc);
	failed = suite_run(s);
	free(world.stream);
	return failed;
}
