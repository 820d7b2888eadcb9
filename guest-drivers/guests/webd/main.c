/* SPDX-License-Identifier: BSD-2-Clause */
/* A web server in one image: ip=dhcp, or ip=A.B.C.D/N and gw=A.B.C.D; ip6=ADDRESS/N; port=N (docs/guests.md). */
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/run.h"
#include "guests/webd/net.h"
#include "guests/webd/server.h"

static bool read_config(int argc, char *argv[], struct webd_net_config *c, uint64_t *port)
{
	const char *ip = kit_option(argc, argv, "ip"), *gw = kit_option(argc, argv, "gw"), *ip6 = kit_option(argc, argv, "ip6");
	const char *text = kit_option(argc, argv, "port");
	static const uint8_t none[4];

	*c = (struct webd_net_config){ .dhcp = !ip || !strcmp(ip, "dhcp"), .gateway4 = net_addr_ip4(none) };
	*port = 80;
	if (!c->dhcp && (!net_prefix_parse(ip, &c->ip4) || !net_addr_is_ip4(&c->ip4.addr))) {
		kit_printf("webd: \"ip=%s\" is no address: dhcp, or one like 10.0.0.2/24 is wanted\n", ip);
		return false;
	}
	if (gw && (c->dhcp || !net_addr_parse(gw, &c->gateway4) || !net_addr_is_ip4(&c->gateway4))) {
		kit_printf("webd: \"gw=%s\" needs ip=A.B.C.D/N beside it, and an address like 10.0.0.1\n", gw);
		return false;
	}
	if (ip6 && (!net_prefix_parse(ip6, &c->ip6) || net_addr_is_ip4(&c->ip6.addr))) {
		kit_printf("webd: \"ip6=%s\" is no address: one like fd00::2/64 is wanted\n", ip6);
		return false;
	}
	if (text && (!kit_parse_number(text, port) || !*port || *port > 65535)) {
		kit_printf("webd: \"port=%s\" is no port: 1 to 65535 is wanted\n", text);
		return false;
	}
	return true;
}

int main(int argc, char *argv[])
{
	struct webd_net_config config;
	uint64_t port;
	int rc;

	if (!read_config(argc, argv, &config, &port))
		return 2;
	rc = webd_net_start(&config);
	if (!rc)
		rc = webd_server_start((uint16_t)port);
	if (rc) {
		kit_printf("webd: cannot serve: error %d\n", -rc);
		return 1;
	}
	kit_printf("webd: serving on port %lu\n", port);
	kit_loop();
	return 0;
}
