/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_frontend.c
 *
 * What the supervisor makes of a frontend's nodes (dom0-tools/device/vbd.c, vif.c, keys.c): those that stock Linux writes, and
 * every kind of nonsense in every number; and that the tools' own configuration comes back as it was written.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/limits.h"
#include "device/vbd.h"
#include "device/vif.h"
#include "suite.h"

#define NODES 300

static struct { char key[KEY_MAX], value[1100]; } node[NODES];
static unsigned int nr_nodes;

static char *read_node(const struct keys *k, const char *key)
{
	(void)k;
	for (unsigned int i = 0; i < nr_nodes; i++)
		if (!strcmp(node[i].key, key))
			return strdup(node[i].value);
	return NULL;
}

static const struct keys keys = { .read = read_node };

__attribute__((format(printf, 2, 3)))
static void put(const char *key, const char *fmt, ...)
{
	unsigned int i = 0;
	va_list ap;

	while (i < nr_nodes && strcmp(node[i].key, key))
		i++;
	nr_nodes += i == nr_nodes;
	ck_assert_uint_lt(i, NODES);
	snprintf(node[i].key, sizeof(node[i].key), "%s", key);
	va_start(ap, fmt);
	vsnprintf(node[i].value, sizeof(node[i].value), fmt, ap);
	va_end(ap);
}

static void drop(const char *key)
{
	for (unsigned int i = 0; i < nr_nodes; i++)
		if (!strcmp(node[i].key, key))
			node[i] = node[--nr_nodes];
}

static void none(void)
{
	nr_nodes = 0;
}

/* Numbers that no node may have. */
static const char *const nonsense[] = {
	"", " 1", "-1", "+1", "1 ", "0x", "x", "1e3", "99999999999999999999999", "18446744073709551615", "0xffffffffffffffffff", "1\n",
};
#define NONSENSE (sizeof(nonsense) / sizeof(nonsense[0]))

/* --- disks ------------------------------------------------------------------------------------- */

static void disk_one(void)
{
	none();
	put("ring-ref", "8");
	put("event-channel", "15");
	put("protocol", "x86_64-abi");
	put("feature-persistent", "1");
}

/* "queue-1/ring-ref3", or without the folder when there is one queue only. */
static const char *in_queue(char key[KEY_MAX], unsigned int queues, unsigned int q, const char *name, int i)
{
	int n = queues > 1 ? snprintf(key, KEY_MAX, "queue-%u/%s", q, name) : snprintf(key, KEY_MAX, "%s", name);

	if (i >= 0)
		snprintf(key + n, KEY_MAX - (size_t)n, "%d", i);
	return key;
}

static void disk_many(unsigned int queues, unsigned int order)
{
	char key[KEY_MAX];

	none();
	put("multi-queue-num-queues", "%u", queues);
	put("ring-page-order", "%u", order);
	for (unsigned int q = 0; q < queues; q++) {
		for (unsigned int i = 0; i < 1u << order; i++) {
			put(in_queue(key, queues, q, "ring-ref", (int)i), "%u", 100 * q + i + 1);
		}
		put(in_queue(key, queues, q, "event-channel", -1), "%u", 50 + q);
	}
}

static struct socle_error e;

static int disk(struct ctl_connect *c)
{
	int r;

	e = (struct socle_error){ 0 };
	r = vbd_connect_read(&keys, 8, c, &e);
	ck_assert(r == 0 || (r == -1 && e.text[0]));
	return r;
}

START_TEST(a_disk_of_one_page)
{
	struct ctl_connect c;

	disk_one();
	ck_assert_int_eq(disk(&c), 0);
	ck_assert_uint_eq(c.queues, 1);
	ck_assert_uint_eq(c.disk.ring_pages, 1);
	ck_assert_uint_eq(c.disk.queue[0].ref[0], 8);
	ck_assert_uint_eq(c.disk.queue[0].port, 15);
	ck_assert(c.disk.persistent && !c.resume);
	drop("protocol");
	drop("feature-persistent");
	ck_assert_int_eq(disk(&c), 0);
	ck_assert(!c.disk.persistent);
	/* With an order of 0, either name. */
	put("ring-page-order", "0");
	ck_assert_int_eq(disk(&c), 0);
	drop("ring-ref");
	put("ring-ref0", "9");
	ck_assert_int_eq(disk(&c), 0);
	ck_assert_uint_eq(c.disk.queue[0].ref[0], 9);
}
END_TEST

