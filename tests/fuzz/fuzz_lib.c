/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's library beside the C library and a bitmap: formats, string functions and sets of ranges, which must
 * give the same. The first byte chooses. lib/ is compiled under other names (hv_), as in the unit tests.
 */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strstr
#undef strlcpy
#undef snprintf
#undef vsnprintf
#include "lib/rangeset.h"
#include "fuzz.h"

int hv_snprintf(char *buf, size_t size, const char *fmt, ...);
void *hv_memmove(void *dst, const void *src, size_t n);
void *hv_memcpy(void *dst, const void *src, size_t n);
void *hv_memset(void *dst, int c, size_t n);
int hv_memcmp(const void *a, const void *b, size_t n);
void *hv_memchr(const void *s, int c, size_t n);
size_t hv_strnlen(const char *s, size_t max);
int hv_strncmp(const char *a, const char *b, size_t n);
int hv_strcmp(const char *a, const char *b);
char *hv_strchr(const char *s, int c);
char *hv_strstr(const char *s, const char *needle);
size_t hv_strlcpy(char *dst, const char *src, size_t size);

/* The allocator of the set. It fails now and then. */
static uint32_t allocations, fail_at;

void *hv_alloc(size_t size);
void hv_free(void *p);

void *hv_alloc(size_t size)
{
	return ++allocations == fail_at ? NULL : calloc(1, size);
}

void hv_free(void *p)
{
	free(p);
}

/* ---- formats ---- */

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void both(const char *fmt, size_t room, int width, int prec, unsigned long long v, const char *s, int form)
{
	char ours[256], theirs[256];
	int a, b;

	memset(ours, 'x', sizeof(ours));
	memset(theirs, 'x', sizeof(theirs));
	if (form == 0)
		a = hv_snprintf(ours, room, fmt, v), b = snprintf(theirs, room, fmt, v);
	else if (form == 1)
		a = hv_snprintf(ours, room, fmt, width, v), b = snprintf(theirs, room, fmt, width, v);
	else if (form == 2)
		a = hv_snprintf(ours, room, fmt, width, prec, v), b = snprintf(theirs, room, fmt, width, prec, v);
	else if (form == 3)
		a = hv_snprintf(ours, room, fmt, s), b = snprintf(theirs, room, fmt, s);
	else
		a = hv_snprintf(ours, room, fmt, width, prec, s), b = snprintf(theirs, room, fmt, width, prec, s);
	if (a != b || memcmp(ours, theirs, sizeof(ours)))
		fprintf(stderr, "format \"%s\" width %d precision %d value %llx: \"%.250s\" (%d) is not \"%.250s\" (%d)\n", fmt,
			width, prec, v, ours, a, theirs, b);
	CLAIM(a == b && !memcmp(ours, theirs, sizeof(ours)));
}

static void fuzz_format(struct input *in)
{
	static const char flag[] = "-0+ #", conv[] = "diuxXoc";
	static const char *const length[] = { "hh", "h", "", "l", "ll", "z" };

	while (in->left) {
		char fmt[64], *p = fmt, *s = input_text(in, input_u8(in) % 24);
		uint8_t flags = input_u8(in), shape = input_u8(in), kind = input_u8(in);
		int width = (int8_t)input_u8(in), prec = (int8_t)input_u8(in), form = shape % 5;
		uint64_t v = input_u64(in);
		char c = form >= 3 ? 's' : conv[kind % 7];

		p += sprintf(p, "<%%");
		for (unsigned int i = 0; i < 5; i++) {
			/* Flags that the standard leaves undefined for a conversion stay out. */
			if (flag[i] == '#' && (c == 'd' || c == 'i' || c == 'u' || c == 'c' || c == 's'))
				continue;
			if (flag[i] == '0' && (c == 'c' || c == 's'))
				continue;
			if (flags >> i & 1)
				*p++ = flag[i];
		}
		if (form == 1 || form == 2 || form == 4)
			*p++ = '*';
		else if (shape & 64)
			p += sprintf(p, "%d", abs(width));
		if (form == 2 || form == 4)
			p += sprintf(p, ".*");
		else if (shape & 128 && c != 'c')
			p += sprintf(p, ".%d", abs(prec));
		if (c != 'c' && c != 's')
			p += sprintf(p, "%s", length[(kind >> 4) % 6]);
		sprintf(p, "%c>%%%%", c);
		if (c == 'c')
			v = (v & 0x7f) | 1;	/* the fill of ours[] is compared beyond a NUL, and would be */
		both(fmt, shape & 32 ? 200 : input_u8(in) % 40, width, prec, v, s, form);
		free(s);
	}
}

