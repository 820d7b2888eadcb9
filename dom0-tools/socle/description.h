/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/description.h
 *
 * Descriptions and launches as several commands have them.
 */
#ifndef SOCLE_SOCLE_DESCRIPTION_H
#define SOCLE_SOCLE_DESCRIPTION_H

#include "domain/config.h"
#include "socle/cmd.h"

/* A checked description; NULL after all that is wrong with it was said. */
struct domain_config *description_read(const char *file);

/* "cannot VERB FILE: the description has errors"; its exit code. */
int description_report(const char *verb, const char *file);

/* Make a guest; one that dies at birth leaves its last lines on the terminal.  -1 with the error. */
int guest_launch(struct domain_ctx *ctx, struct domain_config *cfg, char *argv0, uint16_t *domid, struct socle_error *e);

#endif /* SOCLE_SOCLE_DESCRIPTION_H */
