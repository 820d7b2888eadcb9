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

__attribute__((format(printf, 4, 0)))
static void set(struct socle_error *e, int code, const char *id, const char *fmt, va_list ap)
{
	char text[sizeof(e->text)], name[sizeof(e->id)];

	vsnprintf(text, sizeof(text), fmt, ap);
	snprintf(name, sizeof(name), "%s", id);
	e->code = code;
	memcpy(e->id, name, sizeof(name));
	memcpy(e->text, text, sizeof(text));
}

int socle_fail(struct socle_error *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	set(e, code, "", fmt, ap);
	va_end(ap);
	return -1;
}

int socle_fail_id(struct socle_error *e, int code, const char *id, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	set(e, code, id, fmt, ap);
	va_end(ap);
	return -1;
}

/* The answers that have a meaning of their own; the last stands for all others. */
static const struct {
	int answer, code;
	const char *id, *why;
} refusals[] = {
	{ ESRCH, ESRCH, "guest-gone", "the domain is gone" },
	{ ENOMEM, ENOMEM, "no-memory", "not enough free memory" },
	{ 0, SOCLE_REFUSED, "hypervisor-refused", NULL },
};

int socle_refused(struct socle_error *e, int answer, const char *fmt, ...)
{
	char what[sizeof(e->text)];
	unsigned int i = 0;
	va_list ap;

	if (!e)
		return -1;
	while (refusals[i].answer && refusals[i].answer != -answer)
		i++;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return socle_fail_id(e, refusals[i].code, refusals[i].id, "%.900s: %s", what,
			     refusals[i].why ? refusals[i].why : strerror(-answer));
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

void socle_error_pack(const struct socle_error *e, char *out, size_t size)
{
	int id = *e->id ? (int)strlen(e->id) + 3 : 0;

	if (id && (size_t)id < size)
		snprintf(out, size, "%.*s [%s]", (int)size - 1 - id, e->text, e->id);
	else
		snprintf(out, size, "%.*s", (int)size - 1, e->text);
}

int socle_fail_packed(struct socle_error *e, int code, const char *packed)
{
	const char *open = strrchr(packed, '[');
	size_t len = open ? strspn(open + 1, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;
	char id[SOCLE_ID_MAX];

	if (!len || len >= sizeof(id) || strcmp(open + 1 + len, "]") != 0 || open == packed || open[-1] != ' ')
		return socle_fail(e, code, "%s", packed);
	memcpy(id, open + 1, len);
	id[len] = '\0';
	return socle_fail_id(e, code, id, "%.*s", (int)(open - packed) - 1, packed);
}
