/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_change.c
 *
 * What is different between two descriptions, and what it costs.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/change.h"
#include "suite.h"

static struct change list[CHANGES_MAX];

static struct domain_config *parse(const char *head, const char *devices)
{
	static struct diag_list diags;
	struct domain_config *cfg;
	static char text[16384];

	snprintf(text, sizeof(text), "<domain type='xen'>%s<devices>%s</devices></domain>", head, devices);
	cfg = domain_config_parse("test.xml", text, strlen(text), &diags);
	ck_assert_msg(cfg != NULL, "%s", diags.kept ? diags.item[0].text : "?");
	return cfg;
}

#define HEAD "<name>x</name><uuid>c7a5fdb2-cdaf-9455-926a-d65c16db1809</uuid><memory unit='MiB'>64</memory><vcpu>2</vcpu>" \
	     "<os><type>linux</type><kernel>/k</kernel><cmdline>a</cmdline></os>"
#define DISK(dev, path, more) "<disk type='file'><source file='" path "'/><target dev='" dev "'/>" more "</disk>"

static unsigned int compare(const char *head_a, const char *dev_a, const char *head_b, const char *dev_b)
{
	struct domain_config *a = parse(head_a, dev_a), *b = parse(head_b, dev_b);
	unsigned int n = change_list(a, b, list);

	domain_config_free(a);
	domain_config_free(b);
	return n;
}

static void expect(unsigned int i, enum change_kind kind, const char *what, const char *from, const char *to)
{
	ck_assert_str_eq(list[i].what, what);
	ck_assert_str_eq(change_kind_word(list[i].kind), change_kind_word(kind));
	ck_assert_msg(strstr(list[i].from, from) != NULL, "%s: from '%s', not '%s'", what, list[i].from, from);
	ck_assert_msg(strstr(list[i].to, to) != NULL, "%s: to '%s', not '%s'", what, list[i].to, to);
	ck_assert((list[i].why != NULL) == (kind != CHANGE_LIVE));
}

START_TEST(nothing)
{
	ck_assert_uint_eq(compare(HEAD, DISK("xvda", "/a", ""), HEAD, DISK("xvda", "/a", "")), 0);
	/* What one leaves out is the default, and a UUID or address that is not given is the one before. */
	ck_assert_uint_eq(compare(HEAD "<on_crash>destroy</on_crash>", "<interface type='ethernet'><mac address='00:16:3e:00:00:09'/></interface>",
				  "<name>x</name><memory>65536</memory><vcpu>2</vcpu><os><type>xen</type><kernel>/k</kernel><cmdline>a</cmdline></os>",
				  "<interface type='ethernet'/>"), 0);
}
END_TEST

START_TEST(at_its_start)
{
	ck_assert_uint_eq(compare(HEAD, "", "<name>y</name><uuid>d7a5fdb2-cdaf-9455-926a-d65c16db1809</uuid><memory unit='MiB'>128</memory>"
				  "<currentMemory unit='MiB'>64</currentMemory><os><type>linux</type><kernel>/l</kernel><initrd>/i</initrd></os>"
				  "<on_reboot>destroy</on_reboot>", "<console type='pty'/>"), 9);
	expect(0, CHANGE_REFUSED, "name", "x", "y");
	expect(1, CHANGE_REFUSED, "uuid", "c7a5", "d7a5");
	expect(2, CHANGE_RESTART, "memory", "65536 KiB", "131072 KiB");
	expect(3, CHANGE_LIVE, "vcpu", "2", "1");
	expect(4, CHANGE_RESTART, "kernel", "/k", "/l");
	expect(5, CHANGE_RESTART, "initrd", "-", "/i");
	expect(6, CHANGE_RESTART, "cmdline", "a", "-");
	expect(7, CHANGE_RESTART, "on_reboot", "restart", "destroy");
	expect(8, CHANGE_RESTART, "console", "-", "pty");
}
END_TEST

