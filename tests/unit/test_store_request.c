/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_request.c
 *
 * Requests through the dispatcher, with connections that nobody carries and domains that are a
 * table here. Each test starts with a fresh store: `ctl` is a client in domain 0, `g1` and `g2`
 * are guests 1 and 2 whose homes exist and are theirs. After every test the store must pass its
 * own consistency check.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/log.h"
#include "stored/request.h"
#include "suite.h"

static struct store store;
static struct conn *ctl, *g1, *g2;
static enum domain_state states[16];
static int attach_result;
static unsigned attached, detached;
static uint32_t last_id;

/* The text of a literal that contains NULs, and its length. */
#define BYTES(s) (s), sizeof(s) - 1

static int fake_attach(void *ctx, uint16_t domid, uint64_t gfn, uint32_t port, struct conn **out)
{
	(void)ctx, (void)gfn, (void)port;
	if (attach_result)
		return attach_result;
	*out = calloc(1, sizeof(**out));
	conn_init(*out, &store, domid, domid == 0);
	attached++;
	return 0;
}

static void fake_detach(void *ctx, struct conn *c)
{
	(void)ctx;
	conn_close(c);
	free(c);
	detached++;
}

static enum domain_state fake_state(void *ctx, uint16_t domid)
{
	(void)ctx;
	return states[domid];
}

static const struct domain_ops fake_ops = { .attach = fake_attach, .detach = fake_detach, .state = fake_state };

