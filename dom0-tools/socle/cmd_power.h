/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_power.h
 *
 * Ending guests, for one and for all.
 */
#ifndef SOCLE_SOCLE_CMD_POWER_H
#define SOCLE_SOCLE_CMD_POWER_H

#include "socle/cmd.h"

/* Ask a guest to power off and wait for it (seconds 0: do not), shown by a line on a terminal; an exit code, after a message when it is not EXIT_OK. */
int power_shutdown_wait(const char *who, unsigned int seconds, bool shown);

/* The same for all of them, in the opposite order of their start (cmd_autostart.c). */
int shutdown_all(const struct invocation *inv, unsigned int seconds);

#endif /* SOCLE_SOCLE_CMD_POWER_H */
