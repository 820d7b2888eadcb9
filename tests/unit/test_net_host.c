/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_net_host.c
 *
 * Taps, ports and networks against the kernel that runs the test, in a network namespace of its own: frames go into one
 * tap, and the test sees where they come out.  Skipped (77) where no namespace, tap or bridge may be made.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <nftables/libnftables.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/internal.h"
#include "suite.h"

#define VNET 10
#define FRAME (VNET + 60)
#define QUIET_MS 150 /* how long "nothing comes" is watched; a frame between taps takes microseconds */

static struct net_host *host;
static struct socle_error err;

static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	err = (struct socle_error){ 0 };
	host = net_host_open(&err);
	ck_assert_msg(host, "%s", err.text);
}

static void teardown(void)
{
	net_host_close(host);
}

#define MUST(what) ck_assert_msg((what) == 0, "%s", err.text)
#define MUST_FAIL(what, code_, words) do { \
	ck_assert_int_eq(what, -1); \
	ck_assert_int_eq(err.code, code_); \
	ck_assert_msg(strstr(err.text, words), "'%s' is not in: %s", words, err.text); \
} while (0)

/* A bridge as an administrator makes it.  0 or -1. */
static int bridge_request(const char *name, bool vlan)
{
	struct nlattr *info, *data;
	struct nl_msg m;

	nl_link_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, AF_UNSPEC, 0);
	mnl_attr_put_strz(m.head, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(m.head, IFLA_LINKINFO);
	mnl_attr_put_strz(m.head, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(m.head, IFLA_INFO_DATA);
	if (vlan)
		mnl_attr_put_u8(m.head, IFLA_BR_VLAN_FILTERING, 1);
	mnl_attr_nest_end(m.head, data);
	mnl_attr_nest_end(m.head, info);
	return nl_talk(host, &m, NULL, NULL, &err);
}

static void bridge_make(const char *name, bool vlan)
{
	struct link l;

	MUST(bridge_request(name, vlan));
	ck_assert_int_eq(link_get(host, name, &l, &err), 1);
	ck_assert(l.is_bridge && !l.ours && l.vlan_filtering == vlan);
	MUST(link_without_addresses(host, l.index, &err));
	MUST(link_flags_set(host, l.index, true, &err));
}

static struct net_port port_on(const char *bridge)
{
	struct net_port p = { .mtu = 1500 };

	strcpy(p.bridge, bridge);
	return p;
}

static int tap_on(const char *name, const struct net_port *p)
{
	int fd;

	MUST(net_tap_open(host, name, 1, &fd, &err));
	MUST(net_port_join(host, name, p, &err));
	return fd;
}

static void frame_send(int fd, uint8_t to, uint8_t from)
{
	uint8_t frame[FRAME] = { 0 };

	memcpy(frame + VNET, (uint8_t[]){ 2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x88, 0xb5 }, 14);
	if (to == 0xff)
		memset(frame + VNET, 0xff, 6);
	ck_assert_int_eq(write(fd, frame, sizeof(frame)), FRAME);
}

/* Whose frame comes out: the sender's number, 0 for silence. */
static int frame_get(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t frame[2048];

	while (poll(&p, 1, QUIET_MS) == 1) {
		ssize_t n = read(fd, frame, sizeof(frame));

		if (n == FRAME && frame[VNET + 12] == 0x88 && frame[VNET + 13] == 0xb5)
			return frame[VNET + 11];
		ck_assert_int_gt(n, 0);
	}
	return 0;
}

START_TEST(names_of_interfaces)
{
	char name[NET_NAME_MAX];

	ck_assert(net_vif_name(name, 3, 0));
	ck_assert_str_eq(name, "vif3.0");
	ck_assert(net_vif_name(name, 32751, 99999));
	ck_assert(!net_vif_name(name, 32751, 1000000));
	ck_assert(net_name_is_plain("lan-1_a.b"));
	ck_assert(!net_name_is_plain("") && !net_name_is_plain("1a") && !net_name_is_plain("a b") &&
		  !net_name_is_plain("a\"b") && !net_name_is_plain("abcdefghijklmnop"));
}
END_TEST

START_TEST(a_tap_lives_as_long_as_a_queue)
{
	struct net_port nowhere = { .mtu = 9000 };
	int fd[NET_QUEUES_MAX], one;
	struct link l;

	MUST(net_tap_open(host, "vif3.0", NET_QUEUES_MAX, fd, &err));
	ck_assert_int_eq(net_link_exists(host, "vif3.0", &err), 1);
	ck_assert_int_eq(fcntl(fd[7], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	MUST_FAIL(net_tap_open(host, "vif3.0", 1, &one, &err), EEXIST, "ip link del vif3.0");
	MUST(net_port_join(host, "vif3.0", &nowhere, &err));
	ck_assert_int_eq(link_get(host, "vif3.0", &l, &err), 1);
	ck_assert(l.is_tap && l.up && l.mtu == 9000 && !l.master);
	MUST(net_port_link(host, "vif3.0", false, &err));
	ck_assert_int_eq(link_get(host, "vif3.0", &l, &err), 1);
	ck_assert(!l.up);
	for (int i = 0; i < 7; i++)
		close(fd[i]);
	ck_assert_int_eq(net_link_exists(host, "vif3.0", &err), 1);
	close(fd[7]);
	ck_assert_int_eq(net_link_exists(host, "vif3.0", &err), 0);
}
END_TEST

START_TEST(a_tap_is_removed_under_its_reader)
{
	int fd;
	char byte;

	MUST(net_tap_open(host, "vif3.1", 1, &fd, &err));
	MUST(net_link_remove(host, "vif3.1", &err));
	MUST(net_link_remove(host, "vif3.1", &err));
	ck_assert_int_eq(net_link_exists(host, "vif3.1", &err), 0);
	ck_assert_int_lt(read(fd, &byte, 1), 0);
	ck_assert_int_ne(errno, EAGAIN);
	close(fd);
}
END_TEST

START_TEST(what_is_no_bridge_is_refused_with_a_remedy)
{
	struct net_port p = port_on("br9");
	int fd;

	bridge_make("br0", false);
	MUST_FAIL(net_bridge_check(host, "br9", false, &err), ENODEV, "ip link add br9 type bridge");
	MUST_FAIL(net_bridge_check(host, "lo", false, &err), EINVAL, "no bridge");
	MUST_FAIL(net_bridge_check(host, "br0", true, &err), EINVAL, "vlan_filtering 1");
	MUST_FAIL(net_bridge_check(host, "a-name-that-is-too-long", true, &err), EINVAL, "1 to 15");
	MUST(net_bridge_check(host, "br0", false, &err));
	MUST(net_tap_open(host, "vif1.0", 1, &fd, &err));
	MUST_FAIL(net_port_join(host, "vif1.0", &p, &err), ENODEV, "cannot plug in interface 'vif1.0'");
	MUST_FAIL(net_port_join(host, "vif1.1", &p, &err), ENODEV, "no interface 'vif1.1'");
	p.mtu = 67;
	MUST_FAIL(net_port_join(host, "vif1.0", &p, &err), EINVAL, "MTU 67");
	MUST_FAIL(net_tap_open(host, "vif1.2", 9, &fd, &err), EINVAL, "1 to 8 queues");
}
END_TEST

START_TEST(frames_go_from_port_to_port_and_are_counted)
{
	struct net_port p = port_on("br0");
	struct net_counters c;
	int a, b;

	bridge_make("br0", false);
	a = tap_on("vif1.0", &p);
	b = tap_on("vif2.0", &p);
	frame_send(a, 0xff, 1);
	ck_assert_int_eq(frame_get(b), 1);
	frame_send(b, 1, 2);
	ck_assert_int_eq(frame_get(a), 2);
	MUST(net_link_counters(host, "vif1.0", &c, &err));
	ck_assert_uint_eq(c.rx_frames, 1);
	ck_assert_uint_eq(c.rx_bytes, 60);
	ck_assert_uint_ge(c.tx_frames, 1);
	MUST_FAIL(net_link_counters(host, "vif7.0", &c, &err), ENODEV, "vif7.0");
}
END_TEST

START_TEST(a_port_with_one_sender_only_drops_others)
{
	struct net_port p = port_on("br0");
	int a, b, c;

	bridge_make("br0", false);
	p.only_mac = true;
	memcpy(p.mac, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
	a = tap_on("vif1.0", &p);
	p.mac[5] = 2;
	b = tap_on("vif2.0", &p);
	p.mac[5] = 3;
	c = tap_on("vif3.0", &p);
	frame_send(a, 0xff, 1);
	ck_assert_int_eq(frame_get(b), 1);
	ck_assert_int_eq(frame_get(c), 1);
	frame_send(a, 2, 1);
	ck_assert_int_eq(frame_get(b), 1);
	ck_assert_int_eq(frame_get(c), 0);
	frame_send(a, 0xff, 9); /* an address that nobody has */
	ck_assert_int_eq(frame_get(b), 0);
	frame_send(a, 0xff, 2); /* its neighbour's */
	ck_assert_int_eq(frame_get(b), 0);
	ck_assert_int_eq(frame_get(c), 0);
	frame_send(c, 2, 3); /* and nothing was learnt from it */
	ck_assert_int_eq(frame_get(b), 3);
}
END_TEST

START_TEST(isolated_ports_reach_the_uplink_only)
{
	struct net_port p = port_on("br0");
	int a, b, up;

	bridge_make("br0", false);
	p.isolated = true;
	a = tap_on("vif1.0", &p);
	b = tap_on("vif2.0", &p);
	p.isolated = false;
	up = tap_on("vif3.0", &p);
	frame_send(a, 0xff, 1);
	ck_assert_int_eq(frame_get(b), 0);
	ck_assert_int_eq(frame_get(up), 1);
	frame_send(up, 0xff, 3);
	ck_assert_int_eq(frame_get(a), 3);
	ck_assert_int_eq(frame_get(b), 3);
	MUST(net_port_join(host, "vif2.0", &p, &err)); /* the same port, not isolated any more */
	frame_send(a, 0xff, 1);
	ck_assert_int_eq(frame_get(b), 1);
}
END_TEST

START_TEST(vlans_of_one_bridge_do_not_meet)
{
	struct net_port p = port_on("br0");
	int a, b, c, other;

	if (bridge_request("br8", true)) {
		printf("# VLANs: skipped, this kernel's bridges have none: %s\n", err.text);
		return;
	}
	bridge_make("br0", true);
	p.vlan = 42;
	p.only_mac = true;
	memcpy(p.mac, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
	a = tap_on("vif1.0", &p);
	p.only_mac = false;
	b = tap_on("vif2.0", &p);
	p.vlan = 0;
	c = tap_on("vif3.0", &p);
	p.vlan = 43;
	other = tap_on("vif4.0", &p);
	frame_send(a, 0xff, 1);
	ck_assert_int_eq(frame_get(b), 1);
	ck_assert_int_eq(frame_get(c), 0);
	ck_assert_int_eq(frame_get(other), 0);
	frame_send(b, 1, 2);
	ck_assert_int_eq(frame_get(a), 2);
	frame_send(a, 0xff, 7);
	ck_assert_int_eq(frame_get(b), 0);
}
END_TEST

static bool nft_has(const char *table)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	bool has;

	nft_ctx_buffer_output(nft);
	ck_assert_int_eq(nft_run_cmd_from_buffer(nft, "list tables"), 0);
	has = strstr(nft_ctx_get_output_buffer(nft), table);
	nft_ctx_free(nft);
	return has;
}

START_TEST(an_isolated_network_comes_and_goes)
{
	struct net_network n = { .name = "lan1", .kind = NET_ISOLATED };
	struct net_port p = port_on("lan1");
	int a, b;

	MUST(net_network_up(host, &n, &err));
	MUST(net_network_up(host, &n, &err));
	a = tap_on("vif1.0", &p);
	b = tap_on("vif2.0", &p);
	frame_send(a, 0xff, 1);
	ck_assert_int_eq(frame_get(b), 1);
	close(a);
	MUST(net_network_down(host, &n, &err));
	ck_assert_int_eq(net_link_exists(host, "lan1", &err), 1);
	close(b);
	MUST(net_network_down(host, &n, &err));
	ck_assert_int_eq(net_link_exists(host, "lan1", &err), 0);
	MUST(net_network_down(host, &n, &err));
}
END_TEST

START_TEST(a_nat_network_has_rules)
{
	struct net_network n = { .name = "nat1", .kind = NET_NAT, .prefix = 24 };
	struct net_port p = port_on("nat1");
	char yes = 0;
	int fd;

	MUST_FAIL(net_network_up(host, &n, &err), EINVAL, "needs an address");
	n.address = htonl(0xc0a84c01);
	MUST(net_network_up(host, &n, &err));
	MUST(net_network_up(host, &n, &err));
	ck_assert(nft_has("socle-nat1"));
	fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY);
	ck_assert_int_eq(read(fd, &yes, 1), 1);
	ck_assert_int_eq(yes, '1');
	close(fd);
	fd = tap_on("vif1.0", &p);
	MUST(net_network_down(host, &n, &err));
	ck_assert(nft_has("socle-nat1"));
	close(fd);
	MUST(net_network_down(host, &n, &err));
	ck_assert(!nft_has("socle-nat1"));
}
END_TEST

START_TEST(somebody_elses_bridge_is_left_alone)
{
	struct net_network n = { .name = "br0", .kind = NET_ISOLATED };

	bridge_make("br0", false);
	MUST_FAIL(net_network_up(host, &n, &err), EEXIST, "belongs to somebody else");
	MUST(net_network_down(host, &n, &err));
	ck_assert_int_eq(net_link_exists(host, "br0", &err), 1);
	strcpy(n.name, "a\" drop");
	MUST_FAIL(net_network_up(host, &n, &err), EINVAL, "no name of a network");
}
END_TEST

/* Is there what the tests need?  In a child: a namespace cannot be left again. */
static bool can_run(void)
{
	struct net_network n = { .name = "probe", .kind = NET_ISOLATED };
	struct socle_error why = { 0 };
	struct net_host *h;
	bool can;
	int fd;

	if (unshare(CLONE_NEWNET)) {
		printf("# skipped: no network namespace: %s\n", strerror(errno));
		return false;
	}
	h = net_host_open(&why);
	can = h && !net_tap_open(h, "probe0", 1, &fd, &why) && !net_network_up(h, &n, &why);
	if (!can)
		printf("# skipped: %s\n", why.text);
	net_host_close(h);
	return can;
}

int main(void)
{
	Suite *s = suite_create("net_host");
	TCase *t = tcase_create("all");

	if (!can_run())
		return 77;
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, names_of_interfaces);
	tcase_add_test(t, a_tap_lives_as_long_as_a_queue);
	tcase_add_test(t, a_tap_is_removed_under_its_reader);
	tcase_add_test(t, what_is_no_bridge_is_refused_with_a_remedy);
	tcase_add_test(t, frames_go_from_port_to_port_and_are_counted);
	tcase_add_test(t, a_port_with_one_sender_only_drops_others);
	tcase_add_test(t, isolated_ports_reach_the_uplink_only);
	tcase_add_test(t, vlans_of_one_bridge_do_not_meet);
	tcase_add_test(t, an_isolated_network_comes_and_goes);
	tcase_add_test(t, a_nat_network_has_rules);
	tcase_add_test(t, somebody_elses_bridge_is_left_alone);
	suite_add_tcase(s, t);
	return suite_run(s);
}
