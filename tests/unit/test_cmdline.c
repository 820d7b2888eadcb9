/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's command line: every option's good and bad forms, and that what is refused is named and
 * changes nothing. Memory maps: sorting, overlaps, joining.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "boot/cmdline.h"
#include "boot/e820.h"
#include "debug/log.h"
#include "suite.h"

static char said[4096];
static struct options initial;

void printk(const char *fmt, ...)
{
	size_t used = strlen(said);
	va_list args;

	va_start(args, fmt);
	vsnprintf(said + used, sizeof(said) - used, fmt, args);
	va_end(args);
}

static void reset(void)
{
	options = initial;
	said[0] = 0;
}

START_TEST(test_sizes)
{
	cmdline_parse("dom0_mem=512M");
	ck_assert_uint_eq(options.dom0_mem, 512ull << 20);
	cmdline_parse("  dom0_mem=2g ");
	ck_assert_uint_eq(options.dom0_mem, 2ull << 30);
	cmdline_parse("dom0_mem=65536");
	ck_assert_uint_eq(options.dom0_mem, 64ull << 20);
	cmdline_parse("dom0_mem=0x20000k");
	ck_assert_uint_eq(options.dom0_mem, 128ull << 20);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(test_knows)
{
	ck_assert(cmdline_knows("noreboot", 8));
	ck_assert(cmdline_knows("no-acpi", 7));
	ck_assert(cmdline_knows("whatever=1", 10));
	ck_assert(!cmdline_knows("socle", 5));
	ck_assert(!cmdline_knows("placeholder", 11));
	ck_assert(!cmdline_knows("", 0));
}
END_TEST

START_TEST(test_bad_values)
{
	static const char *const bad[] = {
		"dom0_mem=", "dom0_mem=x", "dom0_mem=12Mx", "dom0_mem=1M", "dom0_mem=99999999999999999999",
		"dom0_mem=18446744073709551615T", "dom0_mem", "noreboot=maybe", "slice=5", "slice=99999999",
		"slice=100us", "com1=0", "com1=1234", "com1=115200,7e1", "com1=9600,8n1,zz", "console=",
		"com1=115200,8n1,0x10000", "nosuch", "nosuch=1", "no-slice", "=", "no-", "console=com1,", "console=com2",
		"console=com1,vga,com1,vga,com1,vga,com1,vga",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		reset();
		cmdline_parse(bad[i]);
		ck_assert_msg(strstr(said, "ignored"), "%s was accepted", bad[i]);
		ck_assert_msg(!memcmp(&options, &initial, sizeof(options)), "%s changed something", bad[i]);
	}
}
END_TEST

START_TEST(test_flags_and_text)
{
	cmdline_parse("noreboot debug=on acpi=off smap console=vga slice=10000 com1=9600,8n1,0x2f8");
	ck_assert(options.noreboot);
	ck_assert(options.debug);
	ck_assert(!options.acpi);
	ck_assert(options.smap);
	ck_assert_str_eq(options.console, "vga");
	ck_assert_uint_eq(options.sched_slice_us, 10000);
	ck_assert_uint_eq(options.com1_baud, 9600);
	ck_assert_uint_eq(options.com1_port, 0x2f8);
	cmdline_parse("no-noreboot no-debug acpi=yes smap=0");
	ck_assert(!options.noreboot);
	ck_assert(!options.debug);
	ck_assert(options.acpi);
	ck_assert(!options.smap);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(test_long_word)
{
	char line[400];

	memset(line, 'a', sizeof(line));
	strlcpy(line + 300, " debug", sizeof(line) - 300);
	cmdline_parse(line);
	ck_assert_ptr_nonnull(strstr(said, "300 characters ignored"));
	ck_assert(options.debug);
}
END_TEST

START_TEST(test_e820_overlaps)
{
	struct boot_memory map[16] = {
		{ 0x100000, 0x700000, E820_RAM },
		{ 0, 0xa0000, E820_RAM },
		{ 0x200000, 0x1000, E820_RESERVED },
		{ 0x201000, 0x1000, 20 },
		{ 0x300000, 0x2000, E820_ACPI },
		{ 0x301000, 0x2000, E820_NVS },
		{ 0x9f000, 0x1000, E820_RESERVED },
		{ 0x800000, 0x1000, E820_RAM },
	};
	static const struct boot_memory want[] = {
		{ 0, 0x9f000, E820_RAM }, { 0x9f000, 0x1000, E820_RESERVED },
		{ 0x100000, 0x100000, E820_RAM }, { 0x200000, 0x2000, E820_RESERVED },
		{ 0x202000, 0xfe000, E820_RAM }, { 0x300000, 0x1000, E820_ACPI },
		{ 0x301000, 0x2000, E820_NVS }, { 0x303000, 0x4fe000, E820_RAM },
	};
	unsigned int n = e820_normalise(map, 8, 16);

	ck_assert_uint_eq(n, sizeof(want) / sizeof(want[0]));
	for (unsigned int i = 0; i < n; i++) {
		ck_assert_uint_eq(map[i].addr, want[i].addr);
		ck_assert_uint_eq(map[i].size, want[i].size);
		ck_assert_uint_eq(map[i].type, want[i].type);
	}
}
END_TEST

START_TEST(test_e820_limit)
{
	struct boot_memory map[4] = { { 0, 0x1000, 1 }, { 0x2000, 0x1000, 1 }, { 0x4000, 0x1000, 1 } };

	ck_assert_uint_eq(e820_normalise(map, 3, 2), 2);
	ck_assert_uint_eq(map[1].addr, 0x2000);
	ck_assert_uint_eq(e820_normalise(map, 0, 4), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("command line and memory map");
	TCase *t = tcase_create("boot");

	initial = options;
	tcase_add_checked_fixture(t, reset, NULL);
	tcase_add_test(t, test_sizes);
	tcase_add_test(t, test_bad_values);
	tcase_add_test(t, test_knows);
	tcase_add_test(t, test_flags_and_text);
	tcase_add_test(t, test_long_word);
	tcase_add_test(t, test_e820_overlaps);
	tcase_add_test(t, test_e820_limit);
	suite_add_tcase(s, t);
	return suite_run(s);
}
