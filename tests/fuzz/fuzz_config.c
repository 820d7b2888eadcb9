/* SPDX-License-Identifier: BSD-2-Clause */
/* Domain descriptions: any text becomes a whole configuration or a complaint. */
#include "domain/config.h"
#include "fuzz.h"

static void check_config(const struct domain_config *c)
{
	CLAIM(memchr(c->name, 0, sizeof(c->name)) && c->name[0]);
	CLAIM(c->max_kib >= DOMAIN_MEM_MIN_KIB && c->max_kib % 4 == 0);
	CLAIM(c->start_kib && c->start_kib <= c->max_kib && c->start_kib % 4 == 0);
	CLAIM(c->vcpus >= 1 && c->vcpus <= DOMAIN_VCPUS_MAX);
	CLAIM(c->kernel && c->kernel[0] == '/');
	CLAIM(!c->initrd || c->initrd[0] == '/');
	CLAIM(c->cmdline && strlen(c->cmdline) <= DOMAIN_CMDLINE_MAX);
	CLAIM(c->nr_disks <= DOMAIN_DISKS_MAX);
	for (unsigned int i = 0; i < c->nr_disks; i++) {
		CLAIM(c->disk[i].path && c->disk[i].path[0] == '/');
		CLAIM(c->disk[i].index < DOMAIN_DISKS_MAX && memchr(c->disk[i].target, 0, sizeof(c->disk[i].target)));
		for (unsigned int k = 0; k < i; k++)
			CLAIM(c->disk[i].index != c->disk[k].index);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diag_list diags;
	struct input in = { data, size };
	char *text = input_block(&in, size);	/* not terminated */
	struct domain_config *cfg;
	char *printed = NULL;
	size_t n = 0;
	FILE *out;

	memset(&diags, 0, sizeof(diags));
	cfg = domain_config_parse("fuzz.xml", text, size, &diags);
	CLAIM(!cfg == (diags.count != 0));
	if (cfg)
		check_config(cfg);
	out = open_memstream(&printed, &n);
	if (!out)
		abort();
	diag_print(&diags, "fuzz.xml", out);
	fclose(out);
	CLAIM(!diags.count || n);
	free(printed);
	diag_clear(&diags);
	domain_config_free(cfg);
	free(text);
	return 0;
}
