/* SPDX-License-Identifier: BSD-2-Clause */
/* See config.h. */
#include "guests/router/config.h"
#include "kit/string.h"

#define TEXT_MAX	64u
#define NO_INTERFACE	ROUTER_INTERFACES

/* Takes what stands before the next comma. */
static bool next_text(const char **at, char text[TEXT_MAX])
{
	size_t n = 0;

	for (; **at && **at != ','; (*at)++) {
		if (n + 1 == TEXT_MAX)
			return false;
		text[n++] = **at;
	}
	text[n] = '\0';
	if (**at)
		(*at)++;
	return n;
}

static const char *read_interface(struct router *r, unsigned int i, const char *value)
{
	struct router_interface *f = &r->interface[i];
	char text[TEXT_MAX];

	while (*value) {
		if (f->nr_addrs + 1 >= ROUTER_ADDRS_MAX)	/* one is left for the link-local one */
			return "at most seven addresses";
		if (!next_text(&value, text) || !net_prefix_parse(text, &f->addr[f->nr_addrs]) ||
		    net_addr_is_multicast(&f->addr[f->nr_addrs].addr))
			return "addresses like 10.0.0.1/24,fd00::1/64";
		f->nr_addrs++;
	}
	return NULL;
}

/* The interface whose link the next hop is on. */
static unsigned int interface_of(const struct router *r, const struct net_addr *via)
{
	for (unsigned int i = 0; i < ROUTER_INTERFACES; i++)
		for (unsigned int k = 0; k < r->interface[i].nr_addrs; k++)
			if (net_prefix_has(&r->interface[i].addr[k], via))
				return i;
	return NO_INTERFACE;
}

static const char *read_route(struct router *r, const char *value)
{
	static const char wanted[] = "PREFIX,NEXT-HOP, or PREFIX,NEXT-HOP,INTERFACE";
	struct router_route *t = &r->route[r->nr_routes];
	char text[TEXT_MAX];
	uint64_t n;

	if (r->nr_routes == ROUTER_ROUTES_MAX)
		return "at most 64 routes";
	if (!next_text(&value, text) || !net_prefix_parse(text, &t->to) || !next_text(&value, text) || !net_addr_parse(text, &t->via))
		return wanted;
	if (net_addr_is_ip4(&t->to.addr) != net_addr_is_ip4(&t->via))
		return "a next hop of the prefix's family";
	t->interface = NO_INTERFACE;
	if (*value) {
		if (!next_text(&value, text) || *value || !kit_parse_number(text, &n) || n >= ROUTER_INTERFACES)
			return wanted;
		t->interface = (uint8_t)n;
	}
	r->nr_routes++;
	return NULL;
}

/* Next hops are looked up when all addresses are known, in whatever order the words are. */
static bool finish_routes(struct router *r)
{
	for (unsigned int k = 0; k < r->nr_routes; k++) {
		struct router_route *t = &r->route[k];

		if (t->interface == NO_INTERFACE)
			t->interface = (uint8_t)interface_of(r, &t->via);
		if (t->interface == NO_INTERFACE)
			return false;
	}
	return true;
}

static const char *read_rule(struct router *r, const char *value)
{
	const char *at;

	if (r->filter.nr == FILTER_RULES_MAX)
		return "at most 64 rules";
	if (!filter_rule_parse(value, &r->filter.rule[r->filter.nr], &at))
		return "allow or deny, and in= out= proto= src= dst= sport= dport= behind commas";
	r->filter.nr++;
	return NULL;
}

static const char *read_word(struct router *r, struct router_options *o, const char *word)
{
	if (!strncmp(word, "if0=", 4))
		return read_interface(r, 0, word + 4);
	if (!strncmp(word, "if1=", 4))
		return read_interface(r, 1, word + 4);
	if (!strncmp(word, "route=", 6))
		return read_route(r, word + 6);
	if (!strncmp(word, "rule=", 5))
		return read_rule(r, word + 5);
	if (!strncmp(word, "report=", 7))
		return kit_parse_number(word + 7, &o->report) && o->report <= 86400 ? NULL : "seconds, a day at most";
	if (!strcmp(word, "default=allow") || !strcmp(word, "default=deny")) {
		r->filter.allow = word[8] == 'a';
		return NULL;
	}
	return "if0= if1= route= rule= default=allow|deny report=";
}

bool router_config_read(struct router *r, struct router_options *o, int argc, char *argv[], const char **word, const char **why)
{
	r->filter.allow = true;
	*o = (struct router_options){ .report = 0 };
	for (int i = 1; i < argc; i++) {
		*word = argv[i];
		*why = read_word(r, o, argv[i]);
		if (*why)
			return false;
	}
	*word = "route=";
	*why = "next hops that are on a link of if0= or if1=";
	if (!finish_routes(r))
		return false;
	*word = "if0= if1=";
	*why = "an address for each interface";
	return r->interface[0].nr_addrs && r->interface[1].nr_addrs;
}
