/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/error.c
 *
 * The error object of the dom0 tools; see error.h.  Text is formatted into a buffer of the same
 * size on the stack and copied, so that an argument may point into the object being written.
 */
#include "libsocle/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int socle_fail(struct socle_error *e, int code, const char *fmt, ...)
{
	char text[sizeof(e->text)];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->code = code;
	memcpy(e->text, text, sizeof(text));
	return -1;
}

int socle_wrap(struct socle_error *e, const char *fmt, ...)
{
	char text[sizeof(e->text)];
	va_list ap;
	int n;

	if (!e)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n + 3 < sizeof(text)) {
		size_t room = sizeof(text) - (size_t)n - 3, len = strnlen(e->text, room);

		memcpy(text + n, ": ", 2);
		memcpy(text + n + 2, e->text, len);
		text[(size_t)n + 2 + len] = '\0';
	}
	memcpy(e->text, text, sizeof(text));
	return -1;
}
