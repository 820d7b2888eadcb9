/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_config.c
 *
 * Domain descriptions (dom0-tools/domain): what becomes of a good one, field by field; that the
 * schema and the table of elements agree on every single change to a good description; that cutting
 * or damaging a description anywhere ends in a complaint or a config and never in a fault.  The
 * wording of refusals is tested as expected output in tests/cli.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "domain/config.h"
#include "domain/element.h"
#include "domain/network.h"
#include "domain/xml.h"
#include "suite.h"

static const char good[] =
	"<domain type='xen'>\n"
	" <name>web</name><uuid>c7a5fdb2-cdaf-9455-926a-d65c16db1809</uuid>\n"
	" <memory unit='MiB'>256</memory><currentMemory unit='KiB'>131073</currentMemory>\n"
	" <vcpu>2</vcpu>\n"
	" <os><type>linux</type><kernel> /boot/vmlinuz\n</kernel><initrd>/boot/initrd</initrd>\n"
	"  <cmdline>root=/dev/xvda &amp; more</cmdline></os>\n"
	" <on_poweroff>preserve</on_poweroff><on_crash>restart</on_crash>\n"
	" <devices>\n"
	"  <disk type='file'><source file='/a.img'/><target dev='xvda'/></disk>\n"
	"  <disk type='block'><source dev='/dev/sdb'/><target dev='xvdc'/><readonly/></disk>\n"
	"  <disk type='network'><driver name='socle' type='raw' discard='ignore'/><source protocol='nbd' name='x'>"
	"<host name='nbd.example' port='999'/></source><target dev='xvde'/>"
	"<iotune><total_bytes_sec>1000</total_bytes_sec><total_bytes_sec_max>5000</total_bytes_sec_max>"
	"<read_iops_sec>7</read_iops_sec></iotune>"
	"<blockio logical_block_size='4096' physical_block_size='8192'/></disk>\n"
	"  <interface type='bridge'><source bridge='br0'/><mac address='00:16:3e:00:00:0A'/><model type='netfront'/>"
	"<target dev='web0'/><mtu size='9000'/><vlan><tag id='42'/></vlan>"
	"<bandwidth><inbound average='100' burst='200'/><outbound average='50'/></bandwidth>"
	"<ip address='10.0.0.5'/><ip address='2001:db8::5'/><filterref filter='clean-traffic'/>"
	"<port isolated='yes'/><driver name='socle' queues='4'/></interface>\n"
	"  <interface type='ethernet'/>\n"
	"  <console type='pty'/>\n"
	" </devices>\n"
	"</domain>\n";

static struct diag_list diags;

static struct domain_config *parse_len(const char *text, size_t len)
{
	/* A buffer of the exact size, so that the sanitizer sees a read behind its end. */
	char *copy = malloc(len ? len : 1);
	struct domain_config *cfg;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	diag_clear(&diags);
	cfg = domain_config_parse("t.xml", copy, len, &diags);
	free(copy);
	ck_assert((cfg == NULL) == (diags.count > 0));
	return cfg;
}

static struct domain_config *parse(const char *text)
{
	return parse_len(text, strlen(text));
}

static void cards_check(const struct domain_config *c)
{
	const struct vif_config *w = &c->card[0].want;

	ck_assert_uint_eq(c->nr_cards, 2);
	ck_assert(w->kind == VIF_BRIDGE && !c->card[0].network[0] && c->card[0].has_mac && !c->card[0].kernel);
	ck_assert_str_eq(w->bridge, "br0");
	ck_assert_str_eq(w->ifname, "web0");
	ck_assert_int_eq(memcmp(w->mac, "\x00\x16\x3e\x00\x00\x0a", 6), 0);
	ck_assert(w->mtu == 9000 && w->vlan == 42 && w->queues == 4 && w->isolated && w->filter_mac && w->filter_ip);
	ck_assert(w->nr_ip4 == 1 && w->nr_ip6 == 1);
	ck_assert_uint_eq(w->limit[CTL_LIMIT_RX_BYTES].rate, 102400);
	ck_assert_uint_eq(w->limit[CTL_LIMIT_RX_BYTES].burst, 204800);
	ck_assert_uint_eq(w->limit[CTL_LIMIT_TX_BYTES].rate, 51200);
	w = &c->card[1].want;
	ck_assert(w->kind == VIF_ETHERNET && c->card[1].index == 1 && !c->card[1].has_mac);
	ck_assert(w->mtu == 1500 && w->filter_mac && !w->filter_ip && w->queues == 1);
}

