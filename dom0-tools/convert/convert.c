/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/convert.c
 *
 * See convert.h.  What comes out is read by domain_config_parse() before anybody else sees it: what that refuses is a fault of the
 * line of the source that it was made of.
 */
#include "convert/convert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlstring.h>

#include "convert/internal.h"
#include "domain/config.h"

/* --- complaints -------------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 0)))
static void complain(struct convert *c, unsigned int line, unsigned int column, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	diag_add(c->diags, line, column, "%s", text);
}

void convert_fault(struct convert *c, unsigned int line, unsigned int column, const char *fmt, ...)
{
	va_list ap;

	c->result->faults++;
	va_start(ap, fmt);
	complain(c, line, column, fmt, ap);
	va_end(ap);
}

void convert_loss(struct convert *c, unsigned int line, unsigned int column, const char *fmt, ...)
{
	va_list ap;

	c->result->losses++;
	va_start(ap, fmt);
	complain(c, line, column, fmt, ap);
	va_end(ap);
}

void device_fault(struct device *d, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->bad = true;
	convert_fault(d->c, d->v->line, d->v->column, "%s '%.80s': %s", d->kind, d->v->text, text);
}

void device_loss(struct device *d, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->bad |= d->whole;
	convert_loss(d->c, d->v->line, d->v->column, "%s '%.80s'%s: %s", d->kind, d->v->text, d->whole ? " cannot be had" : "", text);
}

/* What XML cannot hold, however it is written (XML 1.0, 2.2 Char). */
static void values_check(struct convert *c, const struct xl_value *v)
{
	for (; v; v = v->next) {
		values_check(c, v->first);
		if (!v->text)
			continue;
		for (const char *s = v->text; *s; s++)
			if ((unsigned char)*s < 0x20 && !strchr("\t\n\r", *s)) {
				convert_fault(c, v->line, v->column, "this string has the control character 0x%02x, which XML cannot hold", (unsigned char)*s);
				break;
			}
		if (!xmlCheckUTF8((const xmlChar *)v->text))
			convert_fault(c, v->line, v->column, "this string is not UTF-8, which a description is; 'iconv -t UTF-8' changes a file");
	}
}

/* --- values ------------------------------------------------------------------------------------ */

const char *convert_string(struct convert *c, const struct xl_item *i)
{
	if (i->value->kind != XL_LIST)
		return i->value->text;
	convert_fault(c, i->value->line, i->value->column, "'%s' is a string, not a list", i->key);
	return NULL;
}

static bool number_of(struct convert *c, const struct xl_item *i, uint64_t *out)
{
	if (xl_number(i->value, out))
		return true;
	convert_fault(c, i->value->line, i->value->column, "'%s' is a number", i->key);
	return false;
}

void convert_each(struct convert *c, const struct xl_item *i, void (*fn)(struct convert *c, const struct xl_value *v))
{
	if (i->value->kind != XL_LIST) {
		convert_fault(c, i->value->line, i->value->column, "'%s' is a list of strings: write it in [ ]", i->key);
		return;
	}
	for (const struct xl_value *v = i->value->first; v; v = v->next) {
		if (v->kind == XL_STRING)
			fn(c, v);
		else
			convert_fault(c, v->line, v->column, "'%s' is a list of strings, and this is none", i->key);
	}
}

/* As an element, if it is given. */
static void copy(struct convert *c, const char *key, const char *before, const char *element)
{
	const struct xl_item *i = xl_find(c->file, key);
	const char *text = i ? convert_string(c, i) : NULL;

	if (text)
		write_element(c, i->line, before, element, text);
}

/* --- the parts of a description ---------------------------------------------------------------- */

static void type_check(struct convert *c)
{
	const struct xl_item *type = xl_find(c->file, "type"), *builder = xl_find(c->file, "builder");
	const char *text;

	text = type ? convert_string(c, type) : NULL;
	if (text && strcmp(text, "pv") != 0)
		convert_fault(c, type->value->line, type->value->column, "type '%.40s' is not a kind of guest that runs here; Socle runs paravirtualised "
			      "guests ('pv'), so take a kernel that can be one", text);
	text = builder ? convert_string(c, builder) : NULL;
	if (text && strcmp(text, "generic") != 0 && strcmp(text, "linux") != 0)
		convert_fault(c, builder->value->line, builder->value->column, "builder '%.40s' is not a kind of guest that runs here; Socle runs "
			      "paravirtualised guests ('generic'), so take a kernel that can be one", text);
}

static void mib_write(struct convert *c, unsigned int line, const char *element, uint64_t mib)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, mib);
	fprintf(c->out, "  <%s unit='MiB'>%s</%s>", element, number, element);
	write_line(c, line, "");
}

static void memory_write(struct convert *c)
{
	const struct xl_item *memory = xl_find(c->file, "memory"), *most = xl_find(c->file, "maxmem");
	uint64_t start = 0, max = 0;
	bool good = memory && number_of(c, memory, &start);

	if (most && !number_of(c, most, &max))
		return;
	if (!good)
		return;
	mib_write(c, most ? most->line : memory->line, "memory", most ? max : start);
	if (most && max != start)
		mib_write(c, memory->line, "currentMemory", start);
}

