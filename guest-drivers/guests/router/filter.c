/* SPDX-License-Identifier: BSD-2-Clause */
/* See filter.h. */
#include "kit/string.h"
#include "net/wire.h"
#include "guests/router/filter.h"

#define WORD_MAX 80u

/* Takes the next word before a comma. False: there is none, or it is too long to be one. */
static bool next_word(const char **at, char word[WORD_MAX])
{
	size_t n = 0;

	while (**at && **at != ',') {
		if (n + 1 == WORD_MAX)
			return false;
		word[n++] = *(*at)++;
	}
	word[n] = '\0';
	if (**at == ',')
		(*at)++;
	return n;
}

static bool number(const char *text, uint64_t max, uint64_t *v)
{
	return kit_parse_number(text, v) && *v <= max;
}

static bool parse_interface(const char *text, uint8_t *out)
{
	uint64_t v;

	if (!number(text, 1, &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

static bool parse_proto(const char *text, uint8_t *out)
{
	static const struct { const char *name; uint8_t proto; } names[] = {
		{ "tcp", PROTO_TCP }, { "udp", PROTO_UDP }, { "icmp", PROTO_ICMP }, { "icmp6", PROTO_ICMP6 },
	};
	uint64_t v;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i].name)) {
			*out = names[i].proto;
			return true;
		}
	if (!number(text, 255, &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

static bool parse_ports(char *text, struct filter_ports *out)
{
	char *dash = strchr(text, '-');
	uint64_t low, high;

	if (dash)
		*dash++ = '\0';
	if (!number(text, 65535, &low) || !number(dash ? dash : text, 65535, &high) || low > high)
		return false;
	*out = (struct filter_ports){ (uint16_t)low, (uint16_t)high };
	return true;
}

static bool parse_field(struct filter_rule *r, const char *key, char *value)
{
	if (!strcmp(key, "in"))
		return parse_interface(value, &r->in);
	if (!strcmp(key, "out"))
		return parse_interface(value, &r->out);
	if (!strcmp(key, "proto"))
		return r->has_proto = parse_proto(value, &r->proto);
	if (!strcmp(key, "src"))
		return r->has_src = net_prefix_parse(value, &r->src);
	if (!strcmp(key, "dst"))
		return r->has_dst = net_prefix_parse(value, &r->dst);
	if (!strcmp(key, "sport"))
		return r->has_sport = parse_ports(value, &r->sport);
	if (!strcmp(key, "dport"))
		return r->has_dport = parse_ports(value, &r->dport);
	return false;
}

bool filter_rule_parse(const char *text, struct filter_rule *r, const char **why)
{
	char word[WORD_MAX], *value;

	*r = (struct filter_rule){ .in = FILTER_ANY, .out = FILTER_ANY };
	*why = text;
	if (!next_word(&text, word))
		return false;
	r->allow = !strcmp(word, "allow");
	if (!r->allow && strcmp(word, "deny"))
		return false;
	while (*text) {
		*why = text;
		if (!next_word(&text, word))
			return false;
		value = strchr(word, '=');
		if (!value)
			return false;
		*value++ = '\0';
		if (!parse_field(r, word, value))
			return false;
	}
	return true;
}

static bool ports_match(const struct filter_rule *r, const struct net_packet *p)
{
	if (!r->has_sport && !r->has_dport)
		return true;
	if (!p->has_ports) {
		bool has_any = p->proto == PROTO_TCP || p->proto == PROTO_UDP;

		return has_any && !r->allow;
	}
	return (!r->has_sport || (p->src_port >= r->sport.low && p->src_port <= r->sport.high)) &&
	       (!r->has_dport || (p->dst_port >= r->dport.low && p->dst_port <= r->dport.high));
}

static bool matches(const struct filter_rule *r, const struct net_packet *p, const struct net_addr *src, const struct net_addr *dst,
		    unsigned int in, unsigned int out)
{
	return (r->in == FILTER_ANY || r->in == in) && (r->out == FILTER_ANY || r->out == out) &&
	       (!r->has_proto || r->proto == p->proto) && (!r->has_src || net_prefix_has(&r->src, src)) &&
	       (!r->has_dst || net_prefix_has(&r->dst, dst)) && ports_match(r, p);
}

bool filter_allows(struct filter *f, const struct net_packet *p, const struct net_addr *src, const struct net_addr *dst, unsigned int in,
		   unsigned int out)
{
	for (unsigned int i = 0; i < f->nr; i++) {
		struct filter_rule *r = &f->rule[i];

		if (!matches(r, p, src, dst, in, out))
			continue;
		r->packets++;
		r->bytes += p->end - p->l3;
		return r->allow;
	}
	f->packets++;
	f->bytes += p->end - p->l3;
	return f->allow;
}
