/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_restart.c
 *
 * What is left of the store when its daemon dies: the codec of the journal, every place at which the
 * journal may end, and the state that comes out of it compared with the one that was acknowledged.
 * The ring pages' part is in test_store_killed.c.
 */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/log.h"
#include "stored/replay.h"
#include "stored/request.h"
#include "stored/txn.h"

#define BOOT   "this-boot"
#define GUESTS 4u

/* A stream in memory, and where its records end. */
static char *stream;
static size_t stream_len, stream_room;
static int sink_result;

static int sink(void *ctx, const void *bytes, size_t len)
{
	(void)ctx;
	if (sink_result)
		return sink_result;
	ck_assert_ptr_nonnull(bytes);
	if (stream_room - stream_len < len) {
		stream_room = (stream_room + len) * 2;
		stream = realloc(stream, stream_room);
	}
	memcpy(stream + stream_len, bytes, len);
	stream_len += len;
	return 0;
}

static struct journal journal;
static struct store store;
static struct conn *ctl;
static enum domain_state states[GUESTS + 1];
static struct domain_handle handles[GUESTS + 1];
static unsigned rejoined;

static struct conn *fake_restore(void *ctx, uint16_t domid)
{
	struct conn *c = calloc(1, sizeof(*c));

	conn_init(c, ctx, domid, domid == 0);
	c->durable = true;
	return c;
}

static int fake_attach(void *ctx, uint16_t domid, uint64_t gfn, uint32_t port, struct conn **out)
{
	(void)gfn, (void)port;
	*out = fake_restore(ctx, domid);
	(*out)->cons = domid * 1000u;
	(*out)->prod = domid * 2000u;
	return 0;
}

static void fake_detach(void *ctx, struct conn *c)
{
	(void)ctx;
	conn_close(c);
	free(c);
}

static enum domain_state fake_state(void *ctx, uint16_t domid)
{
	(void)ctx;
	return states[domid];
}

static struct domain_handle fake_handle(void *ctx, uint16_t domid)
{
	(void)ctx;
	return handles[domid];
}

static int fake_rejoin(void *ctx, struct conn *c, uint64_t gfn, uint32_t port)
{
	(void)ctx, (void)c, (void)gfn, (void)port;
	rejoined++;
	return 0;
}

static const struct domain_ops fake_ops = {
	.attach = fake_attach, .detach = fake_detach, .state = fake_state, .handle = fake_handle,
	.restore = fake_restore, .rejoin = fake_rejoin,
};

/* --- A store as text: all that a restart must keep. */

