/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/act.h
 *
 * The record of what administrators do: a command that changes something is written to the events when it is over, and to
 * journald where that runs, with who it was, its words, the guest, and what came of it.  A record that cannot be written costs a
 * warning; the command's result stays what it is.
 */
#ifndef SOCLE_SOCLE_ACT_H
#define SOCLE_SOCLE_ACT_H

#include "socle/cmd.h"

/* Does this change anything, by the table?  Pure. */
bool act_is(const struct invocation *inv);

/* Before the command runs; words are those after its name, as they were typed. */
void act_begin(const struct invocation *inv, int nr_words, char *const *words);

/* The guest that it is about, when no argument says so (a file does). */
void act_about(const char *name);

/* It is over with this exit code.  Does nothing without act_begin(). */
void act_end(int code);

#endif /* SOCLE_SOCLE_ACT_H */
