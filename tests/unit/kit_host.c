/* SPDX-License-Identifier: BSD-2-Clause */
/* See kit_host.h. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sanitizer/asan_interface.h>

#include <abi/errno.h>
#include "kit/events.h"
#include "kit/grant.h"
#include "kit/grant_table.h"
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/pages.h"
#include "kit/store.h"
#include "kit_host.h"

#define PORTS	64
#define NODES	256
#define WATCHES	16

static uint8_t arena[HOST_PAGES * PAGE_SIZE] PAGE_ALIGNED;
static uint64_t bits[HOST_PAGES / 64];
static struct kit_pages pages;

struct grant_entry_v1 host_grants[HOST_REFS];
static struct kit_grant_table table;
static uint32_t next_ref[HOST_REFS];
static struct { uint32_t ref; void *page; } kept[HOST_REFS];
static unsigned int nr_kept;

static struct { bool open, pending, notified; void (*fn)(void *); void *arg; } ports[PORTS];
static struct { char path[160], value[256]; } nodes[NODES];
static struct kit_watch *watches[WATCHES];
static struct kit_task news;
static uint64_t now;

void (*host_turn)(void);

void host_start(void)
{
	kit_pages_init(&pages, bits, HOST_PAGES);
	kit_pages_give(&pages, 0, HOST_PAGES);
	__asan_poison_memory_region(arena, sizeof(arena));
	memset(host_grants, 0, sizeof(host_grants));
	kit_grant_table_init(&table, host_grants);
	kit_grant_table_extend(&table, HOST_REFS, next_ref);
	nr_kept = 0;
	memset(ports, 0, sizeof(ports));
	memset(nodes, 0, sizeof(nodes));
	memset(watches, 0, sizeof(watches));
	kit_task_remove(&news);
	host_turn = NULL;
}

/* ---- memory ---- */

void *kit_page_alloc(size_t n)
{
	size_t first = kit_pages_take(&pages, n);

	if (first == KIT_PAGES_NONE)
		return NULL;
	__asan_unpoison_memory_region(arena + first * PAGE_SIZE, n * PAGE_SIZE);
	return memset(arena + first * PAGE_SIZE, 0, n * PAGE_SIZE);
}

void kit_page_free(void *va, size_t n)
{
	if (!va || !n)
		return;
	assert(kit_pages_give(&pages, (size_t)((uint8_t *)va - arena) / PAGE_SIZE, n));
	__asan_poison_memory_region(va, n * PAGE_SIZE);
}

size_t host_pages_free(void)
{
	return pages.nr_free;
}

void *kit_malloc(size_t size) { return malloc(size); }
void *kit_calloc(size_t n, size_t size) { return calloc(n, size); }
void kit_free(void *block) { free(block); }

/* ---- grants ---- */

int kit_grant(uint16_t domid, const void *page, bool readonly)
{
	size_t frame = (size_t)((const uint8_t *)page - arena) / PAGE_SIZE;
	uint32_t ref;

	assert(frame < HOST_PAGES);
	ref = kit_grant_table_take(&table, domid, (uint32_t)frame, readonly);
	return ref == KIT_GRANT_NONE ? -XEN_ENOSPC : (int)ref;
}

int kit_grant_end(uint32_t ref)
{
	return kit_grant_table_end(&table, ref) ? 0 : -XEN_EBUSY;
}

unsigned int kit_grants_kept(void)
{
	for (unsigned int i = 0; i < nr_kept;) {
		if (!kit_grant_table_end(&table, kept[i].ref)) {
			i++;
			continue;
		}
		kit_page_free(kept[i].page, 1);
		kept[i] = kept[--nr_kept];
	}
	return nr_kept;
}

void kit_grant_end_page(uint32_t ref, void *page)
{
	kept[nr_kept].ref = ref;
	kept[nr_kept++].page = page;
	kit_grants_kept();
}

uint32_t host_grants_free(void)
{
	return table.nr_free;
}

void *host_map(uint32_t ref, bool write)
{
	const struct grant_entry_v1 *e = &host_grants[ref];

	if (ref >= HOST_REFS || !(e->flags & GTF_permit_access) || e->domid || e->frame >= HOST_PAGES ||
	    (write && e->flags & GTF_readonly))
		return NULL;
	return arena + (size_t)e->frame * PAGE_SIZE;
}

/* ---- events ---- */

int kit_port_open(uint16_t domid)
{
	(void)domid;
	for (int i = 1; i < PORTS; i++)
		if (!ports[i].open) {
			ports[i].open = true;
			return i;
		}
	return -XEN_ENOSPC;
}

void kit_port_close(uint32_t port)
{
	assert(port < PORTS && ports[port].open);
	memset(&ports[port], 0, sizeof(ports[port]));
}

unsigned int host_ports_open(void)
{
	unsigned int n = 0;

	for (int i = 0; i < PORTS; i++)
		n += ports[i].open;
	return n;
}

int kit_listen(uint32_t port, void (*fn)(void *arg), void *arg)
{
	assert(port < PORTS && ports[port].open && !ports[port].fn);
	ports[port].fn = fn;
	ports[port].arg = arg;
	return 0;
}

