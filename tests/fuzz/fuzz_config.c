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
		const struct vbd_config *w = &c->disk[i].want;

		CLAIM(memchr(w->path, 0, sizeof(w->path)) && memchr(w->host, 0, sizeof(w->host)));
		CLAIM(memchr(w->nbd_export, 0, sizeof(w->nbd_export)));
		CLAIM(w->path[0] == '/' || (w->kind == VBD_NBD && w->host[0] && w->port));
		CLAIM(w->sector_size == 0 || w->sector_size == 512 || w->sector_size == 4096);
		CLAIM(c->disk[i].index < DOMAIN_DISKS_MAX && memchr(c->disk[i].target, 0, sizeof(c->disk[i].target)));
		for (unsigned int k = 0; k < i; k++)
			CLAIM(c->disk[i].index != c->disk[k].index);
	}
}

static void check_cards(const struct domain_config *c)
{
	CLAIM(c->nr_cards <= DOMAIN_CARDS_MAX);
	for (unsigned int i = 0; i < c->nr_cards; i++) {
		const struct vif_config *w = &c->card[i].want;

		CLAIM(memchr(w->bridge, 0, sizeof(w->bridge)) && memchr(w->ifname, 0, sizeof(w->ifname)));
		CLAIM(w->kind == VIF_ETHERNET || w->bridge[0] || c->card[i].network[0]);
		CLAIM(w->mtu >= VIF_MTU_MIN && w->mtu <= VIF_MTU_MAX && w->vlan < 4095 && w->queues >= 1);
		CLAIM(w->queues <= CTL_QUEUES_MAX && w->nr_ip4 <= VIF_IPS_MAX && w->nr_ip6 <= VIF_IPS_MAX);
		CLAIM(!(w->mac[0] & 1) && c->card[i].index == i);
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
	if (cfg) {
		check_config(cfg);
		check_cards(cfg);
	}
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
