/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/logfile.h
 *
 * A guest's console log: appended to, and renamed to FILE.1 (replacing the older one) when it reaches
 * its limit, so a guest that floods its console costs at most twice the limit of disk.
 *
 * The log has the guest's bytes and nothing else.  When they came stands beside it, in FILE.times: lines "OFFSET STAMP", for what
 * begins at that offset of the log.  It has a limit of its own, since a guest may print a byte now and then: a moment is written
 * down when TIMES_GAP_MS have passed since the last, and for less than TIMES_GAP_BYTES only once a second; and when the file is
 * long, both are renamed.
 */
#ifndef SOCLE_CONSOLED_LOGFILE_H
#define SOCLE_CONSOLED_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LIMIT       (1024 * 1024)
#define TIMES_LIMIT     (1024 * 1024)
#define TIMES_GAP_MS    10
#define TIMES_GAP_BYTES 64
#define LOG_PATH_MAX    256

struct logfile {
	int fd;             /* -1: it cannot be written, said once */
	int times_fd;       /* -1: moments are not written down */
	size_t size, times_size;
	size_t timed_at;    /* the offset and the moment that were written down last */
	uint64_t timed_ms;  /* 0: none yet */
	char path[LOG_PATH_MAX];
};

/* The file DIR/console-NAME.log; a name that is no file name is not used as one. */
void logfile_open(struct logfile *l, const char *dir, const char *name);

/* Is it the one of this name? */
bool logfile_is(const struct logfile *l, const char *dir, const char *name);

/*
 * The guest is called otherwise: its files are as well.  Nothing when it is not.  What an earlier guest of that name printed goes
 * before it, and counts as rotated.  Nobody else may write to a log of the new name.
 */
void logfile_rename(struct logfile *l, const char *dir, const char *name);

/* Bytes that came at this moment (milliseconds since 1970). */
void logfile_write(struct logfile *l, const char *data, size_t len, uint64_t ms);
void logfile_close(struct logfile *l);

#endif