static void dump_node(FILE *f, const struct tree_node *n, const char *above)
{
	char path[XENSTORE_ABS_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", above, n->name);
	fprintf(f, "%s =", path);
	for (uint32_t i = 0; n->value && i < n->value->len; i++)
		fprintf(f, " %02x", (unsigned char)n->value->bytes[i]);
	for (unsigned i = 0; i < n->perms->n; i++)
		fprintf(f, " %u:%u", n->perms->p[i].domid, n->perms->p[i].bits);
	fputc('\n', f);
	for (unsigned i = 0; i < n->n_children; i++)
		dump_node(f, n->children[i], n->name_len ? path : "");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void dump_watches(FILE *f, const struct conn *c)
{
	char *line[200];
	unsigned n = 0;

	for (const struct watch *w = c->watches; w; w = w->conn_next)
		ck_assert_int_gt(asprintf(&line[n++], "watch %s %s %d %zu%s\n", w->path, w->token, w->depth, w->strip,
					  w->missed ? " missed" : ""), 0);
	qsort(line, n, sizeof(line[0]), by_text);
	while (n--) {
		fputs(line[n], f);
		free(line[n]);
	}
}

static void dump_conn(FILE *f, const struct conn *c)
{
	unsigned long long ids = 0;

	fprintf(f, "cons %u prod %u target %d broken %u part", c->cons, c->prod, c->who.has_target ? c->who.target : -1,
		c->broken);
	for (size_t i = 0; i < c->in.have && i < sizeof(c->in.hdr); i++)
		fprintf(f, " %02x", ((const unsigned char *)&c->in.hdr)[i]);
	for (size_t i = sizeof(c->in.hdr); i < c->in.have; i++)
		fprintf(f, " %02x", (unsigned char)c->in.body[i - sizeof(c->in.hdr)]);
	fprintf(f, "\nreplies %u events %u bytes %zu\n", c->replies, c->events, c->event_bytes);
	for (const struct wire_out *o = c->out_head; o; o = o->next) {
		for (size_t i = o->sent; i < o->size; i++)
			fprintf(f, "%02x", (unsigned char)o->bytes[i]);
		fputc('\n', f);
	}
	for (const struct txn *t = c->txns; t; t = t->next)
		ids += 1000003ull * t->id;
	fprintf(f, "txns %u %llu\n", c->n_txns, ids);
	dump_watches(f, c);
}

static char *dump(struct store *s)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	dump_node(f, s->tree.root, "");
	for (unsigned i = 0; i < SPECIALS; i++)
		for (unsigned k = 0; k < s->special[i]->n; k++)
			fprintf(f, "special %u %u:%u\n", i, s->special[i]->p[k].domid, s->special[i]->p[k].bits);
	for (unsigned i = 0; i < QUOTA_KINDS; i++)
		fprintf(f, "limit %u\n", s->quota.limit[i]);
	fprintf(f, "last txn %u\n", s->last_txn);
	for (uint16_t d = 0; d <= GUESTS; d++) {
		const struct domain *dom = domain_find(s, d);

		fprintf(f, "domain %u owns %u\n", d, s->quota.nodes[d]);
		if (dom)
			fprintf(f, "gfn %llu port %u shutdown %d handle %u\n", (unsigned long long)dom->gfn, dom->port,
				dom->shutdown, dom->handle.bytes[0]);
		if (dom && dom->conn)
			dump_conn(f, dom->conn);
	}
	fclose(f);
	return text;
}

static void end_store(struct store *s)
{
	s->journal = NULL;
	for (struct domain *d = s->domains; d; d = d->next)
		if (d->conn)
			fake_detach(NULL, d->conn);
	store_fini(s);
}

/* The first n bytes of the stream as a store. */
static void restart(struct store *s, size_t n, struct replay_result *r)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, stream, n);
	ck_assert_int_eq(store_init_empty(s, &fake_ops, s), 0);
	ck_assert_int_eq(replay(s, copy, n, BOOT, r), 0);
	free(copy);
	ck_assert_msg(!r->senseless, "%lu entries make no sense", r->senseless);
}

/* --- A life that is written down. */

static void send_request(struct conn *c, uint32_t type, uint32_t tx, const char *body, size_t len)
{
	static uint32_t id;

	if (c->durable)
		c->cons += (uint32_t)(sizeof(c->in.hdr) + len);
	c->in.hdr = (struct xsd_sockmsg){ type, ++id, tx, (uint32_t)len };
	memcpy(c->in.body, body, len);
	c->in.body[len] = '\0';
	c->in.have = sizeof(c->in.hdr) + len;
	request_handle(&store, c);
}

/* Words with '|' for NUL; the last NUL is not sent when the text ends with '~'. */
static void ask(struct conn *c, uint32_t type, uint32_t tx, const char *fmt, ...)
{
	char body[XENSTORE_PAYLOAD_MAX];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = (size_t)vsnprintf(body, sizeof(body), fmt, ap) + 1;
	va_end(ap);
	if (n > 1 && body[n - 2] == '~')
		n -= 2;
	for (size_t i = 0; i < n; i++)
		if (body[i] == '|')
			body[i] = '\0';
	send_request(c, type, tx, body, n);
}

static void take_output(struct conn *c, size_t most)
{
	const char *bytes;
	size_t n;

	while (most && (n = conn_out_peek(c, &bytes)) > 0) {
		n = n < most ? n : most;
		conn_out_advance(c, n);
		most -= n;
	}
	store_commit(&store);
}

static struct conn *guest(unsigned d)
{
	struct domain *dom = domain_find(&store, (uint16_t)d);

	return dom ? dom->conn : NULL;
}

static void setup(void)
{
	log_set_quiet(true);
	stream_len = 0;
	sink_result = 0;
	rejoined = 0;
	memset(states, 0, sizeof(states));
	for (unsigned d = 0; d <= GUESTS; d++)
		handles[d].bytes[0] = (unsigned char)(d + 100);
	ck_assert_int_eq(store_init(&store, &fake_ops, &store), 0);
	ck_assert_int_eq(domain_introduce(&store, 0, 0, 9), 0);
	journal_init(&journal, sink, NULL);
	ck_assert_int_eq(snapshot_write(&store, &journal, BOOT), 0);
	store.journal = &journal;
	ctl = calloc(1, sizeof(*ctl));
	conn_init(ctl, &store, 0, true);
	for (unsigned d = 1; d <= GUESTS; d++) {
		ask(ctl, XS_MKDIR, 0, "/local/domain/%u", d);
		ask(ctl, XS_SET_PERMS, 0, "/local/domain/%u|n%u", d, d);
		ask(ctl, XS_INTRODUCE, 0, "%u|%u|%u", d, d + 5, d + 7);
	}
}

