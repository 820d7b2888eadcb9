/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's request handler under three clients: the control domain (which only says sensible things) and two guests
 * (which say anything). The input is a list of requests, made of words of a table and of raw text, so that most of them
 * mean something. After each one: the store is consistent, quotas hold, and /secret, which is the control domain's alone,
 * is as it was and has not been told to anybody.
 */
#include <errno.h>
#include "stored/log.h"
#include "stored/request.h"
#include "fuzz.h"

#define SECRET "kept-from-guests"
#define GUESTS 3u

static struct store store;
static struct conn *control;
static enum domain_state states[GUESTS + 1];
static uint32_t txn[GUESTS + 1][4];
static bool attach_fails;
static unsigned int attached, detached;

static int attach(void *ctx, uint16_t domid, uint64_t gfn, uint32_t port, struct conn **out)
{
	(void)ctx, (void)gfn, (void)port;
	if (attach_fails)
		return -EIO;
	*out = calloc(1, sizeof(**out));
	if (!*out)
		abort();
	conn_init(*out, &store, domid, domid == 0);
	attached++;
	return 0;
}

static void detach(void *ctx, struct conn *c)
{
	(void)ctx;
	conn_close(c);
	free(c);
	detached++;
}

static enum domain_state state(void *ctx, uint16_t domid)
{
	(void)ctx;
	return domid <= GUESTS ? states[domid] : DOMAIN_GONE;
}

static const struct domain_ops ops = { .attach = attach, .detach = detach, .state = state };

static const char *const words[] = {
	"/", "/local/domain/1", "/local/domain/2", "data", "data/a", "data/a/b", "data/b", "/local/domain/1/data/a",
	"/local/domain/2/data/a", "/local/domain/1/data", "/shared", "/shared/x", "/shared/x/y", "/local", "/tool",
	"@releaseDomain", "@introduceDomain", "n0", "r1", "w2", "b1", "n1", "n2", "b2", "r0", "0", "1", "2", "3", "7", "T", "F",
	"token", "other", "", "65535", "4096", "/secret", "secret", "../secret", "/secret/x", "check", "help", "quota", "nodes", "log",
};

#define CONTROL_WORDS 37u	/* of the table: the control domain does not touch /secret */

