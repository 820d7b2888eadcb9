/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/utf8.c
 *
 * See utf8.h.
 */
#include "domain/utf8.h"

#include <stdbool.h>
#include <string.h>

size_t utf8_sequence(const unsigned char *p, size_t len)
{
	static const struct {
		unsigned char first, last;   /* of the leading byte */
		unsigned char low, high;     /* of the second; the others are 80..bf */
		unsigned char bytes;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (*p < forms[i].first || *p > forms[i].last)
			continue;
		if (len < forms[i].bytes || (forms[i].bytes > 1 && (p[1] < forms[i].low || p[1] > forms[i].high)))
			return 0;
		for (size_t n = 2; n < forms[i].bytes; n++)
			if (p[n] < 0x80 || p[n] > 0xbf)
				return 0;
		return forms[i].bytes;
	}
	return 0;
}

static bool is_control(const unsigned char *p, size_t bytes)
{
	if (bytes == 1)
		return (*p < 0x20 && *p != '\t') || *p == 0x7f;
	return bytes == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

void utf8_make_plain(char *text)
{
	unsigned char *p = (unsigned char *)text, *out = p;
	size_t len = strlen(text);

	while (len) {
		size_t n = utf8_sequence(p, len);

		if (n && !is_control(p, n)) {
			memmove(out, p, n);
			out += n;
		} else {
			*out++ = '?';
		}
		n = n ? n : 1;
		p += n;
		len -= n;
	}
	*out = '\0';
}
