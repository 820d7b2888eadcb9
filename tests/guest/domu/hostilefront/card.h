/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asks whom on the card's network (card.c). */
#ifndef SOCLE_TESTS_GUEST_DOMU_HOSTILEFRONT_CARD_H
#define SOCLE_TESTS_GUEST_DOMU_HOSTILEFRONT_CARD_H

#include <stdint.h>

extern uint8_t card_own_ip[4], card_peer_ip[4];

#endif
