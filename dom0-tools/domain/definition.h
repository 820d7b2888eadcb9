/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/definition.h
 *
 * Definitions: descriptions of guests that exist whether they run or not, a file NAME.xml each, always with a UUID and the
 * addresses of cards.  Beside it NAME.start, when the guest is to start with the host (autostart.h).  A reader sees the old or
 * the new text of a file, never half of one.
 */
#ifndef SOCLE_DOMAIN_DEFINITION_H
#define SOCLE_DOMAIN_DEFINITION_H

#include "domain/config.h"
#include "libsocle/error.h"

#define DEFINITION_PATH_MAX 320u

/* "/etc/socle/guests", unless $SOCLE_GUESTS says otherwise. */
const char *definition_dir(void);
void definition_path(char out[DEFINITION_PATH_MAX], const char *name, const char *suffix); /* ".xml", ".start" */

bool definition_exists(const char *name);

/* The name of a definition that may have been meant; false when there is none so near. */
bool definition_suggest(const char *name, char out[DOMAIN_NAME_MAX + 1]);

/* There is no definition of this name, and perhaps one that was meant.  Always returns -1. */
int definition_missing(const char *name, struct socle_error *e);

/* NULL with the error (DOMAIN_E_NOT_FOUND; DOMAIN_E_CONFIG with its first complaint). */
struct domain_config *definition_load(const char *name, struct socle_error *e);

/* All names, sorted: fn ends it by not returning 0, which is returned.  -1 with the error when they cannot be read. */
int definition_each(int (*fn)(void *arg, const char *name), void *arg, struct socle_error *e);

/* Nobody else changes the folder until the descriptor is closed.  -1 with the error. */
int definition_lock(struct socle_error *e);

/* --- with the lock held ------------------------------------------------------------------------ */

/*
 * Make a description the definition of its name: UUID and addresses are filled in, from the definition before when there is one,
 * or from the guest of that name that runs (its UUID, or NULL).  -1 with DOMAIN_E_EXISTS when name or UUID belong to another.
 */
int definition_put(const struct domain_config *cfg, const uint8_t *running, struct socle_error *e);

/* The same guest under another name as well; -1 with DOMAIN_E_EXISTS when there is another of that name. */
int definition_copy(const char *name, const char *to, struct socle_error *e);

int definition_remove(const char *name, struct socle_error *e);

/* The whole text of a file of this folder, put in the place of the one before at once and for good. */
int definition_write(const char *name, const char *suffix, const char *text, size_t len, struct socle_error *e);

#endif /* SOCLE_DOMAIN_DEFINITION_H */
