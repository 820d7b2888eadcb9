/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/hvline.c
 *
 * See hvline.h.  Lines about a domain begin with its name there: "d3v0: ..." (what a guest was refused), "Domain 3: ...", "Domain 3
 * crashed ...", "grant: domain 3: ...".  What debug keys list ("domain 3: live") is asked for by somebody, and no news.
 */
#include "domain/hvline.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MARK "(hv) "

struct rest {
	const char *p;
	size_t len;
};

static bool take(struct rest *r, const char *word)
{
	size_t n = strlen(word);

	if (r->len < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	r->len -= n;
	return true;
}

static int number(struct rest *r)
{
	unsigned int n = 0, digits = 0;

	for (; r->len && *r->p >= '0' && *r->p <= '9' && digits < 6; r->p++, r->len--, digits++)
		n = n * 10 + (unsigned int)(*r->p - '0');
	return digits && n <= UINT16_MAX ? (int)n : -1;
}

int hvline_domain(const char *line, size_t len, const char **text)
{
	static const struct {
		const char *before, *after; /* after: one of these */
	} forms[] = { { "d", "v" }, { "Domain ", ": " }, { "grant: domain ", ":" } };
	struct rest r = { line, len };

	if (!take(&r, MARK))
		return -1;
	*text = r.p;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct rest at = r;
		int domain;

		if (!take(&at, forms[i].before))
			continue;
		domain = number(&at);
		if (domain >= 0 && at.len && strchr(forms[i].after, *at.p))
			return domain;
	}
	return -1;
}
