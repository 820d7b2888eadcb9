/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/presence.c
 *
 * See presence.h.  Looking is a file and a hypercall, so waiting looks again and again.
 */
#include "domain/presence.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/last.h"
#include "domain/names.h"
#include "libsocle/domain.h"

#define STEP_MS 50u

const char *presence_word(enum presence p)
{
	static const char *const words[] = {
		[PRESENCE_OFF] = "off", [PRESENCE_STARTING] = "starting", [PRESENCE_RUNNING] = "running",
		[PRESENCE_REBOOTING] = "rebooting", [PRESENCE_ENDING] = "ending",
	};

	return words[p];
}

static void key_set(char key[DOMAIN_NAME_MAX + 1], const char *text)
{
	snprintf(key, DOMAIN_NAME_MAX + 1, "%s", text);
}

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

int presence_key(struct domain_ctx *ctx, const char *who, char key[DOMAIN_NAME_MAX + 1], struct socle_error *e)
{
	struct reserve_line l;
	uint8_t uuid[16];
	uint16_t domid;
	char text[37];
	bool held;

	if (uuid_parse(who, uuid) == 0) {
		uuid_unparse_lower(uuid, text);
		who = text;
	}
	key_set(key, who);
	if (!is_number(who) && (reserve_look(SOCLE_NAMES_DIR, who, &l, &held) == 0 || definition_exists(who) ||
				last_name_uuid(who, uuid)))
		return 0;
	if (names_find(ctx, who, &domid, e))
		return -1;
	if (names_reserved(ctx, domid, &l))
		key_set(key, l.uuid);
	else
		snprintf(key, DOMAIN_NAME_MAX + 1, "%u", domid);
	return 0;
}

enum presence presence_look(struct domain_ctx *ctx, const char *key, uint16_t *domid)
{
	struct reserve_place place = names_place(ctx);
	struct xen_domctl_getdomaininfo info;
	struct reserve_line l;
	bool held;

	*domid = 0;
	if (is_number(key)) {
		*domid = (uint16_t)atoi(key);
		return socle_domain_info(ctx->hv, *domid, &info) ? PRESENCE_OFF : PRESENCE_RUNNING;
	}
	if (reserve_look(SOCLE_NAMES_DIR, key, &l, &held))
		return PRESENCE_OFF;
	*domid = l.domid;
	if (!held)
		return place.lives(ctx, &l) ? PRESENCE_RUNNING : PRESENCE_OFF;
	switch (l.state) {
	case RESERVE_RUNNING:
		return place.lives(ctx, &l) ? PRESENCE_RUNNING : PRESENCE_ENDING;
	case RESERVE_REBOOTING:
		return PRESENCE_REBOOTING;
	case RESERVE_ENDING:
		return PRESENCE_ENDING;
	default:
		return PRESENCE_STARTING;
	}
}

int presence_wait(struct domain_ctx *ctx, const char *key, enum presence want, uint16_t other, unsigned int seconds,
		  struct socle_error *e)
{
	static const char *const steps[] = {
		[PRESENCE_OFF] = "waits until it is off", [PRESENCE_STARTING] = "waits for its start",
		[PRESENCE_RUNNING] = "waits until it runs", [PRESENCE_REBOOTING] = "waits until it reboots",
		[PRESENCE_ENDING] = "waits for its end",
	};
	uint64_t begin = clock_ns(), end = begin + seconds * UINT64_C(1000000000);

	work_step(ctx->work, steps[want], WORK_MS, seconds * UINT64_C(1000));
	for (;;) {
		uint16_t domid;
		enum presence now = presence_look(ctx, key, &domid);

		if (now == want && (now != PRESENCE_RUNNING || domid != other))
			return 0;
		if (now == PRESENCE_OFF && other)
			return socle_fail_id(e, DOMAIN_E_NOT_RUNNING, "not-back", "it has ended, and does not come back; see 'socle log'");
		if (seconds && clock_ns() >= end)
			return socle_fail_id(e, DOMAIN_E_TIMEOUT, "wait-timeout", "it is %s, and was not %s within %u s", presence_word(now),
					  other ? "there again" : presence_word(want), seconds);
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		work_done(ctx->work, (clock_ns() - begin) / 1000000);
		sleep_ms(STEP_MS);
	}
}
