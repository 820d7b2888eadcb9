/* SPDX-License-Identifier: BSD-2-Clause */
/* What boot.c tells space.c. */
#ifndef SOCLE_MM_SPACE_H
#define SOCLE_MM_SPACE_H

#include "mm/mm.h"

void m2p_chunk_add(unsigned int index, mfn_t mfn);	/* first frame of the 2 MiB */

#endif