static void vcpus_write(struct convert *c)
{
	const struct xl_item *vcpus = xl_find(c->file, "vcpus"), *most = xl_find(c->file, "maxvcpus");
	uint64_t start = 1, max = 1;
	char number[24];

	if ((vcpus && !number_of(c, vcpus, &start)) || (most && !number_of(c, most, &max)))
		return;
	if (!most)
		max = start;
	if (start > max) {
		convert_fault(c, vcpus ? vcpus->line : most->line, 0, "vcpus=%" PRIu64 " is more than maxvcpus=%" PRIu64, start, max);
		return;
	}
	if (start < max)
		convert_loss(c, most->line, most->column, "a guest starts with all of its %" PRIu64 " vCPUs; after its start: socle vcpu-set NAME %" PRIu64,
			     max, start);
	if (!vcpus && !most)
		return;
	snprintf(number, sizeof(number), "%" PRIu64, max);
	write_element(c, most ? most->line : vcpus->line, "  ", "vcpu", number);
}

/* cmdline=, or what xl makes of root= and extra=. */
static void cmdline_write(struct convert *c)
{
	const struct xl_item *whole = xl_find(c->file, "cmdline"), *root = xl_find(c->file, "root"), *extra = xl_find(c->file, "extra");
	const struct xl_item *any = whole ? whole : root ? root : extra;
	const char *r = root ? convert_string(c, root) : NULL, *x = extra ? convert_string(c, extra) : NULL;
	char *both = NULL;

	if (!any)
		return;
	if (whole) {
		if (root)
			convert_loss(c, root->line, root->column, "'root' is nothing beside 'cmdline': xl leaves it out; write it into 'cmdline'");
		if (extra)
			convert_loss(c, extra->line, extra->column, "'extra' is nothing beside 'cmdline': xl leaves it out; write it into 'cmdline'");
		copy(c, "cmdline", "    ", "cmdline");
	} else if (asprintf(&both, "%s%s%s%s", r ? "root=" : "", r ? r : "", r && x ? " " : "", x ? x : "") < 0) {
		convert_fault(c, 0, 0, "out of memory");
	} else {
		write_element(c, any->line, "    ", "cmdline", both);
		free(both);
	}
}

/* --- what follows an end ----------------------------------------------------------------------- */

static const struct {
	const char *xl, *ours, *lost;
} actions[] = {
	{ "destroy", "destroy", NULL },
	{ "restart", "restart", NULL },
	{ "preserve", "preserve", NULL },
	{ "rename-restart", "restart", "a dead guest cannot be kept beside its successor" },
	{ "coredump-destroy", "destroy", "no image of the memory is kept; 'socle last' has registers and last words" },
	{ "coredump-restart", "restart", "no image of the memory is kept; 'socle last' has registers and last words" },
	{ "soft-reset", "restart", "a soft reset is not possible" },
};

/* Which of them it is; -1 after a complaint. */
static int action_of(struct convert *c, const struct xl_item *i)
{
	const char *text = convert_string(c, i);

	for (unsigned int n = 0; text && n < sizeof(actions) / sizeof(actions[0]); n++)
		if (strcmp(actions[n].xl, text) == 0)
			return (int)n;
	if (text)
		convert_fault(c, i->value->line, i->value->column, "'%.40s' is not an action", text);
	return -1;
}

static void action_write(struct convert *c, const char *key)
{
	const struct xl_item *i = xl_find(c->file, key);
	int n = i ? action_of(c, i) : -1;

	if (n < 0)
		return;
	if (actions[n].lost)
		convert_loss(c, i->value->line, i->value->column, "%s='%s': %s; the nearest is '%s'", key, actions[n].xl, actions[n].lost, actions[n].ours);
	write_element(c, i->line, "  ", key, actions[n].ours);
}

static void watchdog_check(struct convert *c)
{
	const struct xl_item *dog = xl_find(c->file, "on_watchdog"), *crash = xl_find(c->file, "on_crash");
	int of_dog = dog ? action_of(c, dog) : -1, of_crash = crash && dog ? action_of(c, crash) : 0;

	if (of_dog >= 0 && of_crash >= 0 && of_dog != of_crash)
		convert_loss(c, dog->line, dog->column, "a guest that its watchdog stops has crashed, and 'on_crash' (%s) says what follows",
			     actions[of_crash].ours);
}

/* --- keys -------------------------------------------------------------------------------------- */

static const char *const known[] = { "name", "uuid", "type", "builder", "kernel", "ramdisk", "cmdline", "root", "extra", "memory", "maxmem",
				     "vcpus", "maxvcpus", "on_poweroff", "on_reboot", "on_crash", "on_watchdog", "disk", "vif" };

#define NR_KNOWN (sizeof(known) / sizeof(known[0]))

