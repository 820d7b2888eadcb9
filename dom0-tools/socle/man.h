/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/man.h
 *
 * Manual pages, printed from the table.
 */
#ifndef SOCLE_SOCLE_MAN_H
#define SOCLE_SOCLE_MAN_H

#include "socle/cmd.h"

/* The page of a command or group that stands in no other, or (NULL) of the whole program. */
int man_print(const struct command *cmd);

#endif /* SOCLE_SOCLE_MAN_H */
