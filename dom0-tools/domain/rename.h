/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/rename.h
 *
 * Another name for a definition, with all that names it.
 */
#ifndef SOCLE_DOMAIN_RENAME_H
#define SOCLE_DOMAIN_RENAME_H

#include "libsocle/error.h"

/*
 * With the lock of definitions held.  -1 with DOMAIN_E_EXISTS when there is another guest of that name.  When it is cut off, both
 * names may be there, of one UUID, so that one of them can run; doing it again completes it.
 */
int definition_rename(const char *name, const char *to, struct socle_error *e);

#endif /* SOCLE_DOMAIN_RENAME_H */
