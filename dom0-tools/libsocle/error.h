/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/error.h
 *
 * One error object for all dom0 tools: a code (an errno value, positive), an identifier that stays the same whatever the text
 * says, and one sentence that grows context on its way up.  The origin calls socle_fail(), each caller that knows more calls
 * socle_wrap(), the program's main prints text once.  Both return -1 so that a failing function can end in
 * "return socle_fail(...)".  A NULL error object is allowed everywhere and means "not interested".  No function here allocates
 * memory: a report of ENOMEM cannot itself fail.
 */
#ifndef SOCLE_LIBSOCLE_ERROR_H
#define SOCLE_LIBSOCLE_ERROR_H

#include <errno.h>
#include <stddef.h>

#define SOCLE_ID_MAX 32

/* The code of what the hypervisor refused: an errno value that comes from nowhere else. */
#define SOCLE_REFUSED EKEYREJECTED

struct socle_error {
	int code;              /* errno value > 0; 0 means no error was recorded */
	char id[SOCLE_ID_MAX]; /* what `socle explain` knows it by; empty: that of the code's kind */
	char text[1024];       /* NUL-terminated, no newline at the end */
};

/* Record an error; text that does not fit is cut.  Always returns -1. */
int socle_fail(struct socle_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Likewise, with an identifier of its own: lower case and '-', an entry of dom0-tools/socle/explain.txt.  Always returns -1. */
int socle_fail_id(struct socle_error *e, int code, const char *id, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The hypervisor answered with this negative errno to what fmt tells: "text: why".  That there is no such domain (ESRCH) and
 * that memory is short (ENOMEM) keep their codes, all else becomes SOCLE_REFUSED.  Always returns -1.
 */
int socle_refused(struct socle_error *e, int answer, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put context in front: "ctx: old text".  The code is kept.  Always returns -1. */
int socle_wrap(struct socle_error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "text [id]" for a place that holds one string, or the text alone when it has no identifier; never cut inside the identifier. */
void socle_error_pack(const struct socle_error *e, char *out, size_t size);

/* Back: an error of such a string, with the code that it has here.  Always returns -1. */
int socle_fail_packed(struct socle_error *e, int code, const char *packed);

#endif /* SOCLE_LIBSOCLE_ERROR_H */
