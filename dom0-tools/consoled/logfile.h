/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/logfile.h
 *
 * A guest's console log: appended to, and renamed to FILE.1 (replacing the older one) when it reaches
 * its limit, so a guest that floods its console costs at most twice the limit of disk.
 */
#ifndef SOCLE_CONSOLED_LOGFILE_H
#define SOCLE_CONSOLED_LOGFILE_H

#include <stddef.h>

#define LOG_LIMIT (1024 * 1024)

struct logfile {
	int fd;             /* -1: it cannot be written, said once */
	size_t size;
	char path[256];
};

/* The file DIR/console-NAME.log; a name that is no file name is not used as one. */
void logfile_open(struct logfile *l, const char *dir, const char *name);
void logfile_write(struct logfile *l, const char *data, size_t len);
void logfile_close(struct logfile *l);

#endif
