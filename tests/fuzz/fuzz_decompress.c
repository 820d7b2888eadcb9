/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first byte chooses the compression and how much memory there is; the rest is the payload. All memory comes back with
 * the size that it was taken with, whatever the outcome, and an accepted payload gives what it claimed.
 */
#include "hypervisor/domain/decompress.h"
#include "fuzz.h"

#define MOST	(8u << 20)	/* keeps a run short; larger claims meet "no memory" */

static size_t out, most;

static void *take(size_t n)
{
	void *p;

	if (n > most - out)
		return NULL;
	p = malloc(n);
	if (p)
		out += n;
	return p;
}

static void give(void *p, size_t n)
{
	CLAIM(n <= out);
	out -= n;
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t how = input_u8(&in);
	size_t len = in.left, unpacked = 0;
	uint8_t *payload = input_block(&in, len);
	const char *why = NULL;
	void *result = NULL;

	out = 0;
	most = how & 0x80 ? 70u << 10 : MOST;
	if (payload_unpack(how % 5, payload, len, take, give, &result, &unpacked, &why)) {
		CLAIM(why && out == 0);
	} else {
		CLAIM(out == unpacked);
		give(result, unpacked);
	}
	free(payload);
	return 0;
}