/* Takes the next message; its payload with every NUL but the last shown as '|'. */
static uint32_t take(struct conn *c, char *text)
{
	static char bytes[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
	struct xsd_sockmsg hdr;
	const char *part;
	size_t n, have = 0;

	if (!c->out_head)
		return XS_INVALID;
	n = c->out_head->size;
	while (have < n) {
		ck_assert_uint_gt(conn_out_peek(c, &part), 0);
		bytes[have++] = *part;
		conn_out_advance(c, 1);
	}
	memcpy(&hdr, bytes, sizeof(hdr));
	ck_assert_uint_eq(hdr.len + sizeof(hdr), n);
	memcpy(text, bytes + sizeof(hdr), hdr.len);
	text[hdr.len] = '\0';
	for (uint32_t i = 0; i + 1 < hdr.len; i++)
		if (!text[i])
			text[i] = '|';
	if (hdr.type != XS_WATCH_EVENT)
		ck_assert_uint_eq(hdr.req_id, last_id);
	return hdr.type;
}

static void send_request(struct conn *c, uint32_t type, uint32_t tx, const char *body, size_t len)
{
	wire_in_reset(&c->in);
	c->in.hdr = (struct xsd_sockmsg){ type, ++last_id, tx, (uint32_t)len };
	memcpy(c->in.body, body, len);
	c->in.body[len] = '\0';
	request_handle(&store, c);
}

/* The answer's text; an error's name after '!'. Events before and after stay out of it. */
static const char *ask(struct conn *c, uint32_t type, uint32_t tx, const char *body, size_t len)
{
	static char text[XENSTORE_PAYLOAD_MAX + 2];
	uint32_t got;

	send_request(c, type, tx, body, len);
	do
		got = take(c, text + 1);
	while (got == XS_WATCH_EVENT);
	text[0] = '!';
	if (got == XS_ERROR)
		return text;
	ck_assert_uint_eq(got, type);
	return text + 1;
}

#define ck_ask(c, type, tx, body, answer) \
	ck_assert_str_eq(ask(c, type, tx, BYTES(body)), answer)

static void no_event(struct conn *c)
{
	ck_assert_ptr_null(c->out_head);
}

static void want_event(struct conn *c, const char *event)
{
	char text[XENSTORE_PAYLOAD_MAX + 1];

	ck_assert_uint_eq(take(c, text), XS_WATCH_EVENT);
	ck_assert_str_eq(text, event);
}

static void drop_output(struct conn *c)
{
	char text[XENSTORE_PAYLOAD_MAX + 1];

	while (take(c, text) != XS_INVALID)
		;
}

static struct conn *new_guest(unsigned domid)
{
	char body[64];
	int n;

	n = sprintf(body, "/local/domain/%u", domid) + 1;
	ask(ctl, XS_MKDIR, 0, body, (size_t)n);
	n += sprintf(body + n, "n%u", domid) + 1;
	ask(ctl, XS_SET_PERMS, 0, body, (size_t)n);
	n = sprintf(body, "%u%c77%c3", domid, 0, 0) + 1;
	ck_assert_str_eq(ask(ctl, XS_INTRODUCE, 0, body, (size_t)n), "OK");
	return domain_find(&store, (uint16_t)domid)->conn;
}

static void setup(void)
{
	log_set_quiet(true);
	attach_result = 0;
	attached = detached = 0;
	memset(states, 0, sizeof(states));
	ck_assert_int_eq(store_init(&store, &fake_ops, NULL), 0);
	ctl = calloc(1, sizeof(*ctl));
	conn_init(ctl, &store, 0, true);
	g1 = new_guest(1);
	g2 = new_guest(2);
}

static void teardown(void)
{
	char text[200];

	ck_assert_msg(store_check(&store, text, sizeof(text)), "%s", text);
	while (store.domains)
		domain_release(&store, store.domains);
	ck_assert_uint_eq(attached, detached);
	conn_close(ctl);
	free(ctl);
	ck_assert_msg(store_check(&store, text, sizeof(text)), "%s", text);
	store_fini(&store);
}

START_TEST(nodes)
{
	ck_ask(ctl, XS_WRITE, 0, "/a/b/c\0val\0ue", "OK");
	ck_ask(ctl, XS_READ, 0, "/a/b/c\0", "val|ue");
	ck_ask(ctl, XS_READ, 0, "/a/b\0", "");
	ck_ask(ctl, XS_WRITE, 0, "/a/b/a\0", "OK");
	ck_ask(ctl, XS_DIRECTORY, 0, "/a/b\0", "a|c");
	ck_ask(ctl, XS_DIRECTORY, 0, "/a/b/c\0", "");
	ck_ask(ctl, XS_MKDIR, 0, "/a/b/c\0", "OK");
	ck_ask(ctl, XS_READ, 0, "/a/b/c\0", "val|ue");
	ck_ask(ctl, XS_RM, 0, "/a/b\0", "OK");
	ck_ask(ctl, XS_RM, 0, "/a/b\0", "OK");
	ck_ask(ctl, XS_RM, 0, "/a/b/c\0", "!ENOENT");
	ck_ask(ctl, XS_READ, 0, "/a/b/c\0", "!ENOENT");
	ck_ask(ctl, XS_RM, 0, "/\0", "!EINVAL");
	ck_ask(ctl, XS_READ, 0, "/a", "!EINVAL");
	ck_ask(ctl, XS_READ, 0, "", "!EINVAL");
	ck_ask(ctl, XS_READ, 0, "/a\0more\0", "!EINVAL");
	ck_ask(ctl, XS_READ, 0, "/a/\0", "!EINVAL");
	ck_ask(ctl, XS_READ, 7, "/a\0", "!ENOENT");
}
END_TEST

START_TEST(every_type_with_junk)
{
	static const char junk[] = "\0\0/\0@releaseDomain\0T\0" "1\0-\0/local/domain/1\0n0\0\xff";

	for (uint32_t type = 0; type < 40; type++) {
		for (size_t len = 0; len <= sizeof(junk); len++) {
			for (size_t at = 0; at < len; at++) {
				send_request(g1, type, 0, junk + at, len - at);
				drop_output(g1);
			}
		}
	}
	ck_ask(ctl, 20, 0, "\0", "!ENOSYS");
	ck_ask(ctl, XS_WATCH_EVENT, 0, "\0", "!ENOSYS");
	ck_ask(ctl, 0xffffffffu, 0, "\0", "!ENOSYS");
	conn_reset(g1);
}
END_TEST

START_TEST(access_rules)
{
	ck_ask(g1, XS_WRITE, 0, "data/x\0hello", "OK");
	ck_ask(ctl, XS_READ, 0, "/local/domain/1/data/x\0", "hello");
	ck_ask(ctl, XS_GET_PERMS, 0, "/local/domain/1/data/x\0", "n1");
	ck_ask(g2, XS_READ, 0, "/local/domain/1/data/x\0", "!EACCES");
	ck_ask(g2, XS_READ, 0, "/local/domain/1/nothing\0", "!EACCES");
	ck_ask(g2, XS_WRITE, 0, "/local/domain/1/data/x\0a", "!EACCES");
	ck_ask(g2, XS_RM, 0, "/local/domain/1/data\0", "!EACCES");
	ck_ask(g2, XS_WRITE, 0, "/new\0a", "!EACCES");
	ck_ask(g1, XS_SET_PERMS, 0, "data/x\0n1\0r2\0", "OK");
	ck_ask(g2, XS_READ, 0, "/local/domain/1/data/x\0", "hello");
	ck_ask(g2, XS_WRITE, 0, "/local/domain/1/data/x\0a", "!EACCES");
	ck_ask(g2, XS_SET_PERMS, 0, "/local/domain/1/data/x\0n2\0", "!EACCES");
	ck_ask(g1, XS_SET_PERMS, 0, "data/x\0n2\0", "!EPERM");
	ck_ask(g1, XS_SET_PERMS, 0, "data/x\0b1\0", "OK");
	ck_ask(g2, XS_WRITE, 0, "/local/domain/1/data/x\0a", "OK");
	/* Created below another's node: its owner is the creator. */
	ck_ask(g2, XS_WRITE, 0, "/local/domain/1/data/x/y\0a", "OK");
	ck_ask(ctl, XS_GET_PERMS, 0, "/local/domain/1/data/x/y\0", "b2");
	ck_ask(ctl, XS_WRITE, 0, "/local/domain/1/data/z\0a", "OK");
	ck_ask(ctl, XS_GET_PERMS, 0, "/local/domain/1/data/z\0", "n1");
	ck_ask(g1, XS_READ, 0, "nothing\0", "!ENOENT");
	ck_ask(g1, XS_CONTROL, 0, "help\0", "!EACCES");
	ck_ask(g1, XS_RELEASE, 0, "2\0", "!EACCES");
	ck_ask(g1, XS_INTRODUCE, 0, "3\0" "1\0" "1\0", "!EACCES");
	ck_ask(g1, XS_SET_TARGET, 0, "1\0" "2\0", "!EACCES");
	ck_ask(ctl, XS_SET_TARGET, 0, "2\0" "1\0", "OK");
	ck_ask(g2, XS_READ, 0, "/local/domain/1/data/z\0", "a");
}
END_TEST

START_TEST(txn_isolation)
{
	ck_ask(ctl, XS_WRITE, 0, "/t/a\0" "1", "OK");
	ck_ask(ctl, XS_TRANSACTION_START, 0, "\0", "1");
	ck_ask(ctl, XS_TRANSACTION_START, 1, "\0", "!EBUSY");
	ck_ask(ctl, XS_WRITE, 1, "/t/a\0" "2", "OK");
	ck_ask(ctl, XS_WRITE, 1, "/t/b/c\0" "3", "OK");
	ck_ask(ctl, XS_READ, 1, "/t/a\0", "2");
	ck_ask(ctl, XS_READ, 0, "/t/a\0", "1");
	ck_ask(ctl, XS_READ, 0, "/t/b\0", "!ENOENT");
	/* Others' changes are not seen, and a sibling does not disturb. */
	ck_ask(ctl, XS_WRITE, 0, "/t/x\0" "9", "OK");
	ck_ask(ctl, XS_READ, 1, "/t/z\0", "!ENOENT");
	ck_ask(ctl, XS_TRANSACTION_END, 1, "T\0", "OK");
	ck_ask(ctl, XS_READ, 0, "/t/a\0", "2");
	ck_ask(ctl, XS_READ, 0, "/t/b/c\0", "3");
	ck_ask(ctl, XS_READ, 0, "/t/x\0", "9");
	ck_ask(ctl, XS_TRANSACTION_END, 1, "T\0", "!ENOENT");
	ck_ask(ctl, XS_TRANSACTION_END, 0, "T\0", "!ENOENT");
	ck_ask(ctl, XS_TRANSACTION_START, 0, "\0", "2");
	ck_ask(ctl, XS_RM, 2, "/t\0", "OK");
	ck_ask(ctl, XS_TRANSACTION_END, 2, "F\0", "OK");
	ck_ask(ctl, XS_READ, 0, "/t/a\0", "2");
}
END_TEST

/* What the transaction does, what somebody else does meanwhile, and what comes of it. */
static void race(uint32_t type, const char *body, size_t len, uint32_t other,
		 const char *other_body, size_t other_len, const char *outcome)
{
	char id[16];
	uint32_t tx;

	ask(ctl, XS_RM, 0, BYTES("/r\0"));
	ask(ctl, XS_WRITE, 0, BYTES("/r/a/b\0v"));
	strcpy(id, ask(ctl, XS_TRANSACTION_START, 0, BYTES("\0")));
	tx = (uint32_t)atoi(id);
	ask(ctl, type, tx, body, len);
	ask(ctl, other, 0, other_body, other_len);
	ck_assert_msg(!strcmp(ask(ctl, XS_TRANSACTION_END, tx, BYTES("T\0")), outcome),
		      "type %u %s against type %u %s", type, body, other, other_body);
}

START_TEST(txn_conflicts_by_node)
{
	race(XS_READ, BYTES("/r/a/b\0"), XS_WRITE, BYTES("/r/a/b\0w"), "!EAGAIN");
	race(XS_READ, BYTES("/r/a/b\0"), XS_WRITE, BYTES("/r/a\0w"), "OK");
	race(XS_READ, BYTES("/r/a\0"), XS_WRITE, BYTES("/r/a/c\0w"), "OK");
	race(XS_DIRECTORY, BYTES("/r/a\0"), XS_WRITE, BYTES("/r/a/c\0w"), "!EAGAIN");
	race(XS_DIRECTORY, BYTES("/r/a\0"), XS_WRITE, BYTES("/r/a/b\0w"), "OK");
	race(XS_READ, BYTES("/r/n\0"), XS_WRITE, BYTES("/r/n\0w"), "!EAGAIN");
	race(XS_READ, BYTES("/r/a/b\0"), XS_RM, BYTES("/r/a\0"), "!EAGAIN");
	race(XS_READ, BYTES("/r/a/b\0"), XS_SET_PERMS, BYTES("/r/a/b\0n1\0"), "!EAGAIN");
	race(XS_WRITE, BYTES("/r/n/m\0x"), XS_WRITE, BYTES("/r/o\0w"), "OK");
	race(XS_WRITE, BYTES("/r/n/m\0x"), XS_MKDIR, BYTES("/r/n\0"), "!EAGAIN");
	race(XS_WRITE, BYTES("/r/n\0x"), XS_RM, BYTES("/r\0"), "!EAGAIN");
	race(XS_RM, BYTES("/r/a\0"), XS_WRITE, BYTES("/r/a/b/c\0w"), "!EAGAIN");
	race(XS_RM, BYTES("/r/a\0"), XS_WRITE, BYTES("/r/x\0w"), "OK");
	race(XS_MKDIR, BYTES("/r/q\0"), XS_MKDIR, BYTES("/r/p\0"), "OK");
}
END_TEST

START_TEST(watches)
{
	ck_ask(ctl, XS_WATCH, 0, "/w\0tok\0", "OK");
	want_event(ctl, "/w|tok");
	ck_ask(ctl, XS_WATCH, 0, "/w\0tok\0", "!EEXIST");
	ck_ask(ctl, XS_WRITE, 0, "/w/a/b\0x", "OK");
	want_event(ctl, "/w/a/b|tok");
	ck_ask(ctl, XS_WRITE, 0, "/ww\0x", "OK");
	no_event(ctl);
	ck_ask(ctl, XS_WATCH, 0, "/w/a/b\0deep\0", "OK");
	want_event(ctl, "/w/a/b|deep");
	/* Removal tells who watched what was below, and others of the top only. */
	ck_ask(ctl, XS_RM, 0, "/w/a\0", "OK");
	want_event(ctl, "/w/a/b|deep");
	want_event(ctl, "/w/a|tok");
	no_event(ctl);
	ck_ask(ctl, XS_UNWATCH, 0, "/w\0other\0", "!ENOENT");
	ck_ask(ctl, XS_UNWATCH, 0, "/w\0tok\0", "OK");
	ck_ask(ctl, XS_MKDIR, 0, "/w\0", "OK");
	no_event(ctl);
	/* Relative, and with a depth. */
	ck_ask(g1, XS_WATCH, 0, "d\0t\0" "1\0", "OK");
	want_event(g1, "d|t");
	ck_ask(ctl, XS_WRITE, 0, "/local/domain/1/d/a\0x", "OK");
	want_event(g1, "d/a|t");
	ck_ask(ctl, XS_WRITE, 0, "/local/domain/1/d/a/b\0x", "OK");
	no_event(g1);
	ck_ask(g1, XS_RESET_WATCHES, 0, "\0", "OK");
	ck_ask(ctl, XS_WRITE, 0, "/local/domain/1/d/a\0x", "OK");
	no_event(g1);
}
END_TEST

START_TEST(watches_and_rights)
{
	/* A guest may watch anything but learns only of what it may read. */
	ck_ask(g2, XS_WATCH, 0, "/local/domain/1\0t\0", "OK");
	want_event(g2, "/local/domain/1|t");
	ck_ask(g1, XS_WRITE, 0, "secret\0x", "OK");
	no_event(g2);
	ck_ask(g1, XS_SET_PERMS, 0, "secret\0n1\0r2\0", "OK");
	want_event(g2, "/local/domain/1/secret|t");
	ck_ask(g1, XS_RM, 0, "secret\0", "OK");
	want_event(g2, "/local/domain/1/secret|t");
	ck_ask(g2, XS_WATCH, 0, "@releaseDomain\0t\0", "OK");
	want_event(g2, "@releaseDomain|t");
	ck_ask(ctl, XS_WATCH, 0, "@releaseDomain\0t\0", "OK");
	want_event(ctl, "@releaseDomain|t");
	ck_ask(ctl, XS_RELEASE, 0, "1\0", "OK");
	want_event(ctl, "@releaseDomain|t");
	no_event(g2);
	ck_ask(ctl, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r2\0", "OK");
	ck_ask(ctl, XS_GET_PERMS, 0, "@releaseDomain\0", "n0|r2");
	domain_fire(&store, SPECIAL_RELEASE);
	want_event(g2, "@releaseDomain|t");
	drop_output(ctl);
}
END_TEST

START_TEST(txn_events_at_commit)
{
	ck_ask(ctl, XS_WATCH, 0, "/e\0t\0", "OK");
	want_event(ctl, "/e|t");
	ck_ask(ctl, XS_TRANSACTION_START, 0, "\0", "1");
	ck_ask(ctl, XS_WRITE, 1, "/e/a\0x", "OK");
	ck_ask(ctl, XS_RM, 1, "/e/a\0", "OK");
	no_event(ctl);
	ck_ask(ctl, XS_TRANSACTION_END, 1, "T\0", "OK");
	want_event(ctl, "/e/a|t");
	want_event(ctl, "/e/a|t");
	no_event(ctl);
}
END_TEST

START_TEST(quotas)
{
	char path[64], big[XENSTORE_PAYLOAD_MAX];
	unsigned i, n;

	memset(big, 'x', sizeof(big));
	memcpy(big, "v", 2);
	ck_assert_str_eq(ask(g1, XS_WRITE, 0, big, 2 + 2048), "OK");
	ck_assert_str_eq(ask(g1, XS_WRITE, 0, big, 2 + 2049), "!ENOSPC");
	memcpy(big, "/v", 3);
	ck_assert_str_eq(ask(ctl, XS_WRITE, 0, big, sizeof(big)), "OK");
	for (i = 0; i < 2000; i++) {
		n = (unsigned)sprintf(path, "n/%u", i) + 1;
		if (ask(g1, XS_MKDIR, 0, path, n)[0] == '!')
			break;
	}
	ck_assert_uint_eq(store.quota.nodes[1], 1000);
	ck_ask(g1, XS_WRITE, 0, "more\0x", "!ENOSPC");
	ck_ask(g1, XS_WRITE, 0, "v\0y", "OK");
	ck_ask(g2, XS_WRITE, 0, "more\0x", "OK");
	ck_ask(g1, XS_RM, 0, "n/7\0", "OK");
	/* In a transaction too, at the change and at the commit. */
	ck_ask(g1, XS_TRANSACTION_START, 0, "\0", "1");
	ck_ask(g1, XS_MKDIR, 1, "p\0", "OK");
	ck_ask(g1, XS_MKDIR, 1, "q\0", "!ENOSPC");
	ck_ask(g1, XS_MKDIR, 0, "o\0", "OK");
	ck_ask(g1, XS_TRANSACTION_END, 1, "T\0", "!ENOSPC");
	ck_ask(g1, XS_SET_PERMS, 0, "v\0n1\0r2\0r3\0r4\0r5\0r6\0", "!ENOSPC");
	for (i = 0; i < 10; i++)
		ck_assert_str_ne(ask(g1, XS_TRANSACTION_START, 0, BYTES("\0")), "!ENOSPC");
	ck_ask(g1, XS_TRANSACTION_START, 0, "\0", "!ENOSPC");
	for (i = 0; i < 128; i++) {
		n = (unsigned)sprintf(path, "v%ct%u", 0, i) + 1;
		ck_assert_str_eq(ask(g1, XS_WATCH, 0, path, n), "OK");
		drop_output(g1);
	}
	ck_ask(g1, XS_WATCH, 0, "v\0t\0", "!ENOSPC");
}
END_TEST

START_TEST(txn_log_is_bounded)
{
	unsigned done = 0;

	ck_ask(g1, XS_TRANSACTION_START, 0, "\0", "1");
	while (done < 5000 && ask(g1, XS_WRITE, 1, BYTES("same\0x"))[0] != '!')
		done++;
	ck_assert_uint_le(done, 1024);
	ck_ask(g1, XS_TRANSACTION_END, 1, "T\0", "OK");
}
END_TEST

START_TEST(stuffed_guest)
{
	unsigned events = 0;
	char text[XENSTORE_PAYLOAD_MAX + 1];

	ck_ask(g1, XS_WATCH, 0, "s\0t\0", "OK");
	drop_output(g1);
	for (unsigned i = 0; i < 5000; i++)
		ask(ctl, XS_WRITE, 0, BYTES("/local/domain/1/s/x\0y"));
	ck_assert_uint_eq(g1->events, CONN_EVENTS_MAX);
	ck_assert_uint_eq(g1->missed, 1);
	ck_assert(conn_can_serve(g1));
	while (take(g1, text) != XS_INVALID)
		events++;
	/* And the one that makes up for all that were dropped. */
	ck_assert_uint_eq(events, CONN_EVENTS_MAX + 1);
	ck_assert_str_eq(text, "s|t");
	ck_assert_uint_eq(g1->missed, 0);
	for (unsigned i = 0; i < CONN_REPLIES_MAX; i++) {
		ck_assert(conn_can_serve(g1));
		send_request(g1, XS_READ, 0, BYTES("s\0"));
	}
	ck_assert(!conn_can_serve(g1));
	conn_reset(g1);
	ck_assert(conn_can_serve(g1));
}
END_TEST

START_TEST(domains)
{
	drop_output(ctl);
	ck_ask(ctl, XS_WATCH, 0, "@introduceDomain\0i\0", "OK");
	ck_ask(ctl, XS_WATCH, 0, "@releaseDomain\0r\0", "OK");
	drop_output(ctl);
	ck_ask(ctl, XS_IS_DOMAIN_INTRODUCED, 0, "3\0", "F");
	ck_ask(ctl, XS_INTRODUCE, 0, "3\0" "5\0" "9\0", "OK");
	want_event(ctl, "@introduceDomain|i");
	ck_ask(ctl, XS_IS_DOMAIN_INTRODUCED, 0, "3\0", "T");
	ck_ask(ctl, XS_IS_DOMAIN_INTRODUCED, 0, "0\0", "T");
	ck_ask(ctl, XS_GET_DOMAIN_PATH, 0, "3\0", "/local/domain/3");
	ck_ask(ctl, XS_INTRODUCE, 0, "0\0" "5\0" "9\0", "!EINVAL");
	ck_ask(ctl, XS_INTRODUCE, 0, "40000\0" "5\0" "9\0", "!EINVAL");
	attach_result = -EIO;
	ck_ask(ctl, XS_INTRODUCE, 0, "4\0" "5\0" "9\0", "!EIO");
	ck_ask(ctl, XS_INTRODUCE, 0, "3\0" "6\0" "9\0", "!EIO");
	ck_ask(ctl, XS_IS_DOMAIN_INTRODUCED, 0, "4\0", "F");
	ck_ask(ctl, XS_IS_DOMAIN_INTRODUCED, 0, "3\0", "T");
	drop_output(ctl);
	/* Shut down: told once; RESUME arms it again. */
	states[1] = DOMAIN_SHUTDOWN;
	domain_scan(&store);
	want_event(ctl, "@releaseDomain|r");
	domain_scan(&store);
	no_event(ctl);
	ck_ask(ctl, XS_RESUME, 0, "1\0", "OK");
	domain_scan(&store);
	want_event(ctl, "@releaseDomain|r");
	ck_ask(ctl, XS_RESUME, 0, "9\0", "!ENOENT");
	ck_ask(ctl, XS_RELEASE, 0, "0\0", "!EINVAL");
}
END_TEST

START_TEST(death_leaves_nothing)
{
	ck_ask(ctl, XS_WRITE, 0, "/shared\0x", "OK");
	ck_ask(ctl, XS_SET_PERMS, 0, "/shared\0n0\0b1\0r2\0", "OK");
	ck_ask(g1, XS_WRITE, 0, "/shared/mine/deep\0x", "OK");
	ck_ask(g1, XS_WRITE, 0, "own\0x", "OK");
	ck_ask(g1, XS_TRANSACTION_START, 0, "\0", "1");
	ck_ask(g1, XS_WATCH, 0, "own\0t\0", "OK");
	ck_ask(ctl, XS_SET_TARGET, 0, "2\0" "1\0", "OK");
	ck_ask(ctl, XS_WATCH, 0, "/shared\0t\0", "OK");
	drop_output(ctl);
	states[1] = DOMAIN_GONE;
	domain_scan(&store);
	want_event(ctl, "/shared/mine|t");
	ck_ask(ctl, XS_GET_PERMS, 0, "/shared\0", "n0|r2");
	ck_ask(ctl, XS_DIRECTORY, 0, "/shared\0", "");
	ck_ask(ctl, XS_DIRECTORY, 0, "/local/domain\0", "0|2");
	ck_assert_uint_eq(store.quota.nodes[1], 0);
	ck_assert(!g2->who.has_target);
	ck_assert_ptr_null(domain_find(&store, 1));
}
END_TEST

START_TEST(long_directories)
{
	char path[128], text[XENSTORE_PAYLOAD_MAX + 2];
	unsigned n, got = 0, parts = 0;
	size_t offset = 0;
	bool end = false;

	for (unsigned i = 0; i < 500; i++) {
		n = (unsigned)sprintf(path, "/long/a-rather-long-name-for-a-node-%u", i) + 1;
		ask(ctl, XS_MKDIR, 0, path, n);
	}
	ck_ask(ctl, XS_DIRECTORY, 0, "/long\0", "!E2BIG");
	while (!end) {
		const char *p;

		n = (unsigned)sprintf(path, "/long%c%zu", 0, offset) + 1;
		send_request(ctl, XS_DIRECTORY_PART, 0, path, n);
		n = ctl->out_head->size - sizeof(struct xsd_sockmsg);
		memcpy(text, ctl->out_head->bytes + sizeof(struct xsd_sockmsg), n);
		drop_output(ctl);
		for (p = text + strlen(text) + 1; p < text + n; p += strlen(p) + 1) {
			end = !*p;
			got += !end;
			offset += strlen(p) + 1;
		}
		parts++;
	}
	ck_assert_uint_eq(got, 500);
	ck_assert_uint_gt(parts, 4);
	ck_ask(ctl, XS_DIRECTORY_PART, 0, "/long\0" "3\0", "!EINVAL");
}
END_TEST

START_TEST(control)
{
	ck_assert_ptr_nonnull(strstr(ask(ctl, XS_CONTROL, 0, BYTES("check\0")), "consistent"));
	ck_assert_ptr_nonnull(strstr(ask(ctl, XS_CONTROL, 0, BYTES("help\0")), "quota"));
	ck_ask(ctl, XS_CONTROL, 0, "quota\0set\0watches\0" "1\0", "OK");
	ck_ask(ctl, XS_CONTROL, 0, "quota\0set\0nonsense\0" "1\0", "!EINVAL");
	ck_ask(ctl, XS_CONTROL, 0, "nonsense\0", "!EINVAL");
	ck_ask(g1, XS_WATCH, 0, "x\0t\0", "OK");
	ck_ask(ctl, XS_CONTROL, 0, "quota\0use\0" "1\0", "1 1 1 0 1\n2 1 0 0 0\n");
	ck_ask(ctl, XS_CONTROL, 0, "quota\0use\0" "2\0", "2 1 0 0 0\n");
	ck_ask(ctl, XS_CONTROL, 0, "quota\0use\0" "3\0", "");
	ck_ask(ctl, XS_CONTROL, 0, "quota\0use\0", "!EINVAL");
	/* More than one answer holds: the next one begins behind its last line. */
	for (unsigned d = 1000; d < 1400; d++) {
		char body[64];
		int n = sprintf(body, "/local/domain/%u", d) + 1;

		ask(ctl, XS_MKDIR, 0, body, (size_t)n);
		n += sprintf(body + n, "n%u", d) + 1;
		ck_assert_str_eq(ask(ctl, XS_SET_PERMS, 0, body, (size_t)n), "OK");
	}
	ck_assert_ptr_nonnull(strstr(ask(ctl, XS_CONTROL, 0, BYTES("quota\0use\0" "1000\0")), "\n1100 1 0 0 0\n"));
	ck_assert_ptr_null(strstr(ask(ctl, XS_CONTROL, 0, BYTES("quota\0use\0" "1000\0")), "1399"));
	ck_assert_ptr_nonnull(strstr(ask(ctl, XS_CONTROL, 0, BYTES("quota\0use\0" "1200\0")), "\n1399 1 0 0 0\n"));
	ck_ask(g1, XS_UNWATCH, 0, "x\0t\0", "OK");
	ck_ask(g1, XS_WATCH, 0, "a\0t\0", "OK");
	ck_ask(g1, XS_WATCH, 0, "b\0t\0", "!ENOSPC");
	ck_assert_ptr_nonnull(strstr(ask(ctl, XS_CONTROL, 0, BYTES("quota\0" "1\0")),
				     "watches 1\n"));
	drop_output(g1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store requests");
	TCase *tc = tcase_create("dispatcher");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, nodes);
	tcase_add_test(tc, every_type_with_junk);
	tcase_add_test(tc, access_rules);
	tcase_add_test(tc, txn_isolation);
	tcase_add_test(tc, txn_conflicts_by_node);
	tcase_add_test(tc, watches);
	tcase_add_test(tc, watches_and_rights);
	tcase_add_test(tc, txn_events_at_commit);
	tcase_add_test(tc, quotas);
	tcase_add_test(tc, txn_log_is_bounded);
	tcase_add_test(tc, stuffed_guest);
	tcase_add_test(tc, domains);
	tcase_add_test(tc, death_leaves_nothing);
	tcase_add_test(tc, long_directories);
	tcase_add_test(tc, control);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