START_TEST(a_disk_of_many_pages_and_queues)
{
	struct ctl_connect c;

	for (unsigned int queues = 1; queues <= 8; queues++) {
		for (unsigned int order = 0; order <= 4; order++) {
			disk_many(queues, order);
			ck_assert_int_eq(disk(&c), 0);
			ck_assert_uint_eq(c.queues, queues);
			ck_assert_uint_eq(c.disk.ring_pages, 1u << order);
			ck_assert_uint_eq(c.disk.queue[queues - 1].ref[(1u << order) - 1],
					  100 * (queues - 1) + (1u << order));
			ck_assert_uint_eq(c.disk.queue[queues - 1].port, 50 + queues - 1);
		}
	}
}
END_TEST

START_TEST(disks_with_nonsense_are_refused)
{
	static const char *const numbers[] = { "multi-queue-num-queues", "ring-page-order", "queue-1/ring-ref3",
					       "queue-0/event-channel" };
	struct ctl_connect c;

	for (unsigned int k = 0; k < 4; k++) {
		for (unsigned int i = 0; i < NONSENSE; i++) {
			disk_many(2, 2);
			put(numbers[k], "%s", nonsense[i]);
			ck_assert_msg(disk(&c) == -1, "%s = '%s'", numbers[k], nonsense[i]);
			ck_assert_msg(strstr(e.text, numbers[k]) != NULL, "%s: %s", numbers[k], e.text);
		}
	}
	static const struct { const char *key, *value; } range[] = {
		{ "multi-queue-num-queues", "0" }, { "multi-queue-num-queues", "9" }, { "ring-page-order", "5" },
		{ "ring-page-order", "63" }, { "queue-1/ring-ref0", "4294967296" }, { "queue-1/event-channel", "131072" },
		{ "protocol", "x86_32-abi" }, { "protocol", "" },
	};
	for (unsigned int i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		disk_many(2, 2);
		put(range[i].key, "%s", range[i].value);
		ck_assert_msg(disk(&c) == -1, "%s = %s", range[i].key, range[i].value);
		ck_assert(strstr(e.text, range[i].key) || strstr(e.text, "another protocol"));
	}
	static const char *const needed[] = { "queue-0/ring-ref0", "queue-1/ring-ref3", "queue-1/event-channel" };
	for (unsigned int i = 0; i < 3; i++) {
		disk_many(2, 2);
		drop(needed[i]);
		ck_assert_int_eq(disk(&c), -1);
	}
	disk_one();
	drop("ring-ref");
	ck_assert_int_eq(disk(&c), -1);
}
END_TEST

START_TEST(more_queues_than_offered_are_refused)
{
	struct ctl_connect c;

	disk_many(4, 0);
	ck_assert_int_eq(vbd_connect_read(&keys, 3, &c, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "multi-queue-num-queues"));
	ck_assert_int_eq(vbd_connect_read(&keys, 4, &c, &e), 0);
}
END_TEST

START_TEST(a_disk_s_configuration_comes_back)
{
	struct vbd_config c = { .kind = VBD_NBD, .readonly = true, .sector_size = 4096, .physical_sector_size = 65536,
				.port = 10809, .host = "storage", .nbd_export = "a b/c" }, d;
	char key[KEY_MAX], value[VBD_PATH_MAX];

	memset(c.path, 'p', sizeof(c.path) - 1);
	for (uint64_t i = 0; i < CTL_LIMIT_COUNT; i++)
		c.limit[i] = (struct ctl_bucket){ .rate = i * 1000, .burst = LIMIT_RATE_MAX };
	none();
	for (unsigned int i = 0; vbd_config_key(&c, i, key, value); i++)
		put(key, "%s", value);
	ck_assert_msg(vbd_config_read(&keys, &d, &e) == 0, "%s", e.text);
	ck_assert_int_eq(memcmp(&c, &d, sizeof(c)), 0);
	put("config/path", "%s%s", c.path, "p"); /* one too many */
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
	put("config/path", "%s", c.path);
	put("config/physical-sector-size", "1536");
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
	put("config/physical-sector-size", "x");
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
	put("config/physical-sector-size", "4096");
	put("config/sector-size", "1024");
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
	put("config/sector-size", "512");
	put("config/limit-total-ops", "5");
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
	put("config/limit-total-ops", "5 5 5");
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
	put("config/limit-total-ops", "5 0");
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), 0);
	put("config/type", "qcow2");
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
	none();
	ck_assert_int_eq(vbd_config_read(&keys, &d, &e), -1);
}
END_TEST

/* --- cards ------------------------------------------------------------------------------------- */

static void card(unsigned int queues, bool split)
{
	char key[KEY_MAX];

	none();
	put("multi-queue-num-queues", "%u", queues);
	put("request-rx-copy", "1");
	put("feature-sg", "1");
	put("feature-gso-tcpv4", "1");
	put("feature-gso-tcpv6", "0");
	put("feature-ipv6-csum-offload", "1");
	for (unsigned int q = 0; q < queues; q++) {
		static const char *const names[] = { "tx-ring-ref", "rx-ring-ref", "event-channel-tx", "event-channel-rx" };

		for (unsigned int i = 0; i < 4; i++) {
			if (i == 3 && !split)
				break;
			put(in_queue(key, queues, q, i == 2 && !split ? "event-channel" : names[i], -1), "%u",
			    10 * q + i + 1);
		}
	}
}

