/* SPDX-License-Identifier: BSD-2-Clause */
/* See store_world.h. */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/log.h"
#include "stored/request.h"
#include "stored/txn.h"

#include "store_world.h"

struct store_world world;

int world_sink(void *ctx, const void *bytes, size_t len)
{
	(void)ctx;
	if (world.sink_result)
		return world.sink_result;
	ck_assert_ptr_nonnull(bytes);
	if (world.stream_room - world.stream_len < len) {
		world.stream_room = (world.stream_room + len) * 2;
		world.stream = realloc(world.stream, world.stream_room);
	}
	memcpy(world.stream + world.stream_len, bytes, len);
	world.stream_len += len;
	return 0;
}

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
	if (world.attach_result)
		return world.attach_result;
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
	return world.states[domid];
}

static struct domain_handle fake_handle(void *ctx, uint16_t domid)
{
	(void)ctx;
	return world.handles[domid];
}

static int fake_rejoin(void *ctx, struct conn *c, uint64_t gfn, uint32_t port)
{
	(void)ctx, (void)gfn, (void)port;
	if (c->who.domid && c->who.domid == world.ringless)
		return -EINVAL;
	world.rejoined++;
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

char *world_dump(struct store *s)
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
	for (uint16_t d = 0; d <= WORLD_GUESTS; d++) {
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

void world_free(struct store *s)
{
	s->journal = NULL;
	for (struct domain *d = s->domains; d; d = d->next)
		if (d->conn)
			fake_detach(NULL, d->conn);
	store_fini(s);
}

void world_empty(struct store *s)
{
	ck_assert_int_eq(store_init_empty(s, &fake_ops, s), 0);
}

void world_restart(struct store *s, size_t n, struct replay_result *r)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, world.stream, n);
	world_empty(s);
	ck_assert_int_eq(replay(s, copy, n, WORLD_BOOT, r), 0);
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
	request_handle(&world.store, c);
}

void world_ask(struct conn *c, uint32_t type, uint32_t tx, const char *fmt, ...)
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

void world_take(struct conn *c, size_t most)
{
	const char *bytes;
	size_t n;

	while (most && (n = conn_out_peek(c, &bytes)) > 0) {
		n = n < most ? n : most;
		conn_out_advance(c, n);
		most -= n;
	}
	store_commit(&world.store);
}

struct conn *world_guest(unsigned d)
{
	struct domain *dom = domain_find(&world.store, (uint16_t)d);

	return dom ? dom->conn : NULL;
}

void world_begin(void)
{
	log_set_quiet(true);
	world.stream_len = 0;
	world.sink_result = world.attach_result = 0;
	world.rejoined = world.ringless = 0;
	memset(world.states, 0, sizeof(world.states));
	for (unsigned d = 0; d <= WORLD_GUESTS; d++)
		world.handles[d].bytes[0] = (unsigned char)(d + 100);
	ck_assert_int_eq(store_init(&world.store, &fake_ops, &world.store), 0);
	ck_assert_int_eq(domain_introduce(&world.store, 0, 0, 9), 0);
	journal_init(&world.journal, world_sink, NULL);
	ck_assert_int_eq(snapshot_write(&world.store, &world.journal, WORLD_BOOT), 0);
	world.store.journal = &world.journal;
	world.ctl = calloc(1, sizeof(*world.ctl));
	conn_init(world.ctl, &world.store, 0, true);
	for (unsigned d = 1; d <= WORLD_GUESTS; d++) {
		world_ask(world.ctl, XS_MKDIR, 0, "/local/domain/%u", d);
		world_ask(world.ctl, XS_SET_PERMS, 0, "/local/domain/%u|n%u", d, d);
		world_ask(world.ctl, XS_INTRODUCE, 0, "%u|%u|%u", d, d + 5, d + 7);
	}
}

void world_end(void)
{
	char text[200];

	ck_assert_msg(store_check(&world.store, text, sizeof(text)), "%s", text);
	world.store.journal = NULL;
	conn_close(world.ctl);
	free(world.ctl);
	world_free(&world.store);
	journal_fini(&world.journal);
}
