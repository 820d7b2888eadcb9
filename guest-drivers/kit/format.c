/* SPDX-License-Identifier: BSD-2-Clause */
/* Text from numbers and numbers from text. Pure: it runs in unit tests as it is. */
#include "kit/string.h"

struct sink {
	char *buf;
	size_t size, len;
};

struct spec {
	bool left, zero, upper, minus;
	unsigned int width;
	int precision;		/* -1: none */
	unsigned int bits;	/* of an integer argument */
};

static void put(struct sink *s, char c)
{
	if (s->len + 1 < s->size)
		s->buf[s->len] = c;
	s->len++;
}

/* Text of a known length between its padding; zeroes go between sign and digits. */
static void put_field(struct sink *s, const struct spec *f, const char *text, size_t n)
{
	size_t all = n + f->minus, pad = f->width > all ? f->width - all : 0;

	if (!f->left && !f->zero)
		for (size_t i = 0; i < pad; i++)
			put(s, ' ');
	if (f->minus)
		put(s, '-');
	if (!f->left && f->zero)
		for (size_t i = 0; i < pad; i++)
			put(s, '0');
	while (n--)
		put(s, *text++);
	if (f->left)
		for (size_t i = 0; i < pad; i++)
			put(s, ' ');
}

static void put_number(struct sink *s, const struct spec *f, uint64_t v, unsigned int base)
{
	const char *set = f->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[24], *at = digits + sizeof(digits);

	do {
		*--at = set[v % base];
		v /= base;
	} while (v);
	put_field(s, f, at, (size_t)(digits + sizeof(digits) - at));
}

static void put_string(struct sink *s, struct spec *f, const char *str)
{
	size_t n = 0;

	str = str ? str : "(null)";
	while ((f->precision < 0 || n < (size_t)f->precision) && str[n])
		n++;
	f->zero = false;
	put_field(s, f, str, n);
}

static const char *parse_spec(const char *fmt, struct spec *f, va_list *ap)
{
	*f = (struct spec){ .precision = -1, .bits = 32 };
	for (; *fmt == '-' || *fmt == '0'; fmt++)
		*(*fmt == '-' ? &f->left : &f->zero) = true;
	if (*fmt == '*') {
		f->width = va_arg(*ap, unsigned int);
		fmt++;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		f->width = f->width * 10 + (unsigned int)(*fmt - '0');
	if (*fmt == '.') {
		f->precision = 0;
		if (*++fmt == '*') {
			f->precision = va_arg(*ap, int);
			fmt++;
		}
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			f->precision = f->precision * 10 + *fmt - '0';
	}
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		f->bits = 64;
	for (; *fmt == 'h'; fmt++)
		f->bits /= 2;
	return fmt;
}

static void put_signed(struct sink *s, struct spec *f, int64_t v)
{
	v = f->bits == 8 ? (int8_t)v : f->bits == 16 ? (int16_t)v : v;
	f->minus = v < 0;
	put_number(s, f, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}

static void put_unsigned(struct sink *s, struct spec *f, uint64_t v, unsigned int base)
{
	put_number(s, f, f->bits < 64 ? v & ((1UL << f->bits) - 1) : v, base);
}

int kit_vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct sink s = { buf, size, 0 };
	struct spec f;
	va_list ap;
	char c;

	va_copy(ap, list);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&s, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &f, &ap);
		switch (*fmt) {
		case 'd':
		case 'i':
			put_signed(&s, &f, f.bits == 64 ? va_arg(ap, int64_t) : va_arg(ap, int));
			break;
		case 'X':
		case 'x':
		case 'u':
			f.upper = *fmt == 'X';
			put_unsigned(&s, &f, f.bits == 64 ? va_arg(ap, uint64_t) : va_arg(ap, unsigned int), *fmt == 'u' ? 10 : 16);
			break;
		case 'p':
			put(&s, '0');
			put(&s, 'x');
			put_number(&s, &f, (uintptr_t)va_arg(ap, void *), 16);
			break;
		case 's':
			put_string(&s, &f, va_arg(ap, const char *));
			break;
		case 'c':
			c = (char)va_arg(ap, int);
			put_field(&s, &f, &c, 1);
			break;
		case '\0':
			fmt--;
			break;
		default:
			put(&s, *fmt);
		}
	}
	va_end(ap);
	if (size)
		buf[s.len < size ? s.len : size - 1] = '\0';
	return (int)s.len;
}

int kit_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kit_vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

/* Behind the digits; NULL when there are none or too many. */
static const char *take_digits(const char *text, uint64_t *value)
{
	const char *at = text;
	uint64_t v = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(v, 10UL, &v) || __builtin_add_overflow(v, (uint64_t)(*at - '0'), &v))
			return NULL;
	*value = v;
	return at == text ? NULL : at;
}

bool kit_parse_number(const char *text, uint64_t *value)
{
	uint64_t v;
	const char *end = take_digits(text, &v);

	if (!end || *end)
		return false;
	*value = v;
	return true;
}

bool kit_parse_size(const char *text, uint64_t *value)
{
	static const char units[] = "KMGT";
	uint64_t v;
	const char *end = take_digits(text, &v), *unit;

	if (!end)
		return false;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1] || __builtin_mul_overflow(v, 1UL << 10 * (unit - units + 1), &v))
			return false;
	}
	*value = v;
	return true;
}
