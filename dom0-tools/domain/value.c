/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/value.c
 *
 * The table of elements of a domain description, and one function for each value: text in, field
 * of struct domain_config out, or a complaint that quotes what was found and says what would do.
 * docs/domain-xml.md describes the same table for users, dom0-tools/data/domain.rng for machines.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "domain/element.h"
#include "domain/xml.h"

char *attribute_get(const xmlNode *node, const char *name)
{
	return (char *)xmlGetNoNsProp(node, (const xmlChar *)name);
}

int attribute_check(struct reader *r, const xmlNode *node, const char *name, bool required, const char *const *words,
		    const char *say)
{
	char *value = attribute_get(node, name);
	int which = -1;

	if (!value && required)
		xml_complain(r->diags, node, "<%s> needs the attribute '%s' (%s)",
			     (const char *)node->name, name, say);
	for (int i = 0; value && which < 0 && words[i]; i++)
		if (strcmp(value, words[i]) == 0)
			which = i;
	if (value && which < 0)
		xml_complain(r->diags, node, "%s='%s' is not possible; use %s", name, value, say);
	xmlFree(value);
	return which;
}

static void take_domain(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const types[] = { "xen", "socle", NULL };

	(void)text;
	attribute_check(r, node, "type", true, types, "'xen' or 'socle'");
}

bool domain_name_is_good(const char *s)
{
	bool digits_only = true;

	if (!*s || strlen(s) > DOMAIN_NAME_MAX || strchr("-.+", *s))
		return false;
	for (; *s; s++) {
		if (!isascii((unsigned char)*s) ||
		    (!isalnum((unsigned char)*s) && !strchr("_.+-", *s)))
			return false;
		digits_only &= isdigit((unsigned char)*s) != 0;
	}
	return !digits_only;
}

static void take_name(struct reader *r, const xmlNode *node, const char *text)
{
	if (!domain_name_is_good(text))
		xml_complain(r->diags, node,
			     "'%.80s' cannot be a name: use 1 to %u letters, digits "
			     "and _ . + -, beginning with a letter, digit or _, and not only "
			     "digits",
			     text, DOMAIN_NAME_MAX);
	else if (strcmp(text, "Domain-0") == 0)
		xml_complain(r->diags, node, "'Domain-0' is the name of the control domain");
	else
		strcpy(r->cfg->name, text);
}

static void take_uuid(struct reader *r, const xmlNode *node, const char *text)
{
	uuid_t id;

	if (uuid_parse(text, id) != 0) {
		xml_complain(r->diags, node,
			     "'%.80s' is not a UUID; make one with uuidgen, or leave "
			     "the element out",
			     text);
	} else if (uuid_is_null(id)) {
		xml_complain(r->diags, node, "the UUID of all zeroes is the control domain's");
	} else {
		memcpy(r->cfg->uuid, id, sizeof(id));
		r->cfg->has_uuid = true;
	}
}

/* libvirt's units: powers of 1000 with a B alone, of 1024 otherwise. */
static uint64_t unit_bytes(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{ "b", 1 }, { "bytes", 1 },
		{ "KB", 1000 }, { "k", 1024 }, { "KiB", 1024 },
		{ "MB", 1000000 }, { "M", 1u << 20 }, { "MiB", 1u << 20 },
		{ "GB", 1000000000 }, { "G", 1u << 30 }, { "GiB", 1u << 30 },
		{ "TB", UINT64_C(1000000000000) }, { "T", UINT64_C(1) << 40 },
		{ "TiB", UINT64_C(1) << 40 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, unit) == 0)
			return units[i].bytes;
	return 0;
}

bool number_read(const char *text, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && !*end;
}

bool attribute_number(struct reader *r, const xmlNode *node, const char *name, uint64_t min, uint64_t max, const char *what,
		      uint64_t *out)
{
	char *value = attribute_get(node, name);
	uint64_t n;
	bool good = value && number_read(value, &n) && n >= min && n <= max;

	if (good)
		*out = n;
	else if (value)
		xml_complain(r->diags, node, "%s='%.40s' is not %s; use %" PRIu64 " to %" PRIu64, name, value, what, min, max);
	xmlFree(value);
	return good;
}

/* Kibibytes rounded up to whole pages, or 0 after a complaint. */
static uint64_t size_read(struct reader *r, const xmlNode *node, const char *text)
{
	const uint64_t limit = UINT64_C(1) << 44; /* 16 TiB, more than a machine has */
	char *unit = attribute_get(node, "unit");
	uint64_t scale = unit_bytes(unit ? unit : "KiB"), n, kib = 0;

	if (!scale)
		xml_complain(r->diags, node,
			     "unit='%s' is not known; use bytes, KiB, MiB, GiB or TiB", unit);
	else if (!number_read(text, &n))
		xml_complain(r->diags, node, "'%.40s' is not a number", text);
	else if (n > limit / scale)
		xml_complain(r->diags, node, "%s %s is more than any machine has", text,
			     unit ? unit : "KiB");
	else if (n * scale < (uint64_t)DOMAIN_MEM_MIN_KIB * 1024)
		xml_complain(r->diags, node,
			     "%s %s is too little: no kernel fits below %u MiB (the "
			     "unit is KiB when none is given)",
			     text, unit ? unit : "KiB", DOMAIN_MEM_MIN_KIB / 1024);
	else
		kib = (n * scale + 4095) / 4096 * 4;
	xmlFree(unit);
	return kib;
}

static void take_memory(struct reader *r, const xmlNode *node, const char *text)
{
	r->memory = node;
	r->cfg->max_kib = size_read(r, node, text);
}

static void take_current(struct reader *r, const xmlNode *node, const char *text)
{
	r->current = node;
	r->cfg->start_kib = size_read(r, node, text);
}

