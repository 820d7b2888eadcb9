/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the kit only. */
#ifndef SOCLE_KIT_INTERNAL_H
#define SOCLE_KIT_INTERNAL_H

#include "kit/console_ring.h"
#include "kit/kit.h"

#define KIT_TRAP_ENTRIES 32
unsigned int kit_trap_table(struct trap_info *table);	/* fills in so many entries */

struct kit_console_ring *kit_console(void);		/* of a guest; NULL when it has none */

/* entry.S */
extern char kit_event_stub[], kit_failsafe_stub[], kit_syscall_stub[], kit_secondary_entry[];
void kit_secondary(unsigned int id);			/* first C code of another vCPU */

#endif