static void teardown(void)
{
	char text[200];

	ck_assert_msg(store_check(&store, text, sizeof(text)), "%s", text);
	store.journal = NULL;
	conn_close(ctl);
	free(ctl);
	end_store(&store);
	journal_fini(&journal);
}

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
		journal_add(&journal, &in[i]);
		if (i)
			journal_commit(&journal);
	}
	ck_assert_int_eq(journal_commit(&journal), 0);
	journal_read(&r, stream, stream_len);
	/* What setup() wrote. */
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
	ck_assert_ptr_eq(r.at, stream + stream_len);
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
	size_t good, begin = stream_len, end;
	unsigned before = count(stream, stream_len, &good), all;
	char *copy;

	ck_assert_uint_eq(good, stream_len);
	ask(ctl, XS_WRITE, 0, "/t|some value~");
	all = count(stream, stream_len, &end);
	ck_assert_uint_eq(end, stream_len);
	ck_assert_uint_gt(all, before);
	for (size_t n = begin; n < end; n++) {
		copy = malloc(n);
		memcpy(copy, stream, n);
		ck_assert_uint_eq(count(copy, n, &good), before);
		ck_assert_uint_eq(good, begin);
		free(copy);
	}
	for (size_t at = begin; at < end; at++) {
		stream[at] ^= 4;
		ck_assert_uint_eq(count(stream, end, &good), before);
		stream[at] ^= 4;
	}
}
END_TEST

/* --- Dying at every record. */

#define MARKS_MAX 4000

/* What the store was when a record had been written. */
static struct mark {
	size_t at;
	char *text;
	uint32_t prod[GUESTS + 1];	/* how far the answers went is what the rings' pages say */
} marks[MARKS_MAX];
static unsigned n_marks;

