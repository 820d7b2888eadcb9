/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_net.c
 *
 * socle net: attach, detach, list, limit and overhear cards of running guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/ask.h"
#include "device/limits.h"
#include "device/xenbus.h"
#include "domain/codes.h"
#include "domain/names.h"
#include "libsocle/domain.h"
#include "socle/cmd_device.h"

enum { FLAG_MAC, FLAG_IP, FLAG_FORCE, FLAG_TIMEOUT, FLAG_JSON, FLAG_WRITE, FLAG_LIMITS };

#define BIT(f)      (1u << (f))
#define LIMITS      4u
#define LIMIT_FLAGS (((1u << LIMITS) - 1) << FLAG_LIMITS)
#define DEVID_MAX   255u
#define ANSWER_MS   10000u

static bool number_parse(const char *text, uint32_t *out)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoul(text, &end, 10);
	*out = (uint32_t)n;
	return !*end && n <= DEVID_MAX;
}

static int number_usage(const struct invocation *inv, const char *text)
{
	return usage_error(inv->cmd, "'%.40s' is not a card's number; use 0 to %u", text, DEVID_MAX);
}

/* --- attach ------------------------------------------------------------------------------------ */

static bool name_is_good(const char *s)
{
	return *s && strlen(s) < VIF_NAME_MAX && !strpbrk(s, "/ \t:") && *s != '.' && *s != '-';
}

/* "bridge:br0", "network:guests", "ethernet". */
static int card_from_words(const struct invocation *inv, struct domain_card *c)
{
	const char *source = inv->args[1], *colon = strchr(source, ':');

	*c = (struct domain_card){ .want = { .kind = VIF_BRIDGE, .mtu = 1500, .queues = 1, .filter_mac = true } };
	if (strcmp(source, "ethernet") == 0)
		c->want.kind = VIF_ETHERNET;
	else if (!colon || !name_is_good(colon + 1))
		return usage_error(inv->cmd, "'%.60s' is no place for a card; use bridge:NAME, network:NAME, ethernet, or the path "
				   "of a description", source);
	else if (strncmp(source, "bridge:", 7) == 0)
		strcpy(c->want.bridge, colon + 1);
	else if (strncmp(source, "network:", 8) == 0)
		strcpy(c->network, colon + 1);
	else
		return usage_error(inv->cmd, "'%.60s' is no place for a card; use bridge:NAME, network:NAME, ethernet, or the path "
				   "of a description", source);
	c->has_mac = inv->given[FLAG_MAC];
	if (c->has_mac && (!vif_mac_parse(inv->value[FLAG_MAC], c->want.mac) || (c->want.mac[0] & 1)))
		return usage_error(inv->cmd, "'--mac' takes the address of a card, such as 00:16:3e:01:02:03, not '%.40s'",
				   inv->value[FLAG_MAC]);
	if (inv->given[FLAG_IP] && !vif_ip_add(&c->want, inv->value[FLAG_IP]))
		return usage_error(inv->cmd, "'--ip' takes an address, not '%.60s'", inv->value[FLAG_IP]);
	c->want.filter_ip = inv->given[FLAG_IP];
	return EXIT_OK;
}

static int card_from_file(const struct invocation *inv, struct domain_card *c)
{
	struct domain_config *cfg;

	if (inv->given[FLAG_MAC] || inv->given[FLAG_IP])
		return usage_error(inv->cmd, "'--mac' and '--ip' do not go with a description; it says them itself");
	cfg = device_file_load(inv->args[1]);
	if (!cfg || !cfg->nr_cards) {
		fprintf(stderr, "socle: cannot attach a card from '%s': %s\n", inv->args[1],
			cfg ? "it describes a disk" : "the description has errors");
		domain_config_free(cfg);
		return EXIT_CONFIG;
	}
	*c = cfg->card[0];
	domain_config_free(cfg);
	return EXIT_OK;
}

/* The first number that the guest has no card of. */
static unsigned int number_free(struct domain_ctx *ctx, uint16_t domid)
{
	struct device_view v;
	unsigned int n = 0;

	while (n < DEVID_MAX && device_find(ctx, domid, DEVICE_CARD, n, &v, NULL) == 0)
		n++;
	return n;
}

/* What its number and the guest's UUID settle. */
static int card_settle(struct domain_ctx *ctx, uint16_t domid, struct domain_card *c, struct socle_error *e)
{
	struct domain_config *cfg = calloc(1, sizeof(*cfg));
	struct xen_domctl_getdomaininfo info;
	int r;

	if (!cfg)
		return socle_fail(e, ENOMEM, "out of memory");
	r = socle_domain_info(ctx->hv, domid, &info);
	if (r < 0) {
		r = socle_fail(e, -r, "the hypervisor refused: %s", strerror(-r));
	} else {
		c->index = number_free(ctx, domid);
		memcpy(cfg->uuid, info.handle, sizeof(cfg->uuid));
		cfg->nr_cards = 1;
		cfg->card[0] = *c;
		r = cards_settle(cfg, e);
		*c = cfg->card[0];
	}
	free(cfg);
	return r;
}