static void take_vcpu(struct reader *r, const xmlNode *node, const char *text)
{
	uint64_t n;

	if (!number_read(text, &n) || n < 1 || n > DOMAIN_VCPUS_MAX)
		xml_complain(r->diags, node, "'%.40s' is not a number of CPUs; use 1 to %u", text,
			     DOMAIN_VCPUS_MAX);
	else
		r->cfg->vcpus = (unsigned int)n;
}

static void take_os_type(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const archs[] = { "x86_64", NULL }, *const machines[] = { "xenpv",
										     NULL };

	attribute_check(r, node, "arch", false, archs, "'x86_64'");
	attribute_check(r, node, "machine", false, machines, "'xenpv'");
	if (strcmp(text, "linux") != 0 && strcmp(text, "xen") != 0)
		xml_complain(r->diags, node, "'%.40s' is not a kind of guest that runs here; use "
			     "'linux' or 'xen' (both mean paravirtualised)", text);
}

static void path_take(struct reader *r, const xmlNode *node, const char *text, char **out)
{
	if (text[0] != '/')
		xml_complain(r->diags, node,
			     *text ? "'%.200s' is not an absolute path; begin it with /"
				   : "the path is empty%s",
			     *text ? text : "");
	else if (!(*out = strdup(text)))
		diag_add(r->diags, 0, 0, "out of memory");
}

static void take_kernel(struct reader *r, const xmlNode *node, const char *text)
{
	path_take(r, node, text, &r->cfg->kernel);
}

static void take_initrd(struct reader *r, const xmlNode *node, const char *text)
{
	path_take(r, node, text, &r->cfg->initrd);
}

static void take_cmdline(struct reader *r, const xmlNode *node, const char *text)
{
	if (strlen(text) > DOMAIN_CMDLINE_MAX)
		xml_complain(r->diags, node,
			     "the command line has %zu bytes; a guest takes at most %u",
			     strlen(text), DOMAIN_CMDLINE_MAX);
	else if (!(r->cfg->cmdline = strdup(text)))
		diag_add(r->diags, 0, 0, "out of memory");
}

static void action_take(struct reader *r, const xmlNode *node, const char *text,
			enum domain_action *out)
{
	static const enum domain_action all[] = {
		DOMAIN_ACTION_DESTROY, DOMAIN_ACTION_RESTART, DOMAIN_ACTION_PRESERVE,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(text, domain_action_name(all[i])) == 0) {
			*out = all[i];
			return;
		}
	}
	xml_complain(r->diags, node, "'%.40s' is not an action; use destroy, restart or preserve",
		     text);
}

static void take_poweroff(struct reader *r, const xmlNode *node, const char *text)
{
	action_take(r, node, text, &r->cfg->on_poweroff);
}

static void take_reboot(struct reader *r, const xmlNode *node, const char *text)
{
	action_take(r, node, text, &r->cfg->on_reboot);
}

static void take_crash(struct reader *r, const xmlNode *node, const char *text)
{
	action_take(r, node, text, &r->cfg->on_crash);
}

static void take_console(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const types[] = { "pty", NULL };

	(void)text;
	attribute_check(r, node, "type", true, types, "'pty'");
	r->cfg->console = true;
}

static void finish_domain(struct reader *r, const xmlNode *node)
{
	struct domain_config *cfg = r->cfg;

	(void)node;
	if (!r->current)
		cfg->start_kib = cfg->max_kib;
	else if (cfg->max_kib && cfg->start_kib > cfg->max_kib)
		xml_complain(r->diags, r->current,
			     "currentMemory (%" PRIu64 " KiB) is more than memory (%" PRIu64 " KiB"
											     ")",
			     cfg->start_kib, cfg->max_kib);
	if (!cfg->cmdline && !(cfg->cmdline = strdup("")))
		diag_add(r->diags, 0, 0, "out of memory");
}

static const struct element
	el_name = { .name = "name", .required = true, .has_text = true, .take = take_name },
	el_uuid = { .name = "uuid", .has_text = true, .take = take_uuid },
	el_memory = { .name = "memory",
		      .attr = { "unit" },
		      .required = true,
		      .has_text = true,
		      .take = take_memory },
	el_current = { .name = "currentMemory",
		       .attr = { "unit" },
		       .has_text = true,
		       .take = take_current },
	el_vcpu = { .name = "vcpu", .has_text = true, .take = take_vcpu },
	el_type = { .name = "type",
		    .attr = { "arch", "machine" },
		    .required = true,
		    .has_text = true,
		    .take = take_os_type },
	el_kernel = { .name = "kernel", .required = true, .has_text = true, .take = take_kernel },
	el_initrd = { .name = "initrd", .has_text = true, .take = take_initrd },
	el_cmdline = { .name = "cmdline", .has_text = true, .take = take_cmdline },
	el_os = { .name = "os",
		  .required = true,
		  .child = { &el_type, &el_kernel, &el_initrd, &el_cmdline } },
	el_poweroff = { .name = "on_poweroff", .has_text = true, .take = take_poweroff },
	el_reboot = { .name = "on_reboot", .has_text = true, .take = take_reboot },
	el_crash = { .name = "on_crash", .has_text = true, .take = take_crash },
	el_console = { .name = "console", .attr = { "type" }, .take = take_console },
	el_devices = { .name = "devices", .child = { &element_disk, &element_interface, &el_console } };

const struct element element_domain = {
	.name = "domain", .attr = { "type" }, .take = take_domain, .finish = finish_domain,
	.child = { &el_name, &el_uuid, &el_memory, &el_current, &el_vcpu, &el_os, &el_poweroff,
		   &el_reboot, &el_crash, &el_devices },
};