long kit_send(uint32_t port)
{
	assert(port < PORTS && ports[port].open);
	ports[port].notified = true;
	return 0;
}

void host_event(uint32_t port)
{
	if (port < PORTS && ports[port].open)
		ports[port].pending = true;
}

bool host_was_notified(uint32_t port)
{
	bool was = port < PORTS && ports[port].notified;

	if (was)
		ports[port].notified = false;
	return was;
}

bool kit_events_dispatch(void)
{
	bool any = false;

	if (host_turn)
		host_turn();
	for (int i = 1; i < PORTS; i++)
		if (ports[i].pending && ports[i].fn) {
			ports[i].pending = false;
			ports[i].fn(ports[i].arg);
			any = true;
		}
	return any;
}

void kit_events_wait(uint64_t until)
{
	now = until > now ? until : now + 1000000;
}

uint64_t kit_time(void) { return now += 1000; }
unsigned int kit_vcpu_id(void) { return 0; }
void kit_life_start(void) { }

void kit_printf(const char *fmt, ...)
{
	(void)fmt;
}

/* ---- the store ---- */

static int find(const char *path)
{
	for (int i = 0; i < NODES; i++)
		if (nodes[i].path[0] && !strcmp(nodes[i].path, path))
			return i;
	return -1;
}

static void set(const char *path, const char *value)
{
	int i = find(path);

	for (int k = 0; i < 0 && k < NODES; k++)
		if (!nodes[k].path[0])
			i = k;
	assert(i >= 0);
	snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
	snprintf(nodes[i].value, sizeof(nodes[i].value), "%s", value);
}

void host_store_set(const char *path, const char *fmt, ...)
{
	char value[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	set(path, value);
}

const char *host_store_get(const char *path)
{
	int i = find(path);

	return i < 0 ? NULL : nodes[i].value;
}

/* With all below it. */
static bool remove_tree(const char *path)
{
	size_t n = strlen(path);
	bool any = false;

	for (int i = 0; i < NODES; i++)
		if (!strncmp(nodes[i].path, path, n) && (nodes[i].path[n] == '\0' || nodes[i].path[n] == '/')) {
			nodes[i].path[0] = '\0';
			any = true;
		}
	return any;
}

void host_store_remove(const char *path)
{
	remove_tree(path);
}

int kit_store_read(uint32_t tx, const char *path, char *buf, size_t size)
{
	const char *value = host_store_get(path);

	(void)tx;
	if (!value)
		return -XEN_ENOENT;
	return snprintf(buf, size, "%s", value) < (int)size ? 0 : -XEN_E2BIG;
}

int kit_store_number(uint32_t tx, const char *path, uint64_t *value)
{
	const char *text = host_store_get(path);

	(void)tx;
	return !text ? -XEN_ENOENT : kit_parse_number(text, value) ? 0 : -XEN_EINVAL;
}

int kit_store_write(uint32_t tx, const char *path, const char *value)
{
	(void)tx;
	set(path, value);
	return 0;
}

int kit_store_remove(uint32_t tx, const char *path)
{
	(void)tx;
	return remove_tree(path) ? 0 : -XEN_ENOENT;
}

/* Every third transaction has to be done again. */
int kit_store_begin(uint32_t *tx)
{
	static uint32_t last;

	*tx = ++last;
	return 0;
}

int kit_store_end(uint32_t tx, bool commit)
{
	return commit && tx % 3 == 0 ? -XEN_EAGAIN : 0;
}

/* One device of each type that has nodes: the one that was set first. */
int kit_store_list(uint32_t tx, const char *path, char *buf, size_t size)
{
	size_t n = strlen(path);

	(void)tx;
	for (int i = 0; i < NODES; i++)
		if (!strncmp(nodes[i].path, path, n) && nodes[i].path[n] == '/') {
			size_t len = strcspn(nodes[i].path + n + 1, "/");

			assert(len < size);
			memcpy(buf, nodes[i].path + n + 1, len);
			buf[len] = '\0';
			return 1;
		}
	return -XEN_ENOENT;
}

static void tell(void *arg)
{
	(void)arg;
	for (int i = 0; i < WATCHES; i++)
		if (watches[i])
			watches[i]->fn(watches[i]->arg);
}

void host_watches_fire(void)
{
	news.fn = tell;
	kit_task_add(&news);
}

int kit_watch_add(struct kit_watch *w, void (*fn)(void *arg), void *arg, const char *fmt, ...)
{
	(void)fmt;
	w->fn = fn;
	w->arg = arg;
	for (int i = 0; i < WATCHES; i++)
		if (!watches[i]) {
			watches[i] = w;
			host_watches_fire();
			return 0;
		}
	return -XEN_ENOSPC;
}

void kit_watch_remove(struct kit_watch *w)
{
	for (int i = 0; i < WATCHES; i++)
		if (watches[i] == w)
			watches[i] = NULL;
	kit_task_remove(&news);
	host_watches_fire();
}