/* What comes out of a connection: whole messages, answers that belong to the last request. */
static void drain(struct conn *c, unsigned int who, uint32_t id)
{
	static char bytes[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
	unsigned int answers = 0;

	while (c->out_head) {
		size_t n = c->out_head->size, have = 0, part;
		struct xsd_sockmsg hdr;
		const char *from;

		CLAIM(n >= sizeof(hdr) && n < sizeof(bytes));
		while (have < n) {
			part = conn_out_peek(c, &from);
			CLAIM(part && part <= n - have);
			memcpy(bytes + have, from, part);
			have += part;
			conn_out_advance(c, part);
		}
		bytes[n] = 0;
		memcpy(&hdr, bytes, sizeof(hdr));
		CLAIM(hdr.len + sizeof(hdr) == n);
		if (hdr.type != XS_WATCH_EVENT) {
			answers++;
			CLAIM(hdr.req_id == id);
		}
		if (who)
			CLAIM(!memmem(bytes, n, SECRET, strlen(SECRET)));
		if (hdr.type == XS_TRANSACTION_START)
			txn[who][id % 4] = (uint32_t)strtoul(bytes + sizeof(hdr), NULL, 10);
	}
	CLAIM(answers <= 1);
}

static void check_secret(void)
{
	const struct tree_node *n = tree_find(store.tree.root, "/secret");

	CLAIM(n && n->value && n->value->len == strlen(SECRET) && !memcmp(n->value->bytes, SECRET, strlen(SECRET)));
	CLAIM(n->perms->n == 1 && n->perms->p[0].domid == 0 && n->perms->p[0].bits == PERM_NONE && !n->n_children);
}

static void check_store(void)
{
	char text[200];

	if (!store_check(&store, text, sizeof(text))) {
		fprintf(stderr, "the store is inconsistent: %s\n", text);
		abort();
	}
	check_secret();
}

static void drain_all(unsigned int asked, uint32_t id)
{
	drain(control, 0, id);
	for (unsigned int d = 1; d <= GUESTS; d++) {
		struct domain *dom = domain_find(&store, (uint16_t)d);

		if (dom && dom->conn)
			drain(dom->conn, d, d == asked ? id : 0);
	}
}

static size_t make_body(struct input *in, unsigned int who, char *body)
{
	unsigned int args = input_u8(in) % 6;
	size_t n = 0;

	for (unsigned int i = 0; i < args; i++) {
		uint8_t w = input_u8(in);
		size_t len;

		if (w < 128 || !who) {
			const char *word = words[w % (who ? sizeof(words) / sizeof(words[0]) : CONTROL_WORDS)];

			len = strlen(word) + 1;
			memcpy(body + n, word, len);
		} else {
			char *raw;

			len = w == 255 ? input_u16(in) % (XENSTORE_PAYLOAD_MAX / 8) : w % 32u;
			raw = input_block(in, len);
			memcpy(body + n, raw, len);
			free(raw);
		}
		n += len;
	}
	/* Many requests end without their last NUL: a value to be written, or a mistake. */
	if (n && input_u8(in) & 1)
		n--;
	return n;
}

static void request(struct input *in, uint32_t id)
{
	static const uint8_t control_types[] = {
		XS_DIRECTORY, XS_READ, XS_GET_PERMS, XS_WATCH, XS_UNWATCH, XS_TRANSACTION_START, XS_TRANSACTION_END, XS_INTRODUCE,
		XS_RELEASE, XS_GET_DOMAIN_PATH, XS_WRITE, XS_MKDIR, XS_RM, XS_SET_PERMS, XS_IS_DOMAIN_INTRODUCED, XS_RESUME,
		XS_SET_TARGET, XS_RESET_WATCHES, XS_DIRECTORY_PART,
	};
	uint8_t who = input_u8(in), type = input_u8(in), tx = input_u8(in);
	unsigned int d = who % (GUESTS + 1);
	struct domain *dom = d ? domain_find(&store, (uint16_t)d) : NULL;
	struct conn *c = d ? dom ? dom->conn : NULL : control;

	attach_fails = who >> 4 == 15;
	if (who >> 4 == 14) {
		states[d] = (enum domain_state)(type % 3);
		domain_scan(&store);
		return;
	}
	if (!c || !conn_can_serve(c))
		return;
	wire_in_reset(&c->in);
	c->in.hdr.type = d ? type % 24u : control_types[type % sizeof(control_types)];
	c->in.hdr.req_id = id;
	c->in.hdr.tx_id = tx & 3 ? 0 : tx & 0x80 ? tx : txn[d][tx >> 2 & 3];
	c->in.hdr.len = (uint32_t)make_body(in, d, c->in.body);
	CLAIM(c->in.hdr.len <= XENSTORE_PAYLOAD_MAX);
	memset(c->in.body + c->in.hdr.len, 0xa5, sizeof(c->in.body) - c->in.hdr.len);
	c->in.body[c->in.hdr.len] = 0;
	request_handle(&store, c);
}

static void start(void)
{
	static const char secret[] = "/secret";
	struct tree_blob *value = tree_blob_new(SECRET, strlen(SECRET));
	struct perm nobody = { 0, PERM_NONE };
	struct perm_list *perms = perm_list_new(&nobody, 1);
	struct perm all[] = { { 0, PERM_READ | PERM_WRITE } };
	struct perm_list *open = perm_list_new(all, 1);

	memset(states, 0, sizeof(states));
	memset(txn, 0, sizeof(txn));
	attach_fails = false;
	attached = detached = 0;
	CLAIM(value && perms && open && !store_init(&store, &ops, NULL));
	control = calloc(1, sizeof(*control));
	if (!control)
		abort();
	conn_init(control, &store, 0, true);
	CLAIM(!tree_write(&store.tree, secret, value, 0) && !tree_set_perms(&store.tree, secret, perms));
	CLAIM(!tree_mkdir(&store.tree, "/shared", 0) && !tree_set_perms(&store.tree, "/shared", open));
	tree_blob_put(value);
	perm_list_put(perms);
	perm_list_put(open);
	for (unsigned int d = 1; d <= 2; d++) {
		char home[32];
		struct perm own = { (uint16_t)d, PERM_NONE };
		struct perm_list *l = perm_list_new(&own, 1);

		snprintf(home, sizeof(home), "/local/domain/%u", d);
		CLAIM(l && !tree_mkdir(&store.tree, home, 0) && !tree_set_perms(&store.tree, home, l));
		perm_list_put(l);
		CLAIM(!domain_introduce(&store, (uint16_t)d, 77 + d, 3));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint32_t id = 1;

	/* The fuzzer learns the word from our own comparison; a guest that writes it may read it back. */
	if (memmem(data, size, SECRET, strlen(SECRET)))
		return -1;
	log_set_quiet(true);
	start();
	store.quota.limit[QUOTA_NODES] = 12;
	store.quota.limit[QUOTA_WATCHES] = 4;
	for (; in.left; id++) {
		unsigned int asked = in.at[0] % (GUESTS + 1);

		request(&in, id);
		drain_all(asked, id);
		check_secret();
		if (id % 8 == 0)
			check_store();
		for (unsigned int d = 1; d <= GUESTS; d++) {
			struct domain *dom = domain_find(&store, (uint16_t)d);

			CLAIM(!dom || !dom->conn || dom->conn->n_watches <= 4);
			CLAIM(store.quota.nodes[d] <= size);
		}
	}
	check_store();
	while (store.domains)
		domain_release(&store, store.domains);
	CLAIM(attached == detached);
	conn_close(control);
	free(control);
	check_store();
	store_fini(&store);
	return 0;
}
