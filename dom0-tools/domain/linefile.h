/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/linefile.h
 *
 * Files of lines that many append to: each line in one write(), no lock, no daemon.  O_APPEND keeps lines whole.  Only a full disk
 * cuts one; the next that is written then begins with an end of line, so that no more than the cut one is lost.  The one who
 * finds the file longer than its limit renames it to FILE.1, replacing the older one; a reader who follows goes on with the new.
 */
#ifndef SOCLE_DOMAIN_LINEFILE_H
#define SOCLE_DOMAIN_LINEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libsocle/error.h"

#define LINE_PATH_MAX 256u

/* Append a line, with its end; its folder is made when it is missing.  0, or -1 with the error. */
int line_append(const char *path, const char *line, off_t limit, struct socle_error *e);

struct line_reader {
	char path[LINE_PATH_MAX];
	int old_fd, fd;     /* of FILE.1 and of FILE, -1: none (any more) */
	bool renamed;       /* fd was renamed, as seen by the look before */
	unsigned int turns; /* how often another file took its place */
	uint64_t base, at;  /* where in its file the buffer begins, and the line that was returned last */
	bool of_old;        /* that was a line of FILE.1 */
	char *buf;
	size_t used, begin, room;
};

/* From the oldest line there is.  False: there is none yet, but one may come; errno says why. */
bool line_reader_open(struct line_reader *r, const char *path);

/*
 * The next line, NUL-terminated and without its end, until the next call; NULL when there is no more now.  Empty ones are left
 * out.  Who follows calls it again later, not more often than lines take to be written: a file that was renamed is read for one
 * more look.
 */
char *line_reader_next(struct line_reader *r);

/* After NULL: what stands after the last line's end, or NULL.  It is not returned again. */
char *line_reader_rest(struct line_reader *r);

void line_reader_close(struct line_reader *r);

#endif /* SOCLE_DOMAIN_LINEFILE_H */
