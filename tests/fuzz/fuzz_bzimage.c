/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel file of any bytes: what is found in it lies inside of it. */
#include "hypervisor/domain/bzimage.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t *file = input_block(&in, size);
	const void *payload = NULL;
	const char *why = NULL;
	size_t len = 0, hint;
	enum payload_kind kind;

	if (bzimage_payload(file, size, &payload, &len, &hint, &kind, &why)) {
		CLAIM(why);
	} else {
		size_t at = (size_t)((const uint8_t *)payload - file);

		CLAIM(at <= size && len <= size - at);
		CLAIM(payload_kind_name(kind));
	}
	free(file);
	return 0;
}