START_TEST(test_good_fields)
{
	struct domain_config *c = parse(good);

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(c->file, "t.xml");
	ck_assert_str_eq(c->name, "web");
	ck_assert(c->has_uuid);
	ck_assert_uint_eq(c->uuid[0], 0xc7);
	ck_assert_uint_eq(c->uuid[15], 0x09);
	ck_assert_uint_eq(c->max_kib, 256 * 1024);
	ck_assert_uint_eq(c->start_kib, 131076); /* rounded up to a page */
	ck_assert_uint_eq(c->vcpus, 2);
	ck_assert_str_eq(c->kernel, "/boot/vmlinuz");
	ck_assert_str_eq(c->initrd, "/boot/initrd");
	ck_assert_str_eq(c->cmdline, "root=/dev/xvda & more");
	ck_assert(c->console);
	ck_assert_int_eq(c->on_poweroff, DOMAIN_ACTION_PRESERVE);
	ck_assert_int_eq(c->on_reboot, DOMAIN_ACTION_RESTART);
	ck_assert_int_eq(c->on_crash, DOMAIN_ACTION_RESTART);
	ck_assert_uint_eq(c->nr_disks, 3);
	ck_assert(c->disk[0].want.kind == VBD_FILE && !c->disk[0].want.readonly && c->disk[0].want.discard);
	ck_assert(!c->disk[0].kernel);
	ck_assert_str_eq(c->disk[0].want.path, "/a.img");
	ck_assert_uint_eq(domain_disk_devid(&c->disk[0]), 51712);
	ck_assert(c->disk[1].want.kind == VBD_BLOCK && c->disk[1].want.readonly);
	ck_assert_str_eq(c->disk[1].target, "xvdc");
	ck_assert_uint_eq(domain_disk_devid(&c->disk[1]), 51744);
	ck_assert(c->disk[2].want.kind == VBD_NBD && !c->disk[2].want.discard);
	ck_assert_str_eq(c->disk[2].want.host, "nbd.example");
	ck_assert_str_eq(c->disk[2].want.nbd_export, "x");
	ck_assert_uint_eq(c->disk[2].want.port, 999);
	ck_assert_uint_eq(c->disk[2].want.sector_size, 4096);
	ck_assert_uint_eq(c->disk[2].want.physical_sector_size, 8192);
	ck_assert_uint_eq(c->disk[2].want.limit[CTL_LIMIT_TOTAL_BYTES].rate, 1000);
	ck_assert_uint_eq(c->disk[2].want.limit[CTL_LIMIT_TOTAL_BYTES].burst, 5000);
	ck_assert_uint_eq(c->disk[2].want.limit[CTL_LIMIT_READ_OPS].rate, 7);
	cards_check(c);
	domain_config_free(c);
}
END_TEST

START_TEST(test_defaults)
{
	struct domain_config *c = parse("<domain "
					"type='socle'><name>m</name><memory>8192</memory><os>"
					"<type>xen</type><kernel>/k</kernel></os></domain>");

	ck_assert_ptr_nonnull(c);
	ck_assert(!c->has_uuid && !c->console && !c->initrd && !c->nr_disks);
	ck_assert_uint_eq(c->max_kib, 8192);
	ck_assert_uint_eq(c->start_kib, 8192);
	ck_assert_uint_eq(c->vcpus, 1);
	ck_assert_str_eq(c->cmdline, "");
	ck_assert_int_eq(c->on_poweroff, DOMAIN_ACTION_DESTROY);
	ck_assert_int_eq(c->on_crash, DOMAIN_ACTION_DESTROY);
	domain_config_free(c);
}
END_TEST

static const struct {
	const char *unit;
	unsigned long amount;
	uint64_t kib;
} sizes[] = {
	{ "b", 8388608, 8192 }, { "bytes", 8388609, 8196 }, { "KB", 8389, 8196 },
	{ "k", 8192, 8192 }, { "KiB", 8193, 8196 }, { "MB", 10, 9768 }, { "M", 8, 8192 },
	{ "MiB", 8, 8192 }, { "GB", 1, 976564 }, { "G", 1, 1048576 }, { "GiB", 2, 2097152 },
	{ "TB", 1, 976562500 }, { "T", 1, 1073741824 }, { "TiB", 16, 17179869184 },
};

