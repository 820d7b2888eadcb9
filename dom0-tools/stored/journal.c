/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/journal.c
 *
 * See journal.h. All entries have one form: a fixed part, then path, token (each with its NUL) and
 * data. It costs some bytes and saves a codec for each kind. The stream never leaves its machine,
 * so numbers are in the machine's own order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/journal.h"

struct head {
	uint32_t len;		/* of the entries */
	uint32_t sum;		/* of len and the entries */
};

struct fixed {
	uint8_t kind;
	uint8_t zero;
	uint16_t domid;
	int32_t number;
	uint32_t id;
	uint32_t cons, prod;
	uint32_t data_len;
	uint16_t path_len, token_len;	/* with their NUL */
	uint32_t zeroes;
	uint64_t big;
};

_Static_assert(sizeof(struct fixed) == 40, "no hidden bytes");

/* A permission in its written form. */
struct written_perm {
	uint16_t domid;
	uint8_t bits;
	uint8_t zero;
};

static uint32_t crc_table[256];

static void crc_table_make(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t v = i;

		for (int bit = 0; bit < 8; bit++)
			v = v & 1 ? v >> 1 ^ 0x82f63b78u : v >> 1;
		crc_table[i] = v;
	}
}

/* CRC-32C: Castagnoli's polynomial, reflected, as in RFC 3720 B.4. */
static uint32_t checksum(uint32_t len, const void *entries)
{
	const unsigned char *p = (const unsigned char *)&len;
	uint32_t sum = ~0u;

	if (!crc_table[1])
		crc_table_make();
	for (size_t i = 0; i < sizeof(len); i++)
		sum = sum >> 8 ^ crc_table[(sum ^ p[i]) & 255];
	p = entries;
	for (size_t i = 0; i < len; i++)
		sum = sum >> 8 ^ crc_table[(sum ^ p[i]) & 255];
	return ~sum;
}

void journal_init(struct journal *j, int (*write)(void *, const void *, size_t), void *ctx)
{
	memset(j, 0, sizeof(*j));
	j->write = write;
	j->ctx = ctx;
	j->len = sizeof(struct head);
}

void journal_fini(struct journal *j)
{
	free(j->buf);
	memset(j, 0, sizeof(*j));
}

/* Room for n bytes more, or NULL; they are the record's already. */
static char *grow(struct journal *j, size_t n)
{
	size_t room = j->room ? j->room : 4096;
	char *buf;

	while (room - j->len < n)
		room *= 2;
	if (room != j->room) {
		buf = realloc(j->buf, room);
		if (!buf)
			return NULL;
		j->buf = buf;
		j->room = room;
	}
	j->len += n;
	return j->buf + j->len - n;
}

void journal_add(struct journal *j, const struct journal_entry *e)
{
	const char *path, *token;
	struct fixed f;
	char *to;

	if (!j)
		return;
	path = e->path ? e->path : "";
	token = e->token ? e->token : "";
	f = (struct fixed){
		.kind = (uint8_t)e->kind, .domid = e->domid, .number = e->number, .id = e->id, .cons = e->cons,
		.prod = e->prod, .data_len = (uint32_t)e->len, .path_len = (uint16_t)(strlen(path) + 1),
		.token_len = (uint16_t)(strlen(token) + 1), .big = e->big,
	};
	to = grow(j, sizeof(f) + f.path_len + f.token_len + e->len);
	if (!to) {
		j->failed = true;
		return;
	}
	memcpy(to, &f, sizeof(f));
	memcpy(to + sizeof(f), path, f.path_len);
	memcpy(to + sizeof(f) + f.path_len, token, f.token_len);
	if (e->len)
		memcpy(to + sizeof(f) + f.path_len + f.token_len, e->data, e->len);
}

void journal_add_perms(struct journal *j, struct journal_entry *e, const struct perm_list *perms)
{
	struct written_perm list[JOURNAL_PERMS_MAX] = { 0 };

	if (!j)
		return;
	if (perms->n > JOURNAL_PERMS_MAX) {
		j->failed = true;
		return;
	}
	for (unsigned i = 0; i < perms->n; i++) {
		list[i].domid = perms->p[i].domid;
		list[i].bits = perms->p[i].bits;
	}
	e->data = list;
	e->len = perms->n * sizeof(list[0]);
	journal_add(j, e);
}