static int card_read(struct ctl_connect *c)
{
	int r;

	e = (struct socle_error){ 0 };
	r = vif_connect_read(&keys, 8, c, &e);

	ck_assert(r == 0 || (r == -1 && e.text[0]));
	return r;
}

START_TEST(cards_as_linux_writes_them)
{
	struct ctl_connect c;

	for (unsigned int queues = 1; queues <= 8; queues++) {
		for (int split = 0; split < 2; split++) {
			card(queues, split);
			ck_assert_int_eq(card_read(&c), 0);
			ck_assert_uint_eq(c.queues, queues);
			ck_assert_uint_eq(c.net.queue[queues - 1].rx_ref, 10 * (queues - 1) + 2);
			ck_assert_uint_eq(c.net.queue[queues - 1].tx_port, 10 * (queues - 1) + 3);
			ck_assert_uint_eq(c.net.queue[queues - 1].rx_port, 10 * (queues - 1) + 3 + (unsigned int)split);
			ck_assert(c.net.sg && c.net.gso4 && !c.net.gso6 && c.net.csum4 && c.net.csum6 && c.net.rx_copy);
			ck_assert(!c.net.multicast_control && !c.net.ctrl_ref && !c.net.ctrl_port);
		}
	}
	card(1, true);
	put("ctrl-ring-ref", "77");
	put("event-channel-ctrl", "78");
	put("feature-no-csum-offload", "1");
	put("request-multicast-control", "1");
	ck_assert_int_eq(card_read(&c), 0);
	ck_assert(c.net.ctrl_ref == 77 && c.net.ctrl_port == 78 && !c.net.csum4 && c.net.multicast_control);
	drop("multi-queue-num-queues");
	ck_assert_int_eq(card_read(&c), 0);
}
END_TEST

START_TEST(cards_with_nonsense_are_refused)
{
	static const char *const numbers[] = { "multi-queue-num-queues", "queue-0/tx-ring-ref", "queue-1/rx-ring-ref",
					       "queue-1/event-channel-tx", "queue-0/event-channel-rx", "ctrl-ring-ref",
					       "event-channel-ctrl" };
	struct ctl_connect c;

	for (unsigned int k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		for (unsigned int i = 0; i < NONSENSE; i++) {
			card(2, true);
			put("ctrl-ring-ref", "1");
			put("event-channel-ctrl", "1");
			ck_assert_int_eq(card_read(&c), 0);
			put(numbers[k], "%s", nonsense[i]);
			ck_assert_msg(card_read(&c) == -1, "%s = '%s'", numbers[k], nonsense[i]);
			ck_assert_msg(strstr(e.text, numbers[k]) != NULL, "%s: %s", numbers[k], e.text);
		}
	}
	card(2, true);
	drop("request-rx-copy");
	ck_assert_int_eq(card_read(&c), -1);
	card(2, true);
	drop("queue-1/event-channel-rx");
	ck_assert_int_eq(card_read(&c), -1);
	card(2, true);
	put("ctrl-ring-ref", "1"); /* without its port */
	ck_assert_int_eq(card_read(&c), -1);
}
END_TEST

START_TEST(a_card_s_configuration_comes_back)
{
	struct vif_config c = { .kind = VIF_NAT, .bridge = "nat0", .ifname = "web0", .mac = { 0, 0x16, 0x3e, 1, 2, 0xff },
				.mtu = 9000, .vlan = 4094, .isolated = true, .filter_mac = true, .queues = 4 }, d;
	char key[KEY_MAX], value[VIF_VALUE_MAX];

	ck_assert(vif_address_parse(&c, "192.168.77.1/24"));
	for (int i = 0; i < 8; i++) {
		ck_assert(vif_ip_add(&c, "10.0.0.7"));
		ck_assert(vif_ip_add(&c, "2001:db8:1111:2222:3333:4444:5555:6666"));
	}
	ck_assert(!vif_ip_add(&c, "10.0.0.7"));
	ck_assert(!vif_ip_add(&c, "fe80::1"));
	for (uint64_t i = 0; card_limit_name((unsigned int)i); i++)
		c.limit[i] = (struct ctl_bucket){ .rate = i, .burst = 7 };
	none();
	for (unsigned int i = 0; vif_config_key(&c, i, key, value); i++)
		put(key, "%s", value);
	ck_assert_msg(vif_config_read(&keys, &d, &e) == 0, "%s", e.text);
	ck_assert_int_eq(memcmp(&c, &d, sizeof(c)), 0);
	static const struct { const char *key, *value; } bad[] = {
		{ "config/mac", "00:16:3e:01:02" }, { "config/mac", "00:16:3e:01:02:0g" }, { "config/mtu", "67" },
		{ "config/mtu", "65522" }, { "config/vlan", "4095" }, { "config/queues", "0" }, { "config/queues", "9" },
		{ "config/ip", "10.0.0" }, { "config/address", "10.0.0.1/31" }, { "config/address", "10.0.0.1" },
		{ "config/bridge", "0123456789abcdef" }, { "config/type", "vhost" }, { "config/limit-rx-bytes", "x" },
	};
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		none();
		for (unsigned int k = 0; vif_config_key(&c, k, key, value); k++)
			put(key, "%s", value);
		put(bad[i].key, "%s", bad[i].value);
		ck_assert_msg(vif_config_read(&keys, &d, &e) == -1, "%s = %s", bad[i].key, bad[i].value);
	}
}
END_TEST

