/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's command line: words separated by blanks, "name", "name=value" or "no-name". One typed
 * table lists every option. An unknown name or a malformed value is named on the console and ignored: a
 * machine that boots with a warning can still be repaired. Pure but for printk().
 */
#include <stddef.h>
#include <string.h>
#include "boot/cmdline.h"
#include "debug/log.h"
#include "lib/util.h"

struct options options = {
	.console = "com1,vga",
	.com1_baud = 115200,
	.com1_port = 0x3f8,
	.acpi = true,
	.sched_slice_us = 5000,
};

enum option_kind { OPT_SIZE, OPT_DEVICES, OPT_BOOL, OPT_NUMBER, OPT_COM1 };

static const struct option {
	const char *name;
	enum option_kind kind;
	void *value;
	uint64_t low, high;	/* limits of sizes and numbers */
	const char *form;
} table[] = {
	{ "dom0_mem", OPT_SIZE, &options.dom0_mem, 16ull << 20, 1ull << 42, "a size such as 512M" },
	{ "console", OPT_DEVICES, NULL, 0, 0, "com1, vga, none or com1,vga" },
	{ "com1", OPT_COM1, NULL, 0, 0, "baud[,8n1[,port]]" },
	{ "noreboot", OPT_BOOL, &options.noreboot, 0, 0, "yes or no" },
	{ "debug", OPT_BOOL, &options.debug, 0, 0, "yes or no" },
	{ "acpi", OPT_BOOL, &options.acpi, 0, 0, "on or off" },
	{ "slice", OPT_NUMBER, &options.sched_slice_us, 100, 1000000, "100 to 1000000 microseconds" },
	{ "max_cpus", OPT_NUMBER, &options.max_cpus, 1, 256, "1 to 256" },
	{ "dom0_max_vcpus", OPT_NUMBER, &options.dom0_max_vcpus, 1, 128, "1 to 128" },
	{ "dom0_deadline", OPT_NUMBER, &options.dom0_deadline, 0, 86400, "0 to 86400 seconds" },
	{ "smap", OPT_BOOL, &options.smap, 0, 0, "on or off" },
};

static bool parse_number(const char **p, uint64_t *out)
{
	unsigned int base = 10, digit;
	const char *start;
	uint64_t v = 0;

	if ((*p)[0] == '0' && ((*p)[1] == 'x' || (*p)[1] == 'X')) {
		base = 16;
		*p += 2;
	}
	for (start = *p;; (*p)++) {
		char c = **p;

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned int)((c | 0x20) - 'a' + 10);
		else
			break;
		if (v > (UINT64_MAX - digit) / base)
			return false;
		v = v * base + digit;
	}
	*out = v;
	return *p != start;
}

/* K, M, G, T; a bare number means KiB. "max:" and "min:" prefixes of a list are not supported. */
static bool parse_size(const char *s, uint64_t *out)
{
	unsigned int shift = 10;
	uint64_t v;

	if (!parse_number(&s, &v))
		return false;
	switch (*s | 0x20) {
	case 'b': shift = 0; s++; break;
	case 'k': s++; break;
	case 'm': shift = 20; s++; break;
	case 'g': shift = 30; s++; break;
	case 't': shift = 40; s++; break;
	}
	if (*s || v > UINT64_MAX >> shift)
		return false;
	*out = v << shift;
	return true;
}

static bool parse_bool(const char *s, bool *out)
{
	static const char *const yes[] = { "", "1", "on", "yes", "true" }, *const no[] = { "0", "off", "no", "false" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!strcmp(s, yes[i]))
			return *out = true;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		if (!strcmp(s, no[i])) {
			*out = false;
			return true;
		}
	}
	return false;
}

/* 115200,8n1,0x3f8: the line format is fixed, so only 8n1 is accepted in the middle. */
static bool parse_com1(const char *s)
{
	uint64_t baud, port = options.com1_port;

	if (!parse_number(&s, &baud) || baud < 50 || baud > 115200 || 115200 % baud)
		return false;
	if (!strncmp(s, ",8n1", 4))
		s += 4;
	if (*s == ',') {
		s++;
		if (!parse_number(&s, &port) || port < 0x100 || port > 0xfff8)
			return false;
	}
	if (*s)
		return false;
	options.com1_baud = (uint32_t)baud;
	options.com1_port = (uint16_t)port;
	return true;
}

/* A list such as com1,vga: known names only. */
static bool parse_devices(const char *s)
{
	static const char *const names[] = { "com1", "vga", "none" };
	const char *at = s;

	if (strlen(s) >= sizeof(options.console))
		return false;
	for (;;) {
		size_t n = 0, i;

		while (at[n] && at[n] != ',')
			n++;
		for (i = 0; i < ARRAY_SIZE(names); i++)
			if (n == strlen(names[i]) && !strncmp(at, names[i], n))
				break;
		if (i == ARRAY_SIZE(names))
			return false;
		if (!at[n])
			break;
		at += n + 1;
	}
	strlcpy(options.console, s, sizeof(options.console));
	return true;
}

static bool parse_value(const struct option *o, const char *value)
{
	uint64_t v;

	switch (o->kind) {
	case OPT_SIZE:
		if (!parse_size(value, &v) || v < o->low || v > o->high)
			return false;
		*(uint64_t *)o->value = v;
		return true;
	case OPT_NUMBER:
		if (!parse_number(&value, &v) || *value || v < o->low || v > o->high)
			return false;
		*(uint32_t *)o->value = (uint32_t)v;
		return true;
	case OPT_DEVICES:
		return parse_devices(value);
	case OPT_BOOL:
		return parse_bool(value, o->value);
	case OPT_COM1:
		return parse_com1(value);
	}
	return false;
}

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

bool cmdline_knows(const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word[i] == '=')
			return true;
	if (n > 3 && !strncmp(word, "no-", 3))
		word += 3, n -= 3;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strlen(table[i].name) == n && !strncmp(table[i].name, word, n))
			return true;
	return false;
}

static void parse_word(char *word)
{
	char *value = strchr(word, '=');
	const struct option *o;

	if (value)
		*value++ = 0;
	o = find_option(word);
	if (!o && !value && !strncmp(word, "no-", 3)) {
		o = find_option(word + 3);
		if (o && o->kind == OPT_BOOL) {
			*(bool *)o->value = false;
			return;
		}
		o = NULL;
	}
	if (!o)
		printk("command line: unknown option \"%s\" ignored\n", word);
	else if (!value && o->kind != OPT_BOOL)
		printk("command line: option \"%s\" ignored: it wants a value: %s\n", word, o->form);
	else if (!parse_value(o, value ? value : ""))
		printk("command line: \"%s=%s\" ignored: the value must be %s\n", word, value ? value : "", o->form);
}

void cmdline_parse(const char *line)
{
	char word[128];

	for (;;) {
		size_t n = 0;

		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line)
			return;
		while (line[n] && line[n] != ' ' && line[n] != '\t')
			n++;
		if (n < sizeof(word)) {
			memcpy(word, line, n);
			word[n] = 0;
			parse_word(word);
		} else {
			printk("command line: an option of %u characters ignored: the limit is %u\n",
			       (unsigned int)n, (unsigned int)sizeof(word) - 1);
		}
		line += n;
	}
}