/* head, of which a running guest has made something else since. */
static unsigned int compare_live(uint64_t kib, unsigned int online, const char *more)
{
	struct domain_config *a = parse("<name>x</name><memory unit='MiB'>256</memory><vcpu>4</vcpu><os><type>linux</type><kernel>/k</kernel></os>", "");
	struct domain_config *b;
	char head[512];
	unsigned int n;

	snprintf(head, sizeof(head), "<name>x</name>%s<os><type>linux</type><kernel>/k</kernel></os>", more);
	b = parse(head, "");
	a->start_kib = kib;
	a->vcpus_online = online;
	n = change_list(a, b, list);
	domain_config_free(a);
	domain_config_free(b);
	return n;
}

START_TEST(memory_and_vcpus)
{
	static const char same[] = "<memory unit='MiB'>256</memory><vcpu>4</vcpu>";

	ck_assert_uint_eq(compare_live(262144, 4, same), 0);
	ck_assert_uint_eq(compare_live(131072, 2, same), 2);
	expect(0, CHANGE_LIVE, "currentMemory", "131072 KiB", "262144 KiB");
	ck_assert_int_eq(list[0].act, CHANGE_BY_MEMORY);
	expect(1, CHANGE_LIVE, "vcpu", "2", "4");
	ck_assert_int_eq(list[1].act, CHANGE_BY_VCPUS);
	ck_assert_uint_eq(compare_live(262144, 4, "<memory unit='MiB'>256</memory><currentMemory unit='MiB'>128</currentMemory><vcpu>3</vcpu>"), 2);
	expect(0, CHANGE_LIVE, "currentMemory", "262144 KiB", "131072 KiB");
	expect(1, CHANGE_LIVE, "vcpu", "4", "3");
	/* What it was not made for, and what it cannot live with, waits. */
	ck_assert_uint_eq(compare_live(262144, 2, "<memory unit='MiB'>512</memory><vcpu>5</vcpu>"), 3);
	expect(0, CHANGE_RESTART, "memory", "262144 KiB", "524288 KiB");
	expect(1, CHANGE_RESTART, "currentMemory", "262144 KiB", "524288 KiB");
	expect(2, CHANGE_RESTART, "vcpu", "4", "5");
	ck_assert_uint_eq(compare_live(262144, 4, "<memory unit='MiB'>256</memory><currentMemory unit='MiB'>16</currentMemory><vcpu>4</vcpu>"), 1);
	expect(0, CHANGE_RESTART, "currentMemory", "262144 KiB", "16384 KiB");
	ck_assert_ptr_nonnull(strstr(list[0].why, "starve"));
}
END_TEST

START_TEST(disks)
{
	ck_assert_uint_eq(compare(HEAD, DISK("xvda", "/a", "") DISK("xvdb", "/b", "") DISK("xvdc", "/c", ""),
				  HEAD, DISK("xvdc", "/c", "<iotune><read_bytes_sec>1000</read_bytes_sec></iotune>") DISK("xvdd", "/b", "")
				  DISK("xvda", "/a", "<readonly/>")), 4);
	expect(0, CHANGE_RESTART, "disk xvda", "file /a", "file /a, read-only");
	expect(1, CHANGE_LIVE, "disk xvdb", "file /b", "-");
	ck_assert_int_eq(list[1].act, CHANGE_BY_DISK_DETACH);
	ck_assert_uint_eq(list[1].old, 1);
	expect(2, CHANGE_LIVE, "disk xvdc limits", "0,0", "1000,0");
	ck_assert_int_eq(list[2].act, CHANGE_BY_DISK_LIMIT);
	ck_assert_uint_eq(list[2].old, 2);
	ck_assert_uint_eq(list[2].new, 0);
	expect(3, CHANGE_LIVE, "disk xvdd", "-", "file /b");
	ck_assert_int_eq(list[3].act, CHANGE_BY_DISK_ATTACH);
	ck_assert_uint_eq(list[3].new, 1);
}
END_TEST