START_TEST(macs)
{
	static const char *const bad[] = { "", "0:1:2:3:4:5", "00:16:3e:01:02:03:", "00-16-3e-01-02-03", "00:16:3e:01:02: 3",
					   "0x:16:3e:01:02:03", "+1:16:3e:01:02:03" };
	uint8_t mac[6];
	char text[18];

	ck_assert(vif_mac_parse("00:16:3E:aa:0b:ff", mac));
	vif_mac_print(mac, text);
	ck_assert_str_eq(text, "00:16:3e:aa:0b:ff");
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!vif_mac_parse(bad[i], mac), "%s", bad[i]);
}
END_TEST

static const char *offered(const struct key_list *l, const char *key)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (!strcmp(l->kv[i].key, key))
			return l->kv[i].value;
	return "nothing";
}

/* A disk that cannot be written to has nothing to give back either. */
START_TEST(discard_is_offered_by_what_can)
{
	struct vbd_config d = { .readonly = false };
	struct key_list l;

	for (unsigned int i = 0; i < 4; i++) {
		uint32_t unit = i & 1 ? 65536 : 0;

		d.readonly = i & 2;
		l.n = 0;
		vbd_features(&d, 8, unit, &l);
		ck_assert_str_eq(offered(&l, "feature-discard"), i == 1 ? "1" : "0");
		ck_assert_str_eq(offered(&l, "discard-granularity"), i == 1 ? "65536" : "nothing");
	}
}
END_TEST

START_TEST(addresses_of_networks)
{
	static const char *const bad[] = { "", "10.0.0.1", "10.0.0.1/", "10.0.0.1/x", "10.0.0.1/:", "10.0.0.1/2x", "10.0.0.1/7",
					   "10.0.0.1/31", "10.0.0.256/24", "::1/24", "10.0.0.1/00000000000000000000024" };
	struct vif_config c = { 0 };

	ck_assert(vif_address_parse(&c, "10.0.0.1/9"));
	ck_assert_uint_eq(c.prefix, 9);
	ck_assert_uint_eq(ntohl(c.address), 0x0a000001);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!vif_address_parse(&c, bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(what_is_offered_fits)
{
	struct vbd_config d = { .readonly = false };
	struct vif_config c = { .queues = 3 };
	struct ctl_setup_disk s = { .sector_size = 4096, .physical_sector_size = 4096, .readonly = true };
	struct key_list l = { 0 };

	vbd_features(&d, 8, 65536, &l);
	key_list_add(&l, "state", "2");
	l.n = 0;
	vif_features(&c, &l);
	key_list_add(&l, "state", "2");
	l.n = 0;
	vbd_properties(&s, UINT64_MAX, &l);
	ck_assert_str_eq(l.kv[0].value, "18446744073709551615");
	ck_assert_str_eq(l.kv[1].value, "4");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("frontend");
	TCase *t = tcase_create("frontend");

	tcase_add_test(t, a_disk_of_one_page);
	tcase_add_test(t, a_disk_of_many_pages_and_queues);
	tcase_add_test(t, disks_with_nonsense_are_refused);
	tcase_add_test(t, more_queues_than_offered_are_refused);
	tcase_add_test(t, a_disk_s_configuration_comes_back);
	tcase_add_test(t, cards_as_linux_writes_them);
	tcase_add_test(t, cards_with_nonsense_are_refused);
	tcase_add_test(t, a_card_s_configuration_comes_back);
	tcase_add_test(t, macs);
	tcase_add_test(t, discard_is_offered_by_what_can);
	tcase_add_test(t, addresses_of_networks);
	tcase_add_test(t, what_is_offered_fits);
	suite_add_tcase(s, t);
	return suite_run(s);
}