static int run_attach(const struct invocation *inv)
{
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	struct domain_card c;
	uint16_t domid;
	bool is_file = strchr(inv->args[1], '/') || strstr(inv->args[1], ".xml");
	int r = is_file ? card_from_file(inv, &c) : card_from_words(inv, &c);

	if (r)
		return r;
	stop_catch();
	r = device_guest_open(&ctx, inv->args[0], &domid, &err) || card_settle(&ctx, domid, &c, &err) ||
	    card_attach(&ctx, domid, &c, &err);
	domain_ctx_close(&ctx);
	if (r)
		return report("attach a card to", inv->args[0], &err);
	printf("%u\n", c.index);
	return EXIT_OK;
}

/* --- the others -------------------------------------------------------------------------------- */

static int card_open(const struct invocation *inv, uint32_t devid, struct domain_ctx *ctx, struct device_view *v,
		     struct socle_error *e)
{
	uint16_t domid;

	return device_guest_open(ctx, inv->args[0], &domid, e) || device_find(ctx, domid, DEVICE_CARD, devid, v, e) ? -1 : 0;
}

static int run_detach(const struct invocation *inv)
{
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	unsigned int seconds;
	struct device_view v;
	uint32_t devid;
	int r;

	if (!number_parse(inv->args[1], &devid))
		return number_usage(inv, inv->args[1]);
	if (!timeout_read(inv, FLAG_TIMEOUT, &seconds))
		return EXIT_USAGE;
	stop_catch();
	r = card_open(inv, devid, &ctx, &v, &err) ||
	    device_detach(&ctx, v.domid, &v.ref, inv->given[FLAG_FORCE], seconds * 1000, &err);
	domain_ctx_close(&ctx);
	return r ? report("detach a card from", inv->args[0], &err) : EXIT_OK;
}

struct listing {
	struct domain_ctx *ctx;
	bool json, first;
};

static const char *const kinds[] = {
	[VIF_BRIDGE] = "bridge", [VIF_ISOLATED] = "isolated", [VIF_NAT] = "nat", [VIF_ETHERNET] = "ethernet",
};

static void view_json(const struct device_view *v, const char *name, const char *mac)
{
	printf(" { \"guest\": ");
	json_string(name);
	printf(", \"domid\": %u, \"card\": %u, \"mac\": \"%s\", \"type\": \"%s\", \"bridge\": ", v->domid, v->ref.devid, mac,
	       kinds[v->card.kind]);
	json_string(v->card.bridge);
	printf(", \"vlan\": %u, \"mtu\": %u, \"queues\": %u, \"isolated\": %s, \"driver\": \"%s\", \"state\": \"%s\", \"error\": ",
	       v->card.vlan, v->card.mtu, v->card.queues, v->card.isolated ? "true" : "false",
	       v->ref.kernel ? "kernel" : "socle", device_state_name(v->state));
	json_string(v->error);
	limits_json(v->card.limit, card_limit_name);
	if (v->has_stats)
		printf(", \"pid\": %" PRId32 ", \"restarts\": %" PRIu32 ", \"rx_frames\": %" PRIu64 ", \"rx_bytes\": %" PRIu64
		       ", \"rx_dropped\": %" PRIu64 ", \"tx_frames\": %" PRIu64 ", \"tx_bytes\": %" PRIu64
		       ", \"tx_dropped\": %" PRIu64 ", \"spoofed\": %" PRIu64 ", \"errors\": %" PRIu64 ", \"refused\": %" PRIu64
		       ", \"throttled\": %" PRIu64, v->pid, v->restarts, v->stats.rx_frames, v->stats.rx_bytes,
		       v->stats.rx_dropped, v->stats.tx_frames, v->stats.tx_bytes, v->stats.tx_dropped, v->stats.spoofed,
		       v->stats.errors, v->stats.refused, v->stats.throttled);
	printf(" }");
}

static int view_print(const struct device_view *v, void *arg)
{
	struct listing *l = arg;
	char *name = names_of(l->ctx, v->domid), mac[18];

	vif_mac_print(v->card.mac, mac);
	if (l->json) {
		printf("%s\n ", l->first ? "" : ",");
		view_json(v, name ? name : "?", mac);
	} else {
		printf("%-20s %4u %-10s %-17s %-6s %s%s%s\n", name ? name : "?", v->ref.devid, device_state_name(v->state), mac,
		       v->ref.kernel ? "kernel" : "socle", kinds[v->card.kind], v->card.bridge[0] ? " " : "", v->card.bridge);
		if (v->has_stats)
			printf("%25s in %" PRIu64 " frames, %" PRIu64 " dropped; out %" PRIu64 ", %" PRIu64 " dropped, %" PRIu64
			       " of them forged\n", "", v->stats.rx_frames, v->stats.rx_dropped, v->stats.tx_frames,
			       v->stats.tx_dropped, v->stats.spoofed);
		if (v->error[0])
			printf("%25s %s\n", "", v->error);
	}
	l->first = false;
	free(name);
	return 0;
}

