/* SPDX-License-Identifier: BSD-2-Clause */
/* See heap.h. The header takes 64 bytes, so that a page of the largest class holds one block, and blocks stay aligned. */
#include "kit/heap.h"

#define PAGE		4096UL
#define HEADER		64UL
#define MAGIC		0x6b697468656170UL
#define RUN		0xffU	/* class of a page that begins a run */

/* In a page of blocks, the first bytes of a free block lead to the next free one; the mark tells it from a live one. */
struct free_block {
	struct free_block *next;
	uint64_t mark;
};

struct kit_heap_page {
	uint64_t magic;
	uint32_t cls;
	uint32_t nr_free;
	size_t pages;				/* of a run */
	struct kit_heap_page *next, **link;	/* in the list of partial pages; link points at what points here */
	struct free_block *free;
};

_Static_assert(sizeof(struct kit_heap_page) <= HEADER, "the header has its place");

static uint64_t mark_of(const struct free_block *b)
{
	return MAGIC ^ (uint64_t)b;
}

static size_t class_size(unsigned int cls)
{
	return 16UL << cls;
}

static size_t class_count(unsigned int cls)
{
	return (PAGE - HEADER) / class_size(cls);
}

static void list_add(struct kit_heap *h, struct kit_heap_page *p)
{
	struct kit_heap_page **head = &h->partial[p->cls];

	p->next = *head;
	p->link = head;
	if (p->next)
		p->next->link = &p->next;
	*head = p;
}

static void list_remove(struct kit_heap_page *p)
{
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
}

static struct kit_heap_page *page_make(struct kit_heap *h, unsigned int cls)
{
	struct kit_heap_page *p = h->page_alloc(1);

	if (!p)
		return NULL;
	*p = (struct kit_heap_page){ .magic = MAGIC, .cls = cls, .nr_free = (uint32_t)class_count(cls) };
	for (size_t i = class_count(cls); i-- > 0;) {
		struct free_block *b = (struct free_block *)((uint8_t *)p + HEADER + i * class_size(cls));

		*b = (struct free_block){ p->free, mark_of(b) };
		p->free = b;
	}
	list_add(h, p);
	return p;
}

static void *run_alloc(struct kit_heap *h, size_t size)
{
	size_t n = (size + HEADER + PAGE - 1) / PAGE;
	struct kit_heap_page *p = size > ~0UL - PAGE * 2 ? NULL : h->page_alloc(n);

	if (!p)
		return NULL;
	*p = (struct kit_heap_page){ .magic = MAGIC, .cls = RUN, .pages = n };
	return (uint8_t *)p + HEADER;
}

void *kit_heap_alloc(struct kit_heap *h, size_t size)
{
	struct kit_heap_page *p;
	struct free_block *b;
	unsigned int cls = 0;

	while (cls < KIT_HEAP_CLASSES && class_size(cls) < size)
		cls++;
	if (cls == KIT_HEAP_CLASSES)
		return run_alloc(h, size);
	p = h->partial[cls] ? h->partial[cls] : page_make(h, cls);
	if (!p)
		return NULL;
	b = p->free;
	p->free = b->next;
	b->mark = 0;
	if (--p->nr_free == 0)
		list_remove(p);
	return b;
}

/* A page that became empty goes back, unless it is its class's only one. */
static void block_free(struct kit_heap *h, struct kit_heap_page *p, struct free_block *b)
{
	*b = (struct free_block){ p->free, mark_of(b) };
	p->free = b;
	if (p->nr_free++ == 0)
		list_add(h, p);
	if (p->nr_free < class_count(p->cls) || (h->partial[p->cls] == p && !p->next))
		return;
	list_remove(p);
	p->magic = 0;
	h->page_free(p, 1);
}

bool kit_heap_free(struct kit_heap *h, void *block)
{
	struct kit_heap_page *p = (struct kit_heap_page *)((uint64_t)block & -PAGE);
	size_t offset = (uint64_t)block % PAGE;
	struct free_block *b = block;

	if (offset < HEADER || p->magic != MAGIC)
		return false;
	if (p->cls == RUN) {
		if (offset != HEADER)
			return false;
		p->magic = 0;
		h->page_free(p, p->pages);
		return true;
	}
	if ((offset - HEADER) % class_size(p->cls) || b->mark == mark_of(b))
		return false;
	block_free(h, p, b);
	return true;
}
