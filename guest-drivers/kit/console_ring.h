/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's side of its console page (pv-abi 9.4): two byte rings. Our indices are private; a reader whose index makes no sense
 * leaves no room, a writer's gives no text. Pure.
 */
#ifndef SOCLE_KIT_CONSOLE_RING_H
#define SOCLE_KIT_CONSOLE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/io/console.h>

struct kit_console_ring {
	struct xencons_interface *page;	/* hostile */
	uint32_t out_prod, in_cons;
};

void kit_console_ring_attach(struct kit_console_ring *r, struct xencons_interface *page);
size_t kit_console_ring_put(struct kit_console_ring *r, const char *text, size_t n);	/* as many as there is room for */
size_t kit_console_ring_get(struct kit_console_ring *r, char *text, size_t n);
bool kit_console_ring_is_read(const struct kit_console_ring *r);	/* all of it */

#endif