static bool is_known(const char *key)
{
	for (unsigned int i = 0; i < NR_KNOWN; i++)
		if (strcmp(known[i], key) == 0)
			return true;
	return false;
}

static void unknown_key(struct convert *c, const struct xl_item *i)
{
	const char *names[NR_KNOWN + 256 + 1] = { NULL }, *guess;
	unsigned int n = 0;

	for (; n < NR_KNOWN; n++)
		names[n] = known[n];
	for (unsigned int k = 0; k < 256 && refused_name(k); k++)
		names[n++] = refused_name(k);
	guess = diag_suggest(i->key, names);
	convert_loss(c, i->line, i->column, "'%s' is not a key of xl's files%s%s%s", i->key, guess ? "; did you mean '" : "; leave it out",
		     guess ? guess : "", guess ? "'?" : "");
}

static void key_check(struct convert *c, const struct xl_item *i)
{
	const struct xl_refused *r = refused_find(i->key);
	const char *value = i->value->kind == XL_LIST ? "..." : i->value->text, *mark;

	if (is_known(i->key))
		return;
	if (!r) {
		unknown_key(c, i);
		return;
	}
	if (!r->strict && xl_is_nothing(i->value))
		return;
	mark = strstr(r->instead, "%s");
	convert_loss(c, i->line, i->column, "'%s' has no equivalent: %s; %.*s%.80s%s", i->key, r->why, (int)(mark ? mark - r->instead : (long)strlen(r->instead)),
		     r->instead, mark ? value : "", mark ? mark + 2 : "");
}

static void needed_check(struct convert *c)
{
	static const char *const needed[] = { "name", "memory", "kernel" };

	for (unsigned int i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!xl_find(c->file, needed[i]))
			convert_fault(c, 0, 0, "'%s' is missing%s", needed[i], strcmp(needed[i], "kernel") == 0 && xl_find(c->file, "bootloader") ?
				      ": no bootloader finds it in the guest's disk here" : "");
}

/* --- the whole --------------------------------------------------------------------------------- */

static void each_write(struct convert *c, const char *key, void (*fn)(struct convert *c, const struct xl_value *v))
{
	const struct xl_item *i = xl_find(c->file, key);

	if (i)
		convert_each(c, i, fn);
}

static void description_write(struct convert *c)
{
	write_line(c, 0, "<domain type='xen'>");
	copy(c, "name", "  ", "name");
	copy(c, "uuid", "  ", "uuid");
	memory_write(c);
	vcpus_write(c);
	write_line(c, 0, "  <os>");
	write_line(c, 0, "    <type>linux</type>");
	copy(c, "kernel", "    ", "kernel");
	copy(c, "ramdisk", "    ", "initrd");
	cmdline_write(c);
	write_line(c, 0, "  </os>");
	action_write(c, "on_poweroff");
	action_write(c, "on_reboot");
	action_write(c, "on_crash");
	write_line(c, 0, "  <devices>");
	each_write(c, "disk", convert_disk);
	each_write(c, "vif", convert_card);
	write_line(c, 0, "    <console type='pty'/>"); /* xl gives one to every guest */
	write_line(c, 0, "  </devices>");
	write_line(c, 0, "</domain>");
}

/* What our own reader has against it. */
static void result_check(struct convert *c, const char *name)
{
	struct diag_list *inner = calloc(1, sizeof(*inner));
	struct domain_config *cfg = inner ? domain_config_parse(name, c->result->xml, c->result->len, inner) : NULL;

	if (!inner)
		convert_fault(c, 0, 0, "out of memory");
	for (size_t i = 0; inner && i < inner->kept; i++) {
		unsigned int line = inner->item[i].line;

		convert_fault(c, line && line <= c->nr_lines ? c->line_of[line - 1] : 0, 0, "%s", inner->item[i].text);
	}
	if (inner) {
		c->result->faults += (unsigned int)(inner->count - inner->kept);
		c->diags->count += inner->count - inner->kept;
		diag_clear(inner);
	}
	free(inner);
	domain_config_free(cfg);
}

void xl_convert(const char *name, const char *text, size_t len, struct conversion *out, struct diag_list *diags)
{
	struct xl_file file;
	struct convert c = { .file = &file, .diags = diags, .result = out };
	size_t before = diags->count;

	*out = (struct conversion){ .xml = NULL };
	xl_parse(text, len, &file, diags);
	out->faults = (unsigned int)(diags->count - before);
	for (const struct xl_item *i = file.first; i; i = i->next) {
		values_check(&c, i->value);
		key_check(&c, i);
	}
	if (!out->faults)
		needed_check(&c); /* else a key may be missing because its line is no syntax */
	type_check(&c);
	watchdog_check(&c);
	c.out = open_memstream(&out->xml, &out->len);
	if (c.out)
		description_write(&c);
	if (!c.out || ferror(c.out) || fclose(c.out))
		convert_fault(&c, 0, 0, "out of memory");
	else if (!out->faults)
		result_check(&c, name);
	if (out->faults) {
		free(out->xml);
		out->xml = NULL;
	}
	free(c.line_of);
	xl_free(&file);
}