int journal_commit(struct journal *j)
{
	struct head head;
	int ret;

	if (!j || (j->len == sizeof(head) && !j->failed))
		return 0;
	if (!j->failed) {
		head.len = (uint32_t)(j->len - sizeof(head));
		head.sum = checksum(head.len, j->buf + sizeof(head));
		memcpy(j->buf, &head, sizeof(head));
	}
	j->records++;
	j->bytes += j->len;
	/* No record at all is the sink's matter like one that cannot be written. */
	ret = j->write(j->ctx, j->failed ? NULL : j->buf, j->len);
	j->len = sizeof(head);
	j->failed = false;
	return ret;
}

void journal_read(struct journal_reader *r, const void *bytes, size_t len)
{
	r->at = bytes;
	r->end = r->at + len;
	r->entry = r->entries_end = NULL;
}

/* Takes the next entry off p[0..left-1]; its size, or 0 when it is none. */
static size_t entry_parse(const char *p, size_t left, struct journal_entry *e)
{
	struct fixed f;
	size_t size;

	if (left < sizeof(f))
		return 0;
	memcpy(&f, p, sizeof(f));
	size = sizeof(f) + f.path_len + f.token_len;
	if (!f.kind || f.kind >= JOURNAL_KINDS || !f.path_len || !f.token_len || size > left || f.data_len > left - size)
		return 0;
	*e = (struct journal_entry){
		.kind = (enum journal_kind)f.kind, .domid = f.domid, .number = f.number, .id = f.id, .cons = f.cons,
		.prod = f.prod, .big = f.big, .path = p + sizeof(f), .token = p + sizeof(f) + f.path_len,
		.data = p + size, .len = f.data_len,
	};
	if (memchr(e->path, '\0', f.path_len) != e->path + f.path_len - 1 ||
	    memchr(e->token, '\0', f.token_len) != e->token + f.token_len - 1)
		return 0;
	return size + f.data_len;
}

static bool record_is_whole(const char *entries, size_t len)
{
	struct journal_entry e;
	size_t n;

	for (; len; entries += n, len -= n) {
		n = entry_parse(entries, len, &e);
		if (!n)
			return false;
	}
	return true;
}

/* The next record, looked at as a whole. */
static bool record_begin(struct journal_reader *r)
{
	size_t left = (size_t)(r->end - r->at);
	struct head head;

	if (left < sizeof(head))
		return false;
	memcpy(&head, r->at, sizeof(head));
	if (!head.len || head.len > left - sizeof(head) || head.sum != checksum(head.len, r->at + sizeof(head)) ||
	    !record_is_whole(r->at + sizeof(head), head.len))
		return false;
	r->entry = r->at + sizeof(head);
	r->entries_end = r->entry + head.len;
	return true;
}

bool journal_next(struct journal_reader *r, struct journal_entry *e)
{
	size_t n;

	if (!r->entry && !record_begin(r))
		return false;
	n = entry_parse(r->entry, (size_t)(r->entries_end - r->entry), e);
	r->entry += n;
	if (r->entry == r->entries_end) {
		r->at = r->entries_end;
		r->entry = NULL;
	}
	return true;
}

struct perm_list *journal_perms(const struct journal_entry *e)
{
	struct written_perm w;
	struct perm list[JOURNAL_PERMS_MAX];
	unsigned n = (unsigned)(e->len / sizeof(w));

	if (!n || n > JOURNAL_PERMS_MAX || e->len % sizeof(w))
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		memcpy(&w, (const char *)e->data + i * sizeof(w), sizeof(w));
		if (w.domid >= PERM_DOMID_END || w.bits > (PERM_READ | PERM_WRITE))
			return NULL;
		list[i] = (struct perm){ w.domid, w.bits };
	}
	return perm_list_new(list, n);
}
