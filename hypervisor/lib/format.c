/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatted text, see format.h. One conversion is parsed into struct spec and then rendered; no state. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "lib/format.h"

struct out {
	char *buf;
	size_t size, len;	/* len counts what would have been written */
};

struct spec {
	bool left, zero, plus, space, alt, upper;
	int width, precision;	/* precision -1: not given */
	int length;		/* -2 hh, -1 h, 0, 1 l, 2 ll, 3 z */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_fill(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const struct spec *s, const char *text, size_t n)
{
	int fill = s->width - (int)n;

	if (!s->left)
		put_fill(o, ' ', fill);
	for (size_t i = 0; i < n; i++)
		put(o, text[i]);
	if (s->left)
		put_fill(o, ' ', fill);
}

/* Digits come out last first; 64 bits in octal are 22 digits and a zero before them. */
static void put_number(struct out *o, const struct spec *s, uint64_t v, unsigned int base, char sign)
{
	const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const char *prefix = s->alt && base == 16 && v ? (s->upper ? "0X" : "0x") : "";
	char text[24];
	int n = 0, zeros, fill;

	while (v) {
		text[n++] = digits[v % base];
		v /= base;
	}
	if (!n && s->precision != 0)
		text[n++] = '0';
	/* "#" asks octal for a leading zero, which may be one of the precision's. */
	if (s->alt && base == 8 && s->precision <= n && (!n || text[n - 1] != '0'))
		text[n++] = '0';
	zeros = s->precision > n ? s->precision - n : 0;
	fill = s->width - n - zeros - (int)strlen(prefix) - (sign != 0);
	if (s->zero && !s->left && s->precision < 0 && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!s->left)
		put_fill(o, ' ', fill);
	if (sign)
		put(o, sign);
	while (*prefix)
		put(o, *prefix++);
	put_fill(o, '0', zeros);
	while (n)
		put(o, text[--n]);
	if (s->left)
		put_fill(o, ' ', fill);
}

static int parse_int(const char **fmt)
{
	int v = 0;

	while (**fmt >= '0' && **fmt <= '9' && v < 100000)
		v = v * 10 + *(*fmt)++ - '0';
	return v;
}

static void parse_flags(const char **fmt, struct spec *s)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case '-': s->left = true; break;
		case '0': s->zero = true; break;
		case '+': s->plus = true; break;
		case ' ': s->space = true; break;
		case '#': s->alt = true; break;
		default: return;
		}
	}
}

static void parse_length(const char **fmt, struct spec *s)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case 'l': s->length++; break;
		case 'h': s->length--; break;
		case 'z': s->length = 3; break;
		default: return;
		}
	}
}

/* Without va_arg's restriction on passing a va_list by value twice, the list is handed on inside a struct. */
struct args {
	va_list list;
};

static int64_t arg_signed(struct args *a, const struct spec *s)
{
	if (s->length > 0)
		return va_arg(a->list, long long);
	if (s->length == -1)
		return (short)va_arg(a->list, int);
	if (s->length < -1)
		return (signed char)va_arg(a->list, int);
	return va_arg(a->list, int);
}

static uint64_t arg_unsigned(struct args *a, const struct spec *s)
{
	if (s->length > 0)
		return va_arg(a->list, unsigned long long);
	if (s->length == -1)
		return (unsigned short)va_arg(a->list, unsigned int);
	if (s->length < -1)
		return (unsigned char)va_arg(a->list, unsigned int);
	return va_arg(a->list, unsigned int);
}

static void put_signed(struct out *o, const struct spec *s, int64_t v)
{
	char sign = v < 0 ? '-' : s->plus ? '+' : s->space ? ' ' : 0;

	put_number(o, s, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, sign);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	if (!text)
		text = "(null)";
	put_text(o, s, text, strnlen(text, s->precision < 0 ? SIZE_MAX : (size_t)s->precision));
}

static void convert(struct out *o, char c, struct spec *s, struct args *a)
{
	char ch;

	switch (c) {
	case 's':
		put_string(o, s, va_arg(a->list, const char *));
		break;
	case 'c':
		ch = (char)va_arg(a->list, int);
		put_text(o, s, &ch, 1);
		break;
	case 'd':
	case 'i':
		put_signed(o, s, arg_signed(a, s));
		break;
	case 'u':
		put_number(o, s, arg_unsigned(a, s), 10, 0);
		break;
	case 'o':
		put_number(o, s, arg_unsigned(a, s), 8, 0);
		break;
	case 'X':
		s->upper = true;
		/* fall through */
	case 'x':
		put_number(o, s, arg_unsigned(a, s), 16, 0);
		break;
	case 'p':
		s->precision = 16;
		put_number(o, s, (uintptr_t)va_arg(a->list, void *), 16, 0);
		break;
	case '%':
		put(o, '%');
		break;
	default:
		put(o, '%');
		put(o, c);
		break;
	}
}

static void parse_spec(const char **fmt, struct spec *s, struct args *a)
{
	parse_flags(fmt, s);
	if (**fmt == '*') {
		(*fmt)++;
		s->width = va_arg(a->list, int);
		if (s->width < 0) {
			s->left = true;
			s->width = -s->width;
		}
	} else {
		s->width = parse_int(fmt);
	}
	if (**fmt == '.') {
		(*fmt)++;
		if (**fmt == '*') {
			(*fmt)++;
			s->precision = va_arg(a->list, int);
		} else {
			s->precision = parse_int(fmt);
		}
	}
	parse_length(fmt, s);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct out o = { .buf = buf, .size = size };
	struct args a;

	va_copy(a.list, list);
	while (*fmt) {
		struct spec s = { .precision = -1 };

		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		fmt++;
		parse_spec(&fmt, &s, &a);
		if (!*fmt)
			break;
		convert(&o, *fmt++, &s, &a);
	}
	va_end(a.list);
	if (size)
		buf[o.len < size ? o.len : size - 1] = 0;
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}
