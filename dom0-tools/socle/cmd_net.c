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
#include <sys/stat.h>
#include <unistd.h>

#include "device/ask.h"
#include "device/limits.h"
#include "device/xenbus.h"
#include "domain/codes.h"
#include "domain/names.h"
#include "libsocle/domain.h"
#include "socle/cmd_device.h"
#include "socle/progress.h"

#define DEVID_MAX   255u
#define ANSWER_MS   10000u
#define LOOK_MS     500

static int number_read(const struct invocation *inv, const char *word, uint32_t *devid)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || *end || n > DEVID_MAX)
		return usage_error(inv->cmd, "'%.40s' is not a card's number; use 0 to %u", word, DEVID_MAX);
	*devid = (uint32_t)n;
	return EXIT_OK;
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
	c->has_mac = flag_given(inv, "mac");
	if (c->has_mac && (!vif_mac_parse(flag_value(inv, "mac"), c->want.mac) || (c->want.mac[0] & 1)))
		return usage_error(inv->cmd, "'--mac' takes the address of a card, such as 00:16:3e:01:02:03, not '%.40s'",
				   flag_value(inv, "mac"));
	if (flag_given(inv, "ip") && !vif_ip_add(&c->want, flag_value(inv, "ip")))
		return usage_error(inv->cmd, "'--ip' takes an address, not '%.60s'", flag_value(inv, "ip"));
	c->want.filter_ip = flag_given(inv, "ip");
	return EXIT_OK;
}

static int card_from_file(const struct invocation *inv, struct domain_card *c)
{
	struct socle_error err = { 0 };
	struct domain_config *cfg;

	if (flag_given(inv, "mac") || flag_given(inv, "ip"))
		return usage_error(inv->cmd, "'--mac' and '--ip' do not go with a description; it says them itself");
	cfg = device_file_load(inv->args[1]);
	if (!cfg || !cfg->nr_cards) {
		socle_fail_id(&err, DOMAIN_E_CONFIG, "bad-description",
			      "%s", cfg ? "it describes a disk" : "the description has errors");
		domain_config_free(cfg);
		return report("attach a card from", inv->args[1], &err);
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
		return socle_fail_id(e, ENOMEM, "dom0-memory", "out of memory");
	r = socle_domain_info(ctx->hv, domid, &info);
	if (r < 0) {
		r = socle_refused(e, r, "the hypervisor refused");
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

int cmd_net_attach(const struct invocation *inv)
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
	number_print(inv, "card", c.index);
	return EXIT_OK;
}

/* --- lists and limits -------------------------------------------------------------------------------- */

static const char *const kinds[] = {
	[VIF_BRIDGE] = "bridge", [VIF_ISOLATED] = "isolated", [VIF_NAT] = "nat", [VIF_ETHERNET] = "ethernet",
};

static void heading_print(void)
{
	printf("%-20s %4s %-10s %-17s %-6s %s\n", "GUEST", "CARD", "STATE", "ADDRESS", "DRIVER", "WHERE");
}

static void line_print(const struct device_view *v, const char *guest)
{
	char mac[18];

	vif_mac_print(v->card.mac, mac);
	printf("%-20s %4u %-10s %-17s %-6s %s%s%s\n", guest, v->ref.devid, device_state_name(v->state), mac,
	       v->ref.kernel ? "kernel" : "socle", kinds[v->card.kind], v->card.bridge[0] ? " " : "", v->card.bridge);
	if (v->has_stats)
		printf("%25s in %" PRIu64 " frames, %" PRIu64 " dropped; out %" PRIu64 ", %" PRIu64 " dropped, %" PRIu64
		       " of them forged\n", "", v->stats.rx_frames, v->stats.rx_dropped, v->stats.tx_frames,
		       v->stats.tx_dropped, v->stats.spoofed);
	if (v->error[0])
		printf("%25s %s\n", "", v->error);
}

static void stats_json(struct json *j, const struct device_view *v)
{
	worker_json(j, v);
	json_uint(j, "rx_frames", v->stats.rx_frames);
	json_uint(j, "rx_bytes", v->stats.rx_bytes);
	json_uint(j, "rx_dropped", v->stats.rx_dropped);
	json_uint(j, "tx_frames", v->stats.tx_frames);
	json_uint(j, "tx_bytes", v->stats.tx_bytes);
	json_uint(j, "tx_dropped", v->stats.tx_dropped);
	json_uint(j, "spoofed", v->stats.spoofed);
	json_uint(j, "errors", v->stats.errors);
	json_uint(j, "refused", v->stats.refused);
	json_uint(j, "throttled", v->stats.throttled);
}

static void json_print(struct json *j, const struct device_view *v)
{
	char mac[18];

	vif_mac_print(v->card.mac, mac);
	json_uint(j, "card", v->ref.devid);
	json_text(j, "mac", mac);
	json_text(j, "type", kinds[v->card.kind]);
	json_text(j, "bridge", v->card.bridge);
	json_uint(j, "vlan", v->card.vlan);
	json_uint(j, "mtu", v->card.mtu);
	json_uint(j, "queues", v->card.queues);
	json_bool(j, "isolated", v->card.isolated);
	json_text(j, "driver", v->ref.kernel ? "kernel" : "socle");
	json_text(j, "state", device_state_name(v->state));
	json_text(j, "error", v->error);
	limits_json(j, v->card.limit, card_limit_name);
	if (v->has_stats)
		stats_json(j, v);
}

static const struct device_words cards = {
	.cls = DEVICE_CARD, .noun = "card", .limit_example = "rx-bytes", .limit_name = card_limit_name,
	.devid_read = number_read, .heading = heading_print, .line = line_print, .json = json_print,
};

int cmd_net_detach(const struct invocation *inv)
{
	return device_detach_run(inv, &cards);
}

int cmd_net_list(const struct invocation *inv)
{
	return device_list_run(inv, &cards);
}

int cmd_net_limit(const struct invocation *inv)
{
	return device_limit_run(inv, &cards);
}

/* --- dump -------------------------------------------------------------------------------------- */

/* How large the file is by now; what is no file has no size. */
static void written_tell(int fd, struct work *w)
{
	struct stat sb;

	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode))
		work_done(w, (uint64_t)sb.st_size);
}