START_TEST(test_units)
{
	char text[512];
	struct domain_config *c;

	snprintf(text, sizeof(text),
		 "<domain type='xen'><name>m</name><memory unit='%s'>%lu</memory>"
		 "<os><type>xen</type><kernel>/k</kernel></os></domain>",
		 sizes[_i].unit, sizes[_i].amount);
	c = parse(text);
	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(c->max_kib, sizes[_i].kib);
	domain_config_free(c);
}
END_TEST

/*
 * Replace one thing in the good description.  The table must refuse it (by itself: the schema is
 * asked separately), and the schema must refuse exactly what schema_too says it can.
 */
static const struct {
	const char *from, *to;
	bool schema_too;
} bad[] = {
	{ "type='xen'", "type='kvm'", true },
	{ " type='xen'", "", true },
	{ "<name>web</name>", "", true },
	{ "<name>web", "<name>web one", true },
	{ "<name>web", "<name>-web", true },
	{ "<name>web", "<name>12", false },
	{ "<name>web", "<name>Domain-0", false },
	{ "<name>web", "<name>w&#228;b", true },
	{ "c7a5fdb2-", "c7a5fdb2", true },
	{ "unit='MiB'", "unit='mib'", true },
	{ "unit='MiB'", "Unit='MiB'", true },
	{ ">256<", ">0<", true },
	{ ">256<", ">-256<", true },
	{ ">256<", ">2 56<", true },
	{ ">256<", ">99999999999999999999<", false },
	{ ">131073<", ">999999999<", false },
	{ "<vcpu>2", "<vcpu>33", true },
	{ "<vcpu>2", "<vcpu>", true },
	{ "<vcpu>2</vcpu>", "<vcpu>2</vcpu><vcpu>2</vcpu>", true },
	{ "<vcpu>2</vcpu>", "<vcpu>2<name/></vcpu>", true },
	{ ">linux<", ">hvm<", true },
	{ "<kernel>", "<kernel>x", true },
	{ "/boot/initrd", "", true },
	{ "preserve", "coredump-restart", true },
	{ "<devices>", "<devices>x", true },
	{ "<devices>", "<devices><emulator/>", true },
	{ "type='file'", "type='network'", true },
	{ "type='file'", "type='volume'", true },
	{ "protocol='nbd'", "protocol='iscsi'", true },
	{ "<host name='nbd.example' port='999'/>", "", true },
	{ "name='nbd.example'", "name=''", true },
	{ "port='999'", "port='0'", true },
	{ "port='999'", "port='65536'", true },
	{ "<host name='nbd.example' port='999'/>", "<host transport='unix' name='x'/>", true },
	{ "<host name='nbd.example' port='999'/>", "<host transport='unix' socket='run/x'/>", true },
	{ "type='raw'", "type='qcow2'", true },
	{ "type='raw'", "cache='none'", true },
	{ "type='raw'", "io='native'", true },
	{ "name='socle' type='raw'", "name='qemu' type='raw'", true },
	{ "name='socle' type='raw'", "name='kernel' type='raw'", false },
	{ "discard='ignore'", "discard='on'", true },
	{ "<total_bytes_sec>1000<", "<total_bytes_sec>-1<", true },
	{ "<total_bytes_sec>1000<", "<total_bytes_sec>1125899906842625<", true },
	{ "<total_bytes_sec>1000</total_bytes_sec>", "", false },
	{ "logical_block_size='4096'", "logical_block_size='1024'", true },
	{ "physical_block_size='8192'", "physical_block_size='5000'", false },
	{ "physical_block_size='8192'", "physical_block_size='512'", false },
	{ "<interface type='bridge'", "<interface type='direct'", true },
	{ "<interface type='bridge'", "<interface type='network'", true },
	{ "<interface type='bridge'", "<interface type='ethernet'", true },
	{ "<interface type='bridge'", "<interface", true },
	{ "<source bridge='br0'/>", "", true },
	{ "bridge='br0'", "bridge='a/b'", true },
	{ "bridge='br0'", "bridge='0123456789abcdef'", true },
	{ "00:16:3e:00:00:0A", "00:16:3e:00:00", true },
	{ "00:16:3e:00:00:0A", "01:16:3e:00:00:0A", false },
	{ "00:16:3e:00:00:0A", "00:00:00:00:00:00", false },
	{ "type='netfront'", "type='e1000'", true },
	{ "dev='web0'", "dev=''", true },
	{ "mtu size='9000'", "mtu size='67'", true },
	{ "mtu size='9000'", "mtu size='65522'", true },
	{ "tag id='42'", "tag id='4095'", true },
	{ "<tag id='42'/>", "", true },
	{ "average='100'", "average='0'", true },
	{ "average='100' ", "", true },
	{ "average='100'", "average='100' peak='200'", true },
	{ "address='10.0.0.5'", "address='10.0.0.256'", false },
	{ "<ip address='10.0.0.5'/><ip address='2001:db8::5'/>", "", false },
	{ "filter='clean-traffic'", "filter='clean'", true },
	{ "isolated='yes'", "isolated='1'", true },
	{ "queues='4'", "queues='9'", true },
	{ "name='socle' queues", "name='vhost' queues", true },
	{ "name='socle' queues", "name='kernel' queues", false },
	{ "<interface type='ethernet'/>", "<interface type='ethernet'><source bridge='x'/></interface>", true },
	{ "<interface type='ethernet'/>", "<interface type='ethernet'><vlan><tag id='1'/></vlan></interface>", false },
	{ "<interface type='ethernet'/>", "<interface type='ethernet'><target dev='web0'/></interface>", false },
	{ "type='file'", "type='block'", true },
	{ "source file", "source dev", true },
	{ "source file='/a.img'", "source file='a.img'", true },
	{ "'xvda'", "'sda'", true },
	{ "'xvda'", "'xvdq'", true },
	{ "'xvda'", "'xvdc'", false },
	{ "<readonly/>", "<readonly>yes</readonly>", true },
	{ "<readonly/>", "<readonly/><readonly/>", true },
	{ "type='pty'", "type='tcp'", true },
	{ "<console type='pty'/>", "<console type='pty'/><console type='pty'/>", true },
	{ "</domain>", "<q:x xmlns:q='u'/></domain>", true },
};

