/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/error.h
 *
 * One error object for all dom0 tools: a code (an errno value, positive) and one sentence that
 * grows context on its way up.  The origin calls socle_fail(), each caller that knows more calls
 * socle_wrap(), the program's main prints text once.  Both return -1 so that a failing function can
 * end in "return socle_fail(...)".  A NULL error object is allowed everywhere and means "not
 * interested".  No function here allocates memory: a report of ENOMEM cannot itself fail.
 */
#ifndef SOCLE_LIBSOCLE_ERROR_H
#define SOCLE_LIBSOCLE_ERROR_H

struct socle_error {
	int code;         /* errno value > 0; 0 means no error was recorded */
	char text[1024];  /* NUL-terminated, no newline at the end */
};

/* Record an error; text that does not fit is cut.  Always returns -1. */
int socle_fail(struct socle_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put context in front: "ctx: old text".  The code is kept.  Always returns -1. */
int socle_wrap(struct socle_error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* SOCLE_LIBSOCLE_ERROR_H */