static int run_list(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct listing l = { .ctx = &ctx, .json = inv->given[FLAG_JSON], .first = true };
	const char *who = inv->nr_args ? inv->args[0] : NULL;
	struct socle_error err = { 0 };
	uint16_t domid;

	if (device_guest_open(&ctx, who, &domid, &err)) {
		domain_ctx_close(&ctx);
		return report("list the cards of", who ? who : "all guests", &err);
	}
	if (l.json)
		printf("[");
	else
		printf("%-20s %4s %-10s %-17s %-6s %s\n", "GUEST", "CARD", "STATE", "ADDRESS", "DRIVER", "WHERE");
	devices_each(&ctx, DEVICE_CARD, domid, view_print, &l);
	if (l.json)
		printf("\n]\n");
	domain_ctx_close(&ctx);
	return EXIT_OK;
}

static int run_limit(const struct invocation *inv)
{
	struct ctl_bucket limit[CTL_LIMIT_COUNT] = { { 0, 0 } };
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	struct device_view v;
	unsigned int mask;
	uint32_t devid;
	int r;

	if (!number_parse(inv->args[1], &devid))
		return number_usage(inv, inv->args[1]);
	if (!limits_given(inv, FLAG_LIMITS, card_limit_name, limit, &mask))
		return EXIT_USAGE;
	if (!mask)
		return usage_error(inv->cmd, "'net limit' needs a limit, such as '--rx-bytes=10M'");
	r = card_open(inv, devid, &ctx, &v, &err) || device_limit(&ctx, &v, limit, mask, &err);
	domain_ctx_close(&ctx);
	return r ? report("limit a card of", inv->args[0], &err) : EXIT_OK;
}

/* The connection is the capture: it ends with it, at either side. */
static int capture_run(uint16_t domid, uint32_t devid, int fd, struct socle_error *e)
{
	struct ask q = { .what = ASK_CAPTURE, .cls = DEVICE_CARD, .devid = devid };
	char dir[GUEST_RUN_DIR_MAX];
	struct ask_answer a;
	struct pollfd p;

	guest_run_dir(dir, domid);
	p = (struct pollfd){ .fd = ask_send(dir, &q, fd, &a, ANSWER_MS, e), .events = POLLIN };
	if (p.fd < 0)
		return -1;
	while (!stop_asked && poll(&p, 1, -1) < 0)
		; /* a signal: the condition decides */
	close(p.fd);
	return stop_asked ? 0 : socle_fail(e, ECHILD, "the guest, its card or its supervisor went away");
}

static int run_dump(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	const char *file = inv->value[FLAG_WRITE];
	struct device_view v;
	uint32_t devid = 0;
	int fd = STDOUT_FILENO, r;

	if (inv->nr_args > 1 && !number_parse(inv->args[1], &devid))
		return number_usage(inv, inv->args[1]);
	if (!file && isatty(STDOUT_FILENO))
		return usage_error(inv->cmd, "frames are no text for a terminal; use '--write=FILE' or a pipe");
	r = card_open(inv, devid, &ctx, &v, &err);
	domain_ctx_close(&ctx);
	if (!r && v.ref.kernel)
		r = socle_fail(&err, ENOTSUP, "the kernel serves it; overhear the interface vif%u.%u with tcpdump", v.domid, devid);
	if (!r && file && (fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
		r = socle_fail(&err, errno, "cannot write '%s': %s", file, strerror(errno));
	stop_catch();
	if (!r)
		r = capture_run(v.domid, devid, fd, &err);
	if (file && fd >= 0)
		close(fd);
	return r ? report("overhear a card of", inv->args[0], &err) : EXIT_OK;
}

int cmd_net(const struct invocation *inv)
{
	static const struct action actions[] = {
		{ "attach", "NAME and a place, or a file", 2, 2, BIT(FLAG_MAC) | BIT(FLAG_IP), run_attach },
		{ "detach", "NAME and the card's number", 2, 2, BIT(FLAG_FORCE) | BIT(FLAG_TIMEOUT), run_detach },
		{ "list", "[NAME]", 0, 1, BIT(FLAG_JSON), run_list },
		{ "limit", "NAME and the card's number", 2, 2, LIMIT_FLAGS, run_limit },
		{ "dump", "NAME", 1, 2, BIT(FLAG_WRITE), run_dump },
	};

	return action_run(inv, actions, sizeof(actions) / sizeof(actions[0]));
}
