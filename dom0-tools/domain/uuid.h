/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/uuid.h
 *
 * New UUIDs.
 */
#ifndef SOCLE_DOMAIN_UUID_H
#define SOCLE_DOMAIN_UUID_H

#include <stdint.h>

/* A random one. */
void uuid_make(uint8_t uuid[16]);

/* One that follows from another and a name: the same for the same two. */
void uuid_derive(uint8_t uuid[16], const uint8_t of[16], const char *name);

#endif /* SOCLE_DOMAIN_UUID_H */
