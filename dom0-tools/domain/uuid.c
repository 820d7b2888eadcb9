/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/uuid.c
 *
 * See uuid.h.
 */
#include "domain/uuid.h"

#include <string.h>
#include <sys/random.h>

#include <uuid/uuid.h>

/* It has to be unique, not secret, so a young random pool will do: libuuid would wait seconds for a better one. */
void uuid_make(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, GRND_INSECURE) != 16) {
		uuid_generate(uuid);
		return;
	}
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* RFC 4122, 4.4: version 4 */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

void uuid_derive(uint8_t uuid[16], const uint8_t of[16], const char *name)
{
	uuid_generate_sha1(uuid, of, name, strlen(name)); /* RFC 4122, 4.3: version 5 */
}
