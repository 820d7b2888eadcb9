/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/process.h
 *
 * How a command becomes a process of its own that nobody waits for.
 */
#ifndef SOCLE_DOMAIN_PROCESS_H
#define SOCLE_DOMAIN_PROCESS_H

#include <stddef.h>

/* Without terminal and parent: a second fork.  The first child ends here. */
void process_leave(void);

/* Close all descriptors but these; 0 to 2 become /dev/null.  -1 in keep is none. */
void process_close_all(const int *keep, size_t nr_keep);

/* "socle: watch NAME" in ps; argv0 is the program's own title, whose room is used. */
void process_title(char *argv0, const char *name);

#endif /* SOCLE_DOMAIN_PROCESS_H */
