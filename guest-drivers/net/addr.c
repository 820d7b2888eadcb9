/* SPDX-License-Identifier: BSD-2-Clause */
/* See addr.h. */
#include "kit/string.h"
#include "net/addr.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct net_addr net_addr_ip4(const uint8_t b[4])
{
	struct net_addr a;

	memcpy(a.b, mapped, sizeof(mapped));
	memcpy(a.b + 12, b, 4);
	return a;
}

bool net_addr_is_ip4(const struct net_addr *a)
{
	return !memcmp(a->b, mapped, sizeof(mapped));
}

bool net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

bool net_addr_is_multicast(const struct net_addr *a)
{
	return net_addr_is_ip4(a) ? a->b[12] >> 4 == 14 : a->b[0] == 0xff;
}

bool net_addr_is_zero(const struct net_addr *a)
{
	static const uint8_t none[16];

	return !memcmp(a->b + 12, none, 4) && (net_addr_is_ip4(a) || !memcmp(a->b, none, sizeof(none)));
}

bool net_prefix_has(const struct net_prefix *p, const struct net_addr *a)
{
	unsigned int bytes = p->bits / 8, rest = p->bits % 8;

	if (memcmp(p->addr.b, a->b, bytes))
		return false;
	return !rest || !((p->addr.b[bytes] ^ a->b[bytes]) >> (8 - rest));
}

/* Digits of a base, a value of at most max; the place behind them, or NULL. */
static const char *parse_field(const char *t, unsigned int base, unsigned int max, unsigned int max_digits, unsigned int *value)
{
	unsigned int n = 0;

	for (*value = 0;; n++, t++) {
		unsigned int d = *t >= '0' && *t <= '9' ? (unsigned int)(*t - '0') :
				 *t >= 'a' && *t <= 'f' ? (unsigned int)(*t - 'a' + 10) :
				 *t >= 'A' && *t <= 'F' ? (unsigned int)(*t - 'A' + 10) : 99;

		if (d >= base)
			break;
		*value = *value * base + d;
		if (n == max_digits || *value > max)
			return NULL;
	}
	return n ? t : NULL;
}

static const char *parse_ip4(const char *t, uint8_t out[4])
{
	unsigned int v;

	for (unsigned int i = 0; i < 4; i++) {
		if (i && *t++ != '.')
			return NULL;
		t = parse_field(t, 10, 255, 3, &v);
		if (!t)
			return NULL;
		out[i] = (uint8_t)v;
	}
	return t;
}

/* The groups between colons; gap is set to where "::" was, or stays as it is. */
static const char *parse_groups(const char *t, uint8_t out[16], unsigned int *n, unsigned int *gap)
{
	unsigned int v;

	if (t[0] == ':' && t[1] != ':')
		return NULL;
	for (*n = 0; *n < 16;) {
		if (t[0] == ':' && t[1] == ':') {
			if (*gap <= 16)
				return NULL;
			*gap = *n;
			t += 2;
			if (!parse_field(t, 16, 0xffff, 4, &v))
				return t;
		} else if (*n) {
			if (*t != ':')
				return t;
			t++;
		}
		if (*n <= 12 && parse_ip4(t, out + *n)) {
			t = parse_ip4(t, out + *n);
			*n += 4;
			return t;
		}
		t = parse_field(t, 16, 0xffff, 4, &v);
		if (!t)
			return NULL;
		out[(*n)++] = (uint8_t)(v >> 8);
		out[(*n)++] = (uint8_t)v;
	}
	return t;
}

static const char *parse_ip6(const char *t, uint8_t out[16])
{
	unsigned int n, gap = 99;
	uint8_t raw[16] = { 0 };

	t = parse_groups(t, raw, &n, &gap);
	/* A gap stands for one group of zeros at least. */
	if (!t || (gap > 16 ? n != 16 : n > 14))
		return NULL;
	if (gap > 16)
		gap = n;
	memset(out, 0, 16);
	memcpy(out, raw, gap);
	memcpy(out + 16 - (n - gap), raw + gap, n - gap);
	return t;
}

static const char *parse_any(const char *t, struct net_addr *a, bool *ip4)
{
	uint8_t b[4];
	const char *end = parse_ip4(t, b);

	*ip4 = end;
	if (end)
		*a = net_addr_ip4(b);
	else
		end = parse_ip6(t, a->b);
	return end;
}

bool net_addr_parse(const char *text, struct net_addr *out)
{
	struct net_addr a;
	bool ip4;
	const char *end = parse_any(text, &a, &ip4);

	if (!end || *end)
		return false;
	*out = a;
	return true;
}

bool net_prefix_parse(const char *text, struct net_prefix *out)
{
	struct net_addr a;
	bool ip4;
	const char *end = parse_any(text, &a, &ip4);
	unsigned int bits = ip4 ? 32 : 128;

	if (end && *end == '/')
		end = parse_field(end + 1, 10, bits, 3, &bits);
	if (!end || *end)
		return false;
	*out = (struct net_prefix){ a, (uint8_t)(ip4 ? 96 + bits : bits) };
	return true;
}

bool net_mac_parse(const char *t, struct net_mac *out)
{
	struct net_mac m;
	unsigned int v;

	for (unsigned int i = 0; i < 6; i++) {
		if (i && *t++ != ':')
			return false;
		t = parse_field(t, 16, 255, 2, &v);
		if (!t)
			return false;
		m.b[i] = (uint8_t)v;
	}
	if (*t)
		return false;
	*out = m;
	return true;
}

/* The longest run of two or more groups of zeros, the first of equals. */
static unsigned int longest_zeros(const struct net_addr *a, unsigned int *at)
{
	unsigned int best = 1, run = 0;

	for (unsigned int g = 0; g < 8; g++) {
		run = a->b[2 * g] || a->b[2 * g + 1] ? 0 : run + 1;
		if (run > best) {
			best = run;
			*at = g + 1 - run;
		}
	}
	return best > 1 ? best : 0;
}

void net_addr_print(char text[NET_ADDR_TEXT], const struct net_addr *a)
{
	unsigned int at = 0, zeros = longest_zeros(a, &at);
	size_t n = 0;

	if (net_addr_is_ip4(a)) {
		kit_snprintf(text, NET_ADDR_TEXT, "%u.%u.%u.%u", a->b[12], a->b[13], a->b[14], a->b[15]);
		return;
	}
	for (unsigned int g = 0; g < 8; g++) {
		if (zeros && g == at) {
			n += (size_t)kit_snprintf(text + n, NET_ADDR_TEXT - n, "::");
			g += zeros - 1;
			continue;
		}
		n += (size_t)kit_snprintf(text + n, NET_ADDR_TEXT - n, "%s%x", n && text[n - 1] != ':' ? ":" : "",
					  (unsigned int)(a->b[2 * g] << 8 | a->b[2 * g + 1]));
	}
}
