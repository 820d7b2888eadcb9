/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Circular doubly linked lists, threaded through the objects. An entry that was removed points to itself, so
 * that list_empty() on an entry tells whether it is linked and a second list_del() does no harm. Locking is
 * the caller's.
 */
#ifndef SOCLE_LIB_LIST_H
#define SOCLE_LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }

#ifndef container_of
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#endif

static inline void list_init(struct list_head *h)
{
	h->next = h;
	h->prev = h;
}

static inline void list_insert_between(struct list_head *e, struct list_head *before, struct list_head *after)
{
	e->prev = before;
	e->next = after;
	before->next = e;
	after->prev = e;
}

/* After h: at the front when h is the head of the list. */
static inline void list_add(struct list_head *e, struct list_head *h)
{
	list_insert_between(e, h, h->next);
}

/* Before h: at the end when h is the head of the list. */
static inline void list_add_tail(struct list_head *e, struct list_head *h)
{
	list_insert_between(e, h->prev, h);
}

static inline void list_del(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	list_init(e);
}

static inline bool list_empty(const struct list_head *h)
{
	return h->next == h;
}

/* All entries of one list, in their order, to the end of another, however many there are. */
static inline void list_append_all(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)
#define list_last(head, type, member) list_entry((head)->prev, type, member)

#define list_for_each_entry(pos, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* The body may remove pos (only pos); next is a cursor of pos's type. */
#define list_for_each_entry_safe(pos, following, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member), \
	     following = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = following, following = list_entry(following->member.next, __typeof__(*pos), member))

#endif