/* ---- strings ---- */

static int sign(int x) { return (x > 0) - (x < 0); }

static void fuzz_string(struct input *in)
{
	size_t n = input_u8(in), m = input_u8(in) % 64, at = input_u8(in), to = input_u8(in), len;
	char *a = input_text(in, n), *b = input_text(in, m), *copy, *c, *d;
	int ch = (char)input_u8(in);

	n = strlen(a), m = strlen(b);
	CLAIM(hv_strstr(a, b) == strstr(a, b));
	CLAIM(hv_strchr(a, ch) == strchr(a, ch));
	CLAIM(hv_memchr(a, ch, n + 1) == memchr(a, ch, n + 1));
	CLAIM(sign(hv_strcmp(a, b)) == sign(strcmp(a, b)));
	CLAIM(sign(hv_strncmp(a, b, at)) == sign(strncmp(a, b, at)));
	CLAIM(hv_strnlen(a, at) == strnlen(a, at));
	CLAIM(sign(hv_memcmp(a, b, n < m ? n : m)) == sign(memcmp(a, b, n < m ? n : m)));
	copy = malloc(at + 1), c = malloc(600), d = malloc(600);
	if (!copy || !c || !d)
		abort();
	if (at) {
		CLAIM(hv_strlcpy(copy, a, at) == n);
		CLAIM(strlen(copy) == (n < at ? n : at - 1) && !memcmp(copy, a, strlen(copy)));
	}
	for (int i = 0; i < 600; i++)
		c[i] = d[i] = (char)(i * 7 + i / 256);
	len = 600 - (at > to ? at : to) < n * 2 ? 600 - (at > to ? at : to) : n * 2;
	hv_memmove(c + to, c + at, len);
	memmove(d + to, d + at, len);
	hv_memset(c + at, ch, m);
	memset(d + at, ch, m);
	hv_memcpy(c + 500 - to, a, n < 100 ? n : 100);
	memcpy(d + 500 - to, a, n < 100 ? n : 100);
	CLAIM(!memcmp(c, d, 600));
	free(a), free(b), free(copy), free(c), free(d);
}

/* ---- sets ---- */

#define SMALL 256u

/* Numbers 0..127 and the last 128 of 64 bits, so that the ends are met. */
static uint64_t member(unsigned int i) { return i < SMALL / 2 ? i : UINT64_MAX - (SMALL - 1 - i); }

static void check_set(const struct rangeset *r, const bool *model)
{
	uint64_t first, last, before = 0;

	for (unsigned int i = 0; i < SMALL; i++)
		CLAIM(rangeset_contains(r, member(i)) == model[i]);
	for (unsigned int i = 0; rangeset_get(r, i, &first, &last); i++) {
		CLAIM(first <= last && (!i || (first > before && first - before > 1)));
		before = last;
	}
}

static void fuzz_set(struct input *in)
{
	struct rangeset *r;
	bool model[SMALL] = { false };

	allocations = 0;
	fail_at = input_u8(in);
	r = rangeset_new();
	while (r && in->left) {
		uint8_t op = input_u8(in), a = input_u8(in), b = input_u8(in);
		/* The middle, which the model does not have, stays out. */
		bool all = true, any = false, fits = (a < SMALL / 2) == (b < SMALL / 2);
		int rc;

		for (unsigned int i = a; i <= b; i++)
			all &= model[i], any |= model[i];
		if (a > b) {
			CLAIM(rangeset_add(r, member(a), member(b)) < 0);
			continue;
		}
		if (!fits)
			continue;
		CLAIM(rangeset_contains_range(r, member(a), member(b)) == all);
		CLAIM(rangeset_overlaps(r, member(a), member(b)) == any);
		rc = op & 1 ? rangeset_add(r, member(a), member(b)) : rangeset_remove(r, member(a), member(b));
		for (unsigned int i = a; !rc && i <= b; i++)
			model[i] = op & 1;
		check_set(r, model);
	}
	rangeset_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	switch (input_u8(&in) % 3) {
	case 0: fuzz_format(&in); break;
	case 1: fuzz_string(&in); break;
	default: fuzz_set(&in); break;
	}
	return 0;
}