START_TEST(cards)
{
	static const char before[] = "<interface type='bridge'><source bridge='br0'/><mac address='00:16:3e:00:00:01'/></interface>"
				     "<interface type='bridge'><source bridge='br0'/><mac address='00:16:3e:00:00:02'/></interface>";

	/* The first goes, the second is moved to the front and limited, another comes. */
	ck_assert_uint_eq(compare(HEAD, before, HEAD,
				  "<interface type='bridge'><source bridge='br0'/><mac address='00:16:3e:00:00:02'/>"
				  "<bandwidth><inbound average='10'/></bandwidth></interface>"
				  "<interface type='ethernet'><mac address='00:16:3e:00:00:03'/></interface>"), 3);
	expect(0, CHANGE_LIVE, "interface 0", "00:16:3e:00:00:01", "-");
	expect(1, CHANGE_LIVE, "interface 1 limits", "0,0", "10240,0");
	ck_assert_uint_eq(list[1].old, 1);
	ck_assert_uint_eq(list[1].new, 0);
	expect(2, CHANGE_LIVE, "interface 1", "-", "ethernet, 00:16:3e:00:00:03");
	ck_assert_int_eq(list[2].act, CHANGE_BY_CARD_ATTACH);
	ck_assert_uint_eq(compare(HEAD, before, HEAD, "<interface type='bridge'><source bridge='br1'/></interface>"
				  "<interface type='bridge'><source bridge='br0'/><vlan><tag id='7'/></vlan></interface>"), 2);
	expect(0, CHANGE_RESTART, "interface 0", "bridge br0", "bridge br1");
	expect(1, CHANGE_RESTART, "interface 1", "VLAN 0", "VLAN 7");
}
END_TEST

/* Every device another one: the list has room. */
START_TEST(everything)
{
	static char a[8192], b[8192];
	unsigned int n;

	*a = *b = '\0';
	for (unsigned int i = 0; i < DOMAIN_DISKS_MAX; i++) {
		sprintf(a + strlen(a), "<disk type='file'><source file='/a%u'/><target dev='xvd%c'/></disk>", i, 'a' + (char)i);
		sprintf(b + strlen(b), "<disk type='file'><source file='/b%u'/><target dev='xvd%c'/><iotune><read_iops_sec>1</read_iops_sec></iotune></disk>",
			i, 'a' + (char)i);
	}
	for (unsigned int i = 0; i < DOMAIN_CARDS_MAX; i++) {
		sprintf(a + strlen(a), "<interface type='ethernet'><mac address='00:16:3e:00:00:%02u'/></interface>", i);
		sprintf(b + strlen(b), "<interface type='ethernet'><mac address='00:16:3e:00:01:%02u'/></interface>", i);
	}
	n = compare(HEAD, a, "<name>y</name><uuid>d7a5fdb2-cdaf-9455-926a-d65c16db1809</uuid><memory unit='MiB'>128</memory>"
		    "<currentMemory unit='MiB'>32</currentMemory><os><type>linux</type><kernel>/l</kernel><initrd>/i</initrd></os>"
		    "<on_poweroff>restart</on_poweroff><on_reboot>destroy</on_reboot><on_crash>restart</on_crash>", b);
	ck_assert_uint_eq(n, 11 + 2 * DOMAIN_DISKS_MAX + 2 * DOMAIN_CARDS_MAX);
	ck_assert_uint_le(n, CHANGES_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change");
	TCase *t = tcase_create("change");

	tcase_add_test(t, nothing);
	tcase_add_test(t, at_its_start);
	tcase_add_test(t, memory_and_vcpus);
	tcase_add_test(t, disks);
	tcase_add_test(t, cards);
	tcase_add_test(t, everything);
	suite_add_tcase(s, t);
	return suite_run(s);
}
