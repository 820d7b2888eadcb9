/* SPDX-License-Identifier: BSD-2-Clause */
/* To be saved, and to go on in this domain or another (control/shutdown "suspend", by life.h). */
#ifndef SOCLE_KIT_SUSPEND_H
#define SOCLE_KIT_SUSPEND_H

#include <stdbool.h>

/* Returns when the guest goes on. False, and nothing done: other vCPUs run, which cannot be saved. */
bool kit_suspend(void);

#endif
