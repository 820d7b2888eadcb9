/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/path.h
 *
 * Which strings are paths. A valid path is "/" or names of [A-Za-z0-9-/_@] joined by single
 * slashes without one at the end; a path without the leading slash is relative to the home of
 * the domain that uses it. Names starting with @ are not nodes but events that can be watched.
 */
#ifndef SOCLE_STORED_PATH_H
#define SOCLE_STORED_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/xs_wire.h>

#define PATH_INTRODUCE "@introduceDomain"
#define PATH_RELEASE   "@releaseDomain"

enum path_special { SPECIAL_INTRODUCE, SPECIAL_RELEASE, SPECIALS };

/* -EINVAL or 0 with the absolute path; *strip: length of what was put before a relative one. */
int path_resolve(uint16_t domid, const char *arg, char out[XENSTORE_ABS_PATH_MAX], size_t *strip);
/* Index of a special path, or -1. */
int path_special(const char *arg);

#endif /* SOCLE_STORED_PATH_H */