static char *replace(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	char *text = NULL;

	ck_assert_ptr_nonnull(at);
	ck_assert_int_gt(asprintf(&text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from)),
			 0);
	return text;
}

START_TEST(test_bad_table)
{
	char *text = replace(bad[_i].from, bad[_i].to);

	ck_assert_ptr_null(parse(text));
	for (size_t i = 0; i < diags.kept; i++)
		ck_assert_ptr_null(strstr(diags.item[i].text, "schema:"));
	ck_assert_uint_gt(diags.item[0].line, 0);
	ck_assert_uint_gt(diags.item[0].column, 0);
	free(text);
}
END_TEST

START_TEST(test_bad_schema)
{
	char *text = replace(bad[_i].from, bad[_i].to);
	xmlDoc *doc;

	diag_clear(&diags);
	doc = xml_read("t.xml", text, strlen(text), &diags);
	ck_assert_ptr_nonnull(doc);
	ck_assert_int_eq(xml_validate(doc, &diags), !bad[_i].schema_too);
	xmlFreeDoc(doc);
	free(text);
}
END_TEST

START_TEST(test_places)
{
	ck_assert_ptr_null(parse("<domain type='xen'>\n\t<na/><\n x\n/></domain>"));
	ck_assert_uint_eq(diags.item[0].line, 2);

	ck_assert_ptr_null(parse("<!-- \xc3\xa4 --><domain\n\n type='xen'><nam\n/>\n</domain>"));
	for (size_t i = 0; i < diags.kept; i++) {
		if (strstr(diags.item[i].text, "<nam>")) {
			ck_assert_uint_eq(diags.item[i].line, 3);
			ck_assert_uint_eq(diags.item[i].column, 13);
			ck_assert_ptr_nonnull(strstr(diags.item[i].text, "/domain/nam"));
		} else {
			/* the root: characters are counted, not bytes */
			ck_assert_uint_eq(diags.item[i].line, 1);
			ck_assert_uint_eq(diags.item[i].column, 11);
		}
	}
}
END_TEST

START_TEST(test_truncated)
{
	for (size_t len = 0; len < sizeof(good) - 2; len++)
		ck_assert_ptr_null(parse_len(good, len));
}
END_TEST

START_TEST(test_damaged)
{
	char text[sizeof(good)];
	unsigned int seed = 1;

	for (unsigned int round = 0; round < 3000; round++) {
		memcpy(text, good, sizeof(good));
		for (unsigned int n = 0; n < 1 + round % 3; n++)
			text[(unsigned int)rand_r(&seed) % (sizeof(good) - 1)] =
				(char)((unsigned int)rand_r(&seed) % 256);
		domain_config_free(parse_len(text, sizeof(good) - 1));
	}
}
END_TEST