static void mark(void)
{
	/* No record was written: nobody has been told of anything. */
	if (n_marks && marks[n_marks - 1].at == stream_len)
		return;
	ck_assert_uint_lt(n_marks, MARKS_MAX);
	marks[n_marks] = (struct mark){ .at = stream_len, .text = dump(&store) };
	for (unsigned d = 0; d <= GUESTS; d++)
		if (guest(d))
			marks[n_marks].prod[d] = guest(d)->prod;
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
	for (uint16_t d = 0; d <= GUESTS; d++) {
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
		size_t end = i + 1 < n_marks ? marks[i + 1].at : stream_len + 1;
		size_t cuts[] = { marks[i].at, marks[i].at + 1, marks[i].at + (end - marks[i].at) / 2, end - 1 };

		for (unsigned k = 0; k < 4; k++) {
			if (k && (cuts[k] >= end || cuts[k] == cuts[k - 1]))
				continue;
			restart(&again, cuts[k], &r);
			ck_assert_uint_eq(r.good, marks[i].at);
			catch_up(&again, marks[i].prod);
			text = dump(&again);
			at = differs_at(text, marks[i].text);
			ck_assert_msg(!text[at] && !marks[i].text[at], "cut at %zu, record %u: was \"%.150s\", is \"%.150s\"",
				      cuts[k], i, marks[i].text + at, text + at);
			free(text);
			end_store(&again);
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
	unsigned d = pick(6) ? c->who.domid : 1 + pick(GUESTS);

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
	case 0: case 1: case 2: ask(c, XS_WRITE, tx, "%s|value %u~", some_path(c), pick(1000)); break;
	case 3: ask(c, XS_MKDIR, tx, "%s", some_path(c)); break;
	case 4: ask(c, XS_RM, tx, "%s", some_path(c)); break;
	case 5: ask(c, XS_SET_PERMS, tx, "%s|b%u|r%u", some_path(c), c->who.domid, 1 + pick(GUESTS)); break;
	case 6: case 7: ask(c, XS_WATCH, 0, "%s|t%u|%u", some_path(c), pick(3), pick(4)); break;
	case 8: ask(c, XS_UNWATCH, 0, "%s|t%u", some_path(c), pick(3)); break;
	case 9: ask(c, XS_TRANSACTION_START, 0, "%s", ""); break;
	case 10: ask(c, XS_TRANSACTION_END, tx, pick(4) ? "T" : "F"); break;
	case 11: ask(c, XS_READ, tx, "%s", some_path(c)); break;
	case 12: ask(c, XS_DIRECTORY, 0, "/local/domain"); break;
	default:
		if (!pick(20))
			ask(c, XS_RESET_WATCHES, 0, "%s", "");
	}
}

static void some_administration(void)
{
	unsigned d = 1 + pick(GUESTS);

	switch (pick(7)) {
	case 0: ask(ctl, XS_RELEASE, 0, "%u", d); break;
	case 1: ask(ctl, XS_INTRODUCE, 0, "%u|%u|%u", d, pick(9), 1 + pick(3)); break;
	case 2: ask(ctl, XS_SET_TARGET, 0, "%u|%u", d, 1 + pick(GUESTS)); break;
	case 3: ask(ctl, XS_CONTROL, 0, "quota|set|watches|%u", 5 + pick(30)); break;
	case 4: ask(ctl, XS_SET_PERMS, 0, "@releaseDomain|n0|r%u", d); break;
	case 5: states[d] = (enum domain_state)pick(2); domain_scan(&store); break;
	default: ask(ctl, XS_SET_PERMS, 0, "/local/domain/%u|b%u", d, d);
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
	store_commit(&store);
	mark();
	/* The rest never comes: it asks to reconnect. */
	c->cons = c->prod = 0;
	conn_reset(c);
	store_commit(&store);
}

static void live(unsigned steps)
{
	ask(ctl, XS_SET_PERMS, 0, "/local|b0");
	ask(ctl, XS_MKDIR, 0, "/shared");
	ask(ctl, XS_SET_PERMS, 0, "/shared|b0");
	mark();
	for (unsigned i = 0; i < steps; i++) {
		struct conn *c = pick(5) ? guest(pick(GUESTS + 1)) : ctl;

		if (!pick(25))
			some_administration();
		else if (c && c->durable && !pick(40))
			some_part(c);
		else if (c && conn_can_serve(c))
			some_request(c);
		mark();
		take_output(ctl, SIZE_MAX);
		c = guest(pick(GUESTS + 1));
		if (c)
			take_output(c, pick(400));
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
	was = dump(&store);
	store.journal = NULL;
	journal_init(&j, sink, NULL);
	stream_len = 0;
	ck_assert_int_eq(snapshot_write(&store, &j, BOOT), 0);
	restart(&again, stream_len, &r);
	/* How far the answers went is what the rings' pages say. */
	for (uint16_t d = 0; d <= GUESTS; d++)
		if (guest(d))
			ck_assert_int_eq(conn_restore_sent(domain_find(&again, d)->conn, guest(d)->prod), 0);
	is = dump(&again);
	ck_assert_str_eq(is, was);
	free(is);
	stream_len = 0;
	ck_assert_int_eq(snapshot_write(&again, &j, BOOT), 0);
	restart(&third, stream_len, &r);
	for (uint16_t d = 0; d <= GUESTS; d++)
		if (guest(d))
			ck_assert_int_eq(conn_restore_sent(domain_find(&third, d)->conn, guest(d)->prod), 0);
	is = dump(&third);
	ck_assert_str_eq(is, was);
	ck_assert_uint_eq(third.generation, 2);
	free(is);
	free(was);
	journal_fini(&j);
	end_store(&again);
	end_store(&third);
	while (n_marks)
		free(marks[--n_marks].text);
}
END_TEST

START_TEST(dropped_events)
{
	ask(guest(1), XS_WATCH, 0, "/local/domain/1|home");
	ask(guest(1), XS_WATCH, 0, "other|o");
	take_output(guest(1), SIZE_MAX);
	for (unsigned i = 0; i < CONN_EVENTS_MAX - 2; i++)
		ask(ctl, XS_WRITE, 0, "/local/domain/1/x|%u~", i);
	take_output(ctl, SIZE_MAX);
	mark();
	for (unsigned i = 0; i < 5; i++) {
		ask(ctl, XS_WRITE, 0, "/local/domain/1/other|%u~", i);
		mark();
	}
	ck_assert_uint_eq(guest(1)->missed, 2);
	take_output(guest(1), SIZE_MAX);
	mark();
	ck_assert_uint_eq(guest(1)->missed, 0);
	ask(guest(1), XS_READ, 0, "other");
	mark();
	check_cuts();
	take_output(ctl, SIZE_MAX);
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

	ask(guest(2), XS_TRANSACTION_START, 0, "%s", "");
	ask(guest(2), XS_TRANSACTION_START, 0, "%s", "");
	ask(guest(2), XS_MKDIR, 1, "made");
	take_output(guest(2), SIZE_MAX);
	ask(guest(2), XS_READ, 0, "nothing");	/* says how far the answers went */
	take_output(guest(2), SIZE_MAX);
	restart(&again, stream_len, &r);
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
	end_store(&again);
}
END_TEST

START_TEST(commits_of_local_clients)
{
	struct store again;
	struct replay_result r;

	for (unsigned i = 0; i < 3; i++)
		ask(ctl, XS_TRANSACTION_START, 0, "%s", "");
	ask(ctl, XS_WRITE, 2, "/w|x~");
	ask(ctl, XS_TRANSACTION_END, 2, "T");
	ask(ctl, XS_TRANSACTION_END, 3, "F");
	restart(&again, stream_len, &r);
	ck_assert(store_has_committed(&again, 2));
	ck_assert(!store_has_committed(&again, 1));
	ck_assert(!store_has_committed(&again, 3));
	ck_assert(!store_has_committed(&again, 0));
	ck_assert_uint_eq(again.last_txn, 3);
	end_store(&again);
}
END_TEST

/* Those who died, and those whose id belongs to somebody else now, are gone; the others have their rings. */
START_TEST(the_dead_are_released)
{
	struct store again;
	struct replay_result r;
	struct conn *c;

	ask(ctl, XS_SET_PERMS, 0, "@releaseDomain|n0|r4");
	ask(guest(4), XS_WATCH, 0, "@releaseDomain|gone");
	take_output(guest(4), SIZE_MAX);
	ask(guest(4), XS_READ, 0, "x");
	restart(&again, stream_len, &r);
	states[1] = DOMAIN_GONE;
	handles[2].bytes[3] = 1;
	memset(&handles[3], 0, sizeof(handles[3]));	/* cannot be asked for: no reason to cut it off */
	ck_assert_int_eq(replay_rejoin(&again, 9), 0);
	ck_assert_ptr_null(domain_find(&again, 1));
	ck_assert_ptr_null(domain_find(&again, 2));
	ck_assert_ptr_null(tree_find(again.tree.root, "/local/domain/2"));
	ck_assert_ptr_nonnull(domain_find(&again, 3));
	ck_assert_ptr_nonnull(tree_find(again.tree.root, "/local/domain/3"));
	ck_assert_uint_eq(rejoined, 3);
	c = domain_find(&again, 4)->conn;
	ck_assert_uint_eq(c->events, 1);
	end_store(&again);
}
END_TEST

START_TEST(other_streams_are_refused)
{
	struct replay_result r;
	struct store again;

	ck_assert_int_eq(store_init_empty(&again, &fake_ops, &again), 0);
	ck_assert_int_eq(replay(&again, stream, stream_len, "next-boot", &r), 0);
	ck_assert_str_eq(r.refused, REPLAY_OTHER_BOOT);
	ck_assert_int_eq(replay(&again, "what is this? not a journal", 27, BOOT, &r), 0);
	ck_assert_ptr_nonnull(r.refused);
	ck_assert_int_eq(replay(&again, "", 0, BOOT, &r), 0);
	ck_assert_ptr_null(r.refused);
	ck_assert_uint_eq(again.tree.root->n_children, 0);
	end_store(&again);
}
END_TEST

/* Without a journal that takes records the store serves on. */
START_TEST(a_full_sink)
{
	sink_result = -ENOSPC;
	ask(ctl, XS_WRITE, 0, "/w|x~");
	ck_assert_ptr_nonnull(tree_find(store.tree.root, "/w"));
	ck_assert_uint_eq(ctl->replies, GUESTS * 3 + 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store restart");
	TCase *tc = tcase_create("journal");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, entries_come_back);
	tcase_add_test(tc, torn_and_flipped);
	tcase_add_loop_test(tc, every_record, 0, 5);
	tcase_add_loop_test(tc, snapshot_is_the_store, 0, 5);
	tcase_add_test(tc, dropped_events);
	tcase_add_test(tc, open_transactions_end_in_vain);
	tcase_add_test(tc, commits_of_local_clients);
	tcase_add_test(tc, the_dead_are_released);
	tcase_add_test(tc, other_streams_are_refused);
	tcase_add_test(tc, a_full_sink);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	free(stream);
	return failed ? 1 : 0;
}
