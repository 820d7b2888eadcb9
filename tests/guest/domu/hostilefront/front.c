/* SPDX-License-Identifier: BSD-2-Clause */
/* See front.h. */
#include <abi/sched.h>
#include "domu/hostilefront/front.h"
#include "kit/events.h"
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/run.h"
#include "kit/store.h"
#include "kit/string.h"
#include "kit/xenbus.h"

static char long_text[1901];
const char *const garbage[] = {
	"", "-1", "99999999999999999999", "4294967296", "0x", "abc", " 4", "4 ", "+4", "4\n", "\x01\xff", "1e3", long_text,
};
const unsigned int nr_garbage = sizeof(garbage) / sizeof(garbage[0]);

bool front_find(struct front *f, const char *type)
{
	char name[16], path[64];

	*f = (struct front){ 0 };
	memset(long_text, 'A', sizeof(long_text) - 1);
	if (kit_device_name(type, 0, name, sizeof(name)))
		return false;
	kit_snprintf(f->node, sizeof(f->node), "device/%s/%s", type, name);
	kit_snprintf(path, sizeof(path), "%s/backend", f->node);
	return !kit_store_read(0, path, f->backend, sizeof(f->backend));
}

static void note_written(struct front *f, const char *key)
{
	for (unsigned int i = 0; i < sizeof(f->written) / sizeof(f->written[0]); i++)
		if (!f->written[i] || !strcmp(f->written[i], key)) {
			f->written[i] = key;
			return;
		}
	kit_bail("too many keys");
}

void front_put(struct front *f, const char *key, const char *fmt, ...)
{
	static char value[2000];
	char path[96];
	va_list ap;

	va_start(ap, fmt);
	kit_vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	kit_snprintf(path, sizeof(path), "%s/%s", f->node, key);
	if (strcmp(key, "state"))
		note_written(f, key);
	kit_store_write(0, path, value);
}

void front_clear(struct front *f, const char *key)
{
	char path[96];

	kit_snprintf(path, sizeof(path), "%s/%s", f->node, key);
	kit_store_remove(0, path);
}

void front_state(struct front *f, unsigned int state)
{
	front_put(f, "state", "%u", state);
}

unsigned int back_state(struct front *f)
{
	char path[128];
	uint64_t state;

	kit_snprintf(path, sizeof(path), "%s/state", f->backend);
	return kit_store_number(0, path, &state) || state > 31 ? 0 : (unsigned int)state;
}

void pause_ms(unsigned int ms)
{
	uint64_t until = kit_time() + ms * (KIT_SECOND / 1000);

	while (kit_time() < until) {
		struct sched_poll poll = { .timeout = until };

		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
	}
}

bool back_wait(struct front *f, unsigned int states, unsigned int seconds)
{
	uint64_t until = kit_time() + seconds * KIT_SECOND;

	while (!(states & 1U << back_state(f))) {
		if (kit_time() > until)
			return false;
		pause_ms(5);
	}
	return true;
}

void front_rings_end(struct front *f)
{
	for (unsigned int i = 0; i < RINGS_MAX; i++) {
		struct raw_ring *r = &f->ring[i];

		for (unsigned int k = 0; k < r->pages; k++)
			kit_grant_end_page(r->ref[k], (uint8_t *)r->head + k * PAGE_SIZE);
		*r = (struct raw_ring){ 0 };
	}
	if (f->port)
		kit_port_close(f->port);
	if (f->ctrl_port)
		kit_port_close(f->ctrl_port);
	f->port = f->ctrl_port = 0;
}

bool front_reset(struct front *f)
{
	bool closed;

	front_state(f, XenbusStateClosed);
	closed = back_wait(f, IN(Closed), 30);
	front_rings_end(f);
	for (unsigned int i = 0; i < sizeof(f->written) / sizeof(f->written[0]) && f->written[i]; i++) {
		front_clear(f, f->written[i]);
		f->written[i] = NULL;
	}
	return closed;
}

bool front_invite(struct front *f)
{
	int port = kit_port_open(0);

	f->port = port > 0 ? (uint32_t)port : 0;
	front_state(f, XenbusStateInitialising);
	return f->port && back_wait(f, IN(InitWait), 30);
}

/* ---- rings ---- */

void raw_ring_make(struct raw_ring *r, unsigned int pages, uint32_t entry, bool readonly)
{
	uint32_t fit = (uint32_t)((pages * PAGE_SIZE - XEN_RING_HEADER_SIZE) / entry);

	*r = (struct raw_ring){ .head = kit_page_alloc(pages), .pages = pages, .entry = entry, .size = 1 };
	if (!r->head)
		kit_bail("no page for a ring");
	r->slots = (uint8_t *)r->head + XEN_RING_HEADER_SIZE;
	while (r->size * 2 <= fit)
		r->size *= 2;
	r->head->req_event = r->head->rsp_event = 1;
	for (unsigned int i = 0; i < pages; i++) {
		int ref = kit_grant(0, (uint8_t *)r->head + i * PAGE_SIZE, readonly);

		if (ref < 0)
			kit_bail("no grant for a ring: %d", ref);
		r->ref[i] = (uint32_t)ref;
	}
}

void *raw_slot(struct raw_ring *r, uint32_t index)
{
	return r->slots + (size_t)(index & (r->size - 1)) * r->entry;
}

void raw_push(struct front *f, struct raw_ring *r)
{
	__atomic_store_n(&r->head->req_prod, r->prod, __ATOMIC_SEQ_CST);
	kit_send(f->port);
}

bool raw_settled(struct raw_ring *r, unsigned int seconds)
{
	uint64_t until = kit_time() + seconds * KIT_SECOND;

	while (__atomic_load_n(&r->head->rsp_prod, __ATOMIC_ACQUIRE) != r->prod) {
		if (kit_time() > until)
			return false;
		pause_ms(1);
	}
	r->cons = r->prod;
	return true;
}

void raw_scribble(struct raw_ring *r)
{
	__atomic_store_n(&r->head->rsp_event, chance(0x80000000U), __ATOMIC_RELAXED);
	__atomic_store_n(&r->head->req_event, chance(0x80000000U), __ATOMIC_RELAXED);
	__atomic_store_n(&r->head->rsp_prod, chance(0x80000000U), __ATOMIC_RELAXED);
}

/* ---- the second vCPU ---- */

static bool racing;

static void race(void *arg)
{
	void (*fn)(void);

	memcpy(&fn, arg, sizeof(fn));
	while (__atomic_load_n(&racing, __ATOMIC_ACQUIRE))
		fn();
}

void race_begin(void (*fn)(void))
{
	static void (*what)(void);

	what = fn;
	__atomic_store_n(&racing, true, __ATOMIC_RELEASE);
	kit_vcpu_run(1, race, &what);
}

void race_end(void)
{
	__atomic_store_n(&racing, false, __ATOMIC_RELEASE);
	kit_vcpu_wait(1);
}

void race_with_events(struct front *f, void (*fn)(void))
{
	race_begin(fn);
	for (int i = 0; i < 20; i++) {
		kit_send(f->port);
		pause_ms(5);
	}
	race_end();
}

uint32_t chance(uint32_t below)
{
	static uint64_t state[2] = { 88172645463325252UL, 2463534242UL };
	uint64_t *s = &state[kit_vcpu_id() != 0];

	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return below ? (uint32_t)(*s >> 16) % below : 0;
}

void chance_fill(void *to, size_t n)
{
	for (uint8_t *p = to; n--; p++)
		*p = (uint8_t)chance(256);
}
