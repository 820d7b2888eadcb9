/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The router's command line (docs/guests.md): if0= and if1= addresses with their prefixes, route=PREFIX,NEXT-HOP[,INTERFACE],
 * rule= as in filter.h, default=allow|deny, report=SECONDS. Pure.
 */
#ifndef SOCLE_GUESTS_ROUTER_CONFIG_H
#define SOCLE_GUESTS_ROUTER_CONFIG_H

#include "guests/router/forward.h"

struct router_options {
	uint64_t report;	/* seconds between the counters; 0: at the end only */
};

/* False: *word is the one that is not understood, why says what is wanted. The words begin with argv[1]. */
bool router_config_read(struct router *r, struct router_options *o, int argc, char *argv[], const char **word, const char **why);

#endif
