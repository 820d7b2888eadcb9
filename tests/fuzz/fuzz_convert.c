/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of xl: any text becomes a description that our own reader accepts, or a complaint. */
#include "convert/convert.h"
#include "domain/config.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diag_list diags;
	struct input in = { data, size };
	char *text = input_block(&in, size); /* not terminated */
	struct domain_config *cfg = NULL;
	struct conversion made;

	memset(&diags, 0, sizeof(diags));
	xl_convert("fuzz.cfg", text, size, &made, &diags);
	CLAIM(diags.count == made.faults + made.losses);
	CLAIM(!made.xml == (made.faults != 0));
	diag_clear(&diags);
	if (made.xml) {
		cfg = domain_config_parse("fuzz.xml", made.xml, made.len, &diags);
		CLAIM(cfg && !diags.count);
	}
	diag_clear(&diags);
	domain_config_free(cfg);
	free(made.xml);
	free(text);
	return 0;
}
