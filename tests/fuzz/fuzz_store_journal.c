/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's journal, read back. The input is taken three ways: as the stream itself (whose checksums keep nearly all of it
 * out), as the entries of one record whose checksum is right, and as a list of entries made of words, most of which
 * mean something. Whatever comes, the store that results is consistent, and its snapshot is read back as the same store.
 */
#include <errno.h>
#include "stored/log.h"
#include "stored/replay.h"
#include "stored/txn.h"
#include "fuzz.h"

#define BOOT "b"

static char *stream;
static size_t stream_len, stream_room;

static int sink(void *ctx, const void *bytes, size_t len)
{
	(void)ctx;
	CLAIM(bytes);
	if (stream_room - stream_len < len) {
		stream_room = (stream_room + len) * 2;
		stream = realloc(stream, stream_room);
		if (!stream)
			abort();
	}
	memcpy(stream + stream_len, bytes, len);
	stream_len += len;
	return 0;
}

static struct conn *restore(void *ctx, uint16_t domid)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	conn_init(c, ctx, domid, domid == 0);
	c->durable = true;
	return c;
}

static void detach(void *ctx, struct conn *c)
{
	(void)ctx;
	conn_close(c);
	free(c);
}

static const struct domain_ops ops = { .restore = restore, .detach = detach };

static void end(struct store *s)
{
	struct domain *d;

	for (d = s->domains; d; d = d->next)
		if (d->conn)
			detach(NULL, d->conn);
	store_fini(s);
}

/* What must be the same in both; the order of lists is not. */
struct sums {
	unsigned long nodes, watches, missed, out, part, txns, domains, values;
};

static void count_nodes(struct sums *n, const struct tree_node *node)
{
	n->nodes++;
	n->values += node->value ? node->value->len : 0;
	for (unsigned i = 0; i < node->n_children; i++)
		count_nodes(n, node->children[i]);
}

static struct sums sums_of(const struct store *s)
{
	struct sums n = { 0 };

	count_nodes(&n, s->tree.root);
	for (const struct domain *d = s->domains; d; d = d->next) {
		const struct conn *c = d->conn;

		n.domains += d->domid + 1u + d->shutdown;
		if (!c)
			continue;
		n.watches += c->n_watches;
		n.missed += c->missed;
		n.part += c->in.have + c->cons;
		n.txns += c->n_txns;
		for (const struct wire_out *o = c->out_head; o; o = o->next)
			n.out += o->size - o->sent;
	}
	return n;
}

static void check(struct store *s)
{
	char text[200];

	if (!store_check(s, text, sizeof(text))) {
		fprintf(stderr, "the store is inconsistent: %s\n", text);
		abort();
	}
}

static void read_back(const void *bytes, size_t len, bool ours)
{
	struct store s, again;
	struct replay_result r;
	struct journal j;
	struct sums was, is;

	CLAIM(!store_init_empty(&s, &ops, &s));
	CLAIM(!replay(&s, bytes, len, BOOT, &r));
	CLAIM(r.good <= len && (!ours || (r.good == len && !r.refused)));
	check(&s);
	was = sums_of(&s);
	stream_len = 0;
	journal_init(&j, sink, NULL);
	CLAIM(!snapshot_write(&s, &j, BOOT));
	CLAIM(!store_init_empty(&again, &ops, &again));
	CLAIM(!replay(&again, stream, stream_len, BOOT, &r));
	CLAIM(r.good == stream_len && !r.refused && !r.senseless);
	check(&again);
	is = sums_of(&again);
	/* A message of which a part was sent is written whole; the ring's page says how far it went. */
	CLAIM(is.out >= was.out);
	is.out = was.out;
	CLAIM(!memcmp(&was, &is, sizeof(was)));
	journal_fini(&j);
	end(&s);
	end(&again);
}

static const char *const words[] = {
	"/", "/a", "/a/b", "/a/b/c", "/local/domain/1", "/local/domain/1/x", "@releaseDomain", "@introduceDomain", "", "a/b", "//", "/a/",
	"t", "tok", "nodes", "watches", "entry-size", "limit",
};

static void add_message(struct input *in, struct journal_entry *e, char *buf)
{
	struct xsd_sockmsg hdr = { .type = input_u8(in) % 24u, .len = input_u8(in) };

	memcpy(buf, &hdr, sizeof(hdr));
	memset(buf + sizeof(hdr), 'm', hdr.len);
	e->data = buf;
	e->len = sizeof(hdr) + (input_u8(in) % 4 ? hdr.len : hdr.len / 2);
}

static void add_entry(struct input *in, struct journal *j)
{
	uint8_t bits = input_u8(in);
	struct perm p = { (uint16_t)(bits % 5), bits & 3 };
	struct perm_list *perms = perm_list_new(&p, 1);
	struct domain_handle handle = { { bits } };
	char buf[sizeof(struct xsd_sockmsg) + 256];
	struct journal_entry e = {
		.kind = (enum journal_kind)(2 + input_u8(in) % (JOURNAL_KINDS - 2)), .domid = bits % 4,
		.path = words[input_u8(in) % (sizeof(words) / sizeof(words[0]))],
		.token = words[input_u8(in) % (sizeof(words) / sizeof(words[0]))],
		.number = (int8_t)input_u8(in), .id = input_u8(in), .cons = input_u8(in), .prod = input_u8(in) % 64u,
	};

	switch (e.kind) {
	case JOURNAL_SET_PERMS: case JOURNAL_SPECIAL: journal_add_perms(j, &e, perms); break;
	case JOURNAL_DOMAIN: e.data = &handle; e.len = sizeof(handle); journal_add(j, &e); break;
	case JOURNAL_OUT: case JOURNAL_PART: add_message(in, &e, buf); journal_add(j, &e); break;
	default: e.data = buf; memset(buf, 'v', e.len = bits % 32u); journal_add(j, &e);
	}
	perm_list_put(perms);
	if (bits & 0x80)
		journal_commit(j);
}

static void begin(struct journal *j)
{
	stream_len = 0;
	journal_init(j, sink, NULL);
	journal_add(j, &(struct journal_entry){ .kind = JOURNAL_BEGIN, .id = JOURNAL_VERSION, .data = BOOT, .len = 1 });
	journal_commit(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct journal j;
	uint8_t way = input_u8(&in) % 8;
	char *copy;

	log_set_quiet(true);
	if (way == 0) {
		copy = input_block(&in, in.left);
		read_back(copy, size - 1 < size ? size - 1 : 0, false);
		free(copy);
		return 0;
	}
	begin(&j);
	if (way == 1 && in.left) {
		/* A record that nobody of ours would make; its head is right. */
		journal_add(&j, &(struct journal_entry){ .kind = JOURNAL_RM });
		memcpy(j.buf + 8, in.at, in.left < j.len - 8 ? in.left : j.len - 8);
		journal_commit(&j);
	}
	for (unsigned i = 0; way > 1 && in.left && i < 200; i++)
		add_entry(&in, &j);
	journal_commit(&j);
	journal_fini(&j);
	copy = malloc(stream_len);
	if (!copy)
		abort();
	memcpy(copy, stream, size = stream_len);
	read_back(copy, size, way > 1);
	free(copy);
	return 0;
}