START_TEST(test_many_errors)
{
	static char text[64 * 1024];
	size_t n = (size_t)snprintf(text, sizeof(text), "<domain type='xen'>");

	for (unsigned int i = 0; i < 1000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "<wrong%u/>", i);
	snprintf(text + n, sizeof(text) - n, "</domain>");
	ck_assert_ptr_null(parse(text));
	ck_assert_uint_eq(diags.kept, DIAG_MAX);
	ck_assert_uint_eq(diags.count, 1003); /* name, memory and os are missing too */
}
END_TEST

START_TEST(test_many_disks)
{
	static char text[16 * 1024];
	size_t n = (size_t)snprintf(text, sizeof(text),
				    "<domain type='xen'><name>m</name><memory>8192"
				    "</memory><os><type>xen</type><kernel>/k</kernel></"
				    "os><devices>");

	for (unsigned int i = 0; i < 20; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "<disk type='file'><source file='/%u'/>"
				      "<target dev='xvd%c'/></disk>",
				      i, 'a' + (int)(i % 16));
	snprintf(text + n, sizeof(text) - n, "</devices></domain>");
	ck_assert_ptr_null(parse(text));
}
END_TEST

static int network(const char *text, struct vif_config *c)
{
	memset(c, 0, sizeof(*c));
	diag_clear(&diags);
	return network_parse("guests", text, strlen(text), c, &diags);
}

START_TEST(test_networks)
{
	struct vif_config c;

	ck_assert_int_eq(network("<network><name>guests</name></network>", &c), 0);
	ck_assert(c.kind == VIF_ISOLATED && !c.address);
	ck_assert_str_eq(c.bridge, "guests");
	ck_assert_int_eq(network("<network><forward mode='nat'/><bridge name='nat0'/>"
				 "<ip address='192.168.77.1' prefix='24'/></network>", &c), 0);
	ck_assert(c.kind == VIF_NAT && c.prefix == 24 && c.address == 0x014da8c0);
	ck_assert_str_eq(c.bridge, "nat0");
	ck_assert_int_eq(network("<network><forward mode='bridge'/><bridge name='br0'/></network>", &c), 0);
	ck_assert_int_eq(c.kind, VIF_BRIDGE);
}
END_TEST

static const char *const bad_networks[] = {
	"", "<network>", "<domain/>", "<network><name>others</name></network>", "<network><forward mode='nat'/></network>",
	"<network><forward mode='route'/></network>", "<network><forward/></network>", "<network><bridge/></network>",
	"<network><bridge name='0123456789abcdef'/></network>", "<network><bridge name='a/b'/></network>",
	"<network><ip address='10.0.0.1'/></network>", "<network><ip address='10.0.0.1' prefix='31'/></network>",
	"<network><ip address='::1' prefix='24'/></network>", "<network><dns/></network>",
	"<network><forward mode='bridge'/><ip address='10.0.0.1' prefix='24'/></network>",
};

START_TEST(test_bad_networks)
{
	struct vif_config c;

	ck_assert_int_eq(network(bad_networks[_i], &c), -1);
	ck_assert_uint_gt(diags.count, 0);
}
END_TEST

START_TEST(test_suggest)
{
	static const char *const words[] = { "memory", "name", "vcpu", "web", NULL };

	ck_assert_str_eq(diag_suggest("memroy", words), "memory");
	ck_assert_str_eq(diag_suggest("nmae", words), "name");
	ck_assert_str_eq(diag_suggest("wbe", words), "web");
	ck_assert_str_eq(diag_suggest("vcpus", words), "vcpu");
	ck_assert_ptr_null(diag_suggest("interfaces", words));
	ck_assert_ptr_null(diag_suggest("", words));
	ck_assert_ptr_null(diag_suggest("memorymemorymemorymemorymemorymemory", words));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *tc = tcase_create("config");
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_good_fields);
	tcase_add_test(tc, test_defaults);
	tcase_add_loop_test(tc, test_units, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_loop_test(tc, test_bad_table, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, test_bad_schema, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, test_places);
	tcase_add_test(tc, test_truncated);
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_many_errors);
	tcase_add_test(tc, test_many_disks);
	tcase_add_test(tc, test_networks);
	tcase_add_loop_test(tc, test_bad_networks, 0, sizeof(bad_networks) / sizeof(bad_networks[0]));
	tcase_add_test(tc, test_suggest);
	suite_add_tcase(s, tc);
	failed = suite_run(s);
	xmlCleanupParser();
	return failed;
}