/* The connection is the capture: it ends with it, at either side. */
static int capture_run(uint16_t domid, uint32_t devid, int fd, struct work *w, struct socle_error *e)
{
	struct ask q = { .what = ASK_CAPTURE, .cls = DEVICE_CARD, .devid = devid };
	char dir[GUEST_RUN_DIR_MAX];
	struct ask_answer a;
	struct pollfd p;

	guest_run_dir(dir, domid);
	p = (struct pollfd){ .fd = ask_send(dir, &q, fd, &a, ANSWER_MS, e), .events = POLLIN };
	if (p.fd < 0)
		return -1;
	while (!stop_asked && poll(&p, 1, LOOK_MS) <= 0)
		written_tell(fd, w); /* a signal, or time to look: the condition decides */
	close(p.fd);
	return stop_asked ? 0 : socle_fail_id(e, ECHILD, "capture-ended", "the guest, its card or its supervisor went away");
}

/* With a line on the terminal about how much there is, unless the terminal's line is the file. */
static int capture_watched(uint16_t domid, uint32_t devid, int fd, const char *who, struct socle_error *e)
{
	struct work work = { .step = "frames, until Ctrl-C" };
	struct progress progress;
	char title[80];
	int r;

	snprintf(title, sizeof(title), "dump '%.40s'", who);
	progress_begin(&progress, title, &work);
	r = capture_run(domid, devid, fd, &work, e);
	progress_end(&progress);
	return r;
}

int cmd_net_dump(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	const char *file = flag_value(inv, "write");
	struct device_view v;
	uint32_t devid = 0;
	int fd = STDOUT_FILENO, r;

	if (inv->nr_args > 1 && number_read(inv, inv->args[1], &devid))
		return EXIT_USAGE;
	if (!file && isatty(STDOUT_FILENO))
		return usage_error(inv->cmd, "frames are no text for a terminal; use '--write=FILE' or a pipe");
	r = device_open(inv, &cards, &ctx, devid, &v, &err);
	domain_ctx_close(&ctx);
	if (!r && v.ref.kernel)
		r = socle_fail_id(&err, ENOTSUP, "kernel-backend",
				  "the kernel serves it; overhear the interface vif%u.%u with tcpdump", v.domid, devid);
	if (!r && file && (fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
		r = socle_fail_id(&err, errno, "cannot-write", "cannot write '%s': %s", file, strerror(errno));
	stop_catch();
	if (!r)
		r = capture_watched(v.domid, devid, fd, inv->args[0], &err);
	if (file && fd >= 0)
		close(fd);
	return r ? report("overhear a card of", inv->args[0], &err) : EXIT_OK;
}
