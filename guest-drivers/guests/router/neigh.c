/* SPDX-License-Identifier: BSD-2-Clause */
/* See neigh.h. */
#include "kit/string.h"
#include "guests/router/neigh.h"

static void drop_frame(struct neigh_table *t, struct neigh *n)
{
	t->lost += n->held > 0;
	n->held = 0;
}

static struct neigh *find(struct neigh_table *t, unsigned int interface, const struct net_addr *a)
{
	for (unsigned int i = 0; i < NEIGH_MAX; i++)
		if (t->entry[i].used && t->entry[i].interface == interface && net_addr_equal(&t->entry[i].addr, a))
			return &t->entry[i];
	return NULL;
}

static struct neigh *make_entry(struct neigh_table *t, unsigned int interface, const struct net_addr *a, uint64_t now)
{
	struct neigh *n = &t->entry[0];

	for (unsigned int i = 0; i < NEIGH_MAX && n->used; i++)
		if (!t->entry[i].used || t->entry[i].wanted < n->wanted)
			n = &t->entry[i];
	if (n->used)
		drop_frame(t, n);
	*n = (struct neigh){ .used = true, .interface = (uint8_t)interface, .addr = *a, .wanted = now };
	return n;
}

/* Asks once a second at most. False: it was asked for often enough. */
static bool question(struct neigh *n, uint64_t now, bool *ask)
{
	if (n->tries && now - n->asked < NEIGH_SECOND)
		return true;
	if (n->tries == NEIGH_TRIES)
		return false;
	n->tries++;
	n->asked = now;
	*ask = true;
	return true;
}

enum neigh_answer neigh_want(struct neigh_table *t, unsigned int interface, const struct net_addr *a, uint64_t now, struct neigh **out,
			     bool *ask)
{
	struct neigh *n = find(t, interface, a);

	if (!n)
		n = make_entry(t, interface, a, now);
	*out = n;
	*ask = false;
	n->wanted = now;
	if (n->known && now - n->heard < NEIGH_FRESH)
		return NEIGH_KNOWN;
	if (!question(n, now, ask)) {
		drop_frame(t, n);
		n->used = false;
		return NEIGH_NOBODY;
	}
	return n->known ? NEIGH_KNOWN : NEIGH_WAIT;
}

bool neigh_hold(struct neigh_table *t, struct neigh *n, const void *data, uint32_t len)
{
	if (len > NEIGH_HOLD_MAX - n->held) {
		t->lost++;
		n->held = 0;
		return false;
	}
	memcpy(n->frame + n->held, data, len);
	n->held = (uint16_t)(n->held + len);
	return true;
}

struct neigh *neigh_heard(struct neigh_table *t, unsigned int interface, const struct net_addr *a, const struct net_mac *mac, uint64_t now,
			  bool make)
{
	struct neigh *n = find(t, interface, a);

	if (!n && make)
		n = make_entry(t, interface, a, now);
	if (!n)
		return NULL;
	n->known = true;
	n->mac = *mac;
	n->heard = now;
	n->tries = 0;
	return n;
}

void neigh_tick(struct neigh_table *t, uint64_t now, void (*ask)(void *arg, const struct neigh *n), void *arg)
{
	for (unsigned int i = 0; i < NEIGH_MAX; i++) {
		struct neigh *n = &t->entry[i];
		bool again = false;

		if (!n->used || !n->held || n->known)
			continue;
		if (!question(n, now, &again)) {
			drop_frame(t, n);
			n->used = false;
		} else if (again) {
			ask(arg, n);
		}
	}
}

void neigh_flush(struct neigh_table *t, unsigned int interface)
{
	for (unsigned int i = 0; i < NEIGH_MAX; i++)
		if (t->entry[i].used && t->entry[i].interface == interface) {
			drop_frame(t, &t->entry[i]);
			t->entry[i].used = false;
		}
}
