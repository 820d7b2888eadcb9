/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/card.c
 *
 * One string of vif= (xl-network-configuration(5)): key=value with commas between, and every key may be left out.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "convert/internal.h"

#define USUAL_BRIDGE "xenbr0" /* xl.conf(5), vif.default.bridge */

struct spec {
	struct device dev;
	char *mac, *bridge, *ip, *ifname, *mtu;
	uint64_t kib, burst_kib; /* a second, from the guest; what may be saved up */
	bool ethernet;
};

/* --- rates ------------------------------------------------------------------------------------- */

/* "10Mb/s", "250KB/s": bytes a second; b is bits, and units are of 1000. *rest is what follows. */
static bool rate_read(const char *text, uint64_t *bytes, const char **rest)
{
	uint64_t scale = 1;
	char *end;

	errno = 0;
	*bytes = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
	if (errno || !*bytes)
		return false;
	if (*end == 'K' || *end == 'M' || *end == 'G')
		scale = *end == 'K' ? 1000 : *end == 'M' ? 1000000 : 1000000000;
	end += scale > 1;
	if ((*end != 'b' && *end != 'B') || strncmp(end + 1, "/s", 2) != 0 || *bytes > UINT64_MAX / scale)
		return false;
	*bytes = *bytes * scale / (*end == 'b' ? 8 : 1);
	*rest = end + 3;
	return true;
}

/* "20ms", "1s", "500us" as microseconds. */
static bool interval_read(const char *text, uint64_t *us)
{
	char *end;

	errno = 0;
	*us = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
	if (errno || !*us || *us > UINT32_MAX)
		return false;
	if (strcmp(end, "ms") == 0)
		*us *= 1000;
	else if (strcmp(end, "s") == 0)
		*us *= 1000000;
	else if (strcmp(end, "us") != 0)
		return false;
	return true;
}

/* RATE[@INTERVAL]: so much a second, in portions of an interval's worth. */
static void rate_take(struct spec *s, const char *text)
{
	uint64_t bytes, us = 0;
	const char *rest;

	if (!rate_read(text, &bytes, &rest) || (*rest && (*rest != '@' || !interval_read(rest + 1, &us)))) {
		device_fault(&s->dev, "rate '%.40s' is not RATE or RATE@INTERVAL, such as 10Mb/s@50ms", text);
		return;
	}
	s->kib = bytes < 1024 ? 1 : bytes / 1024;
	if (*rest)
		s->burst_kib = (uint64_t)((double)bytes * (double)us / 1e6 / 1024);
	if (*rest && !s->burst_kib)
		s->burst_kib = 1;
}

/* --- keys -------------------------------------------------------------------------------------- */

static void script_take(struct spec *s, const char *value)
{
	const char *slash = strrchr(value, '/'), *name = slash ? slash + 1 : value;

	if (!*name || strcmp(name, "vif-bridge") == 0)
		return;
	s->ethernet = strcmp(name, "vif-route") == 0;
	if (strcmp(name, "vif-nat") == 0)
		device_loss(&s->dev, "there are no scripts: instead of vif-nat, write <interface type='network'> with a network that has <forward mode='nat'/>");
	else if (s->ethernet)
		device_loss(&s->dev, "there are no scripts: instead of vif-route, the card is a tap on no bridge; set its routes in the control domain");
	else
		device_loss(&s->dev, "there are no scripts ('%.40s'); a card is a port of a bridge", name);
}

static void named_take(struct spec *s, const char *name, char *value)
{
	if (strcmp(name, "mac") == 0)
		s->mac = value;
	else if (strcmp(name, "bridge") == 0)
		s->bridge = value;
	else if (strcmp(name, "ip") == 0)
		s->ip = value;
	else if (strcmp(name, "vifname") == 0)
		s->ifname = value;
	else if (strcmp(name, "mtu") == 0)
		s->mtu = value;
	else if (strcmp(name, "rate") == 0)
		rate_take(s, value);
	else if (strcmp(name, "script") == 0)
		script_take(s, value);
	else if (strcmp(name, "type") == 0 && strcmp(value, "vif") == 0)
		return;
	else if (strcmp(name, "backend") == 0 && (strcmp(value, "0") == 0 || strcmp(value, "Domain-0") == 0))
		return;
	else if (strcmp(name, "model") == 0 || strcmp(name, "type") == 0)
		device_loss(&s->dev, "'%s' chooses an emulated card, and a paravirtualised guest has none; leave it out", name);
	else if (strcmp(name, "backend") == 0)
		device_loss(&s->dev, "its backend is the domain '%.40s', and backends run in the control domain", value);
	else
		device_loss(&s->dev, "'%.40s' has no equivalent; leave it out", name);
}

static void parts_take(struct spec *s, char *text)
{
	char *rest = text;

	while (rest && !s->dev.bad) {
		char *part = part_next(&rest), *equals = strchr(part, '=');

		if (!*part)
			continue;
		if (!equals) {
			device_fault(&s->dev, "'%.40s' is not KEY=VALUE", part);
			return;
		}
		*equals = '\0';
		named_take(s, trimmed(part), trimmed(equals + 1));
	}
}

/* --- writing ----------------------------------------------------------------------------------- */

static void single_write(struct spec *s, const char *element, const char *attribute, const char *value)
{
	if (!value)
		return;
	write_piece(s->dev.c, "      <");
	write_piece(s->dev.c, element);
	write_attribute(s->dev.c, attribute, value);
	write_line(s->dev.c, s->dev.v->line, "/>");
}

static void bandwidth_write(struct spec *s)
{
	char number[24];

	if (!s->kib)
		return;
	write_piece(s->dev.c, "      <bandwidth><outbound");
	snprintf(number, sizeof(number), "%" PRIu64, s->kib);
	write_attribute(s->dev.c, "average", number);
	snprintf(number, sizeof(number), "%" PRIu64, s->burst_kib);
	if (s->burst_kib)
		write_attribute(s->dev.c, "burst", number);
	write_line(s->dev.c, s->dev.v->line, "/></bandwidth>");
}

/* "A B C", each an element. */
static void addresses_write(struct spec *s)
{
	char *rest = s->ip;

	while (rest && *rest) {
		char *blank;

		rest += strspn(rest, " ");
		blank = strchr(rest, ' ');
		if (blank)
			*blank = '\0';
		if (*rest)
			single_write(s, "ip", "address", rest);
		rest = blank ? blank + 1 : NULL;
	}
}

void convert_card(struct convert *c, const struct xl_value *v)
{
	struct spec s = { .dev = { .c = c, .v = v, .kind = "vif" } };
	char *text = strdup(v->text);

	if (!text) {
		convert_fault(c, 0, 0, "out of memory");
		return;
	}
	parts_take(&s, text);
	if (!s.dev.bad) {
		write_piece(c, "    <interface");
		write_attribute(c, "type", s.ethernet ? "ethernet" : "bridge");
		write_line(c, v->line, ">");
		single_write(&s, "source", "bridge", s.ethernet ? NULL : s.bridge && *s.bridge ? s.bridge : USUAL_BRIDGE);
		single_write(&s, "mac", "address", s.mac);
		single_write(&s, "target", "dev", s.ifname);
		single_write(&s, "mtu", "size", s.mtu);
		bandwidth_write(&s);
		addresses_write(&s);
		write_line(c, v->line, "    </interface>");
	}
	free(text);
}
