/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_last.c
 *
 * socle last: how guests ended.  The hypervisor keeps the ends after the guests are gone; without a
 * name they are listed, with one the newest of that guest is told in full.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/json.h"
#include "domain/last.h"
#include "socle/cmd.h"

static void moment(uint64_t wall_ns, char *out, size_t size)
{
	time_t t = (time_t)(wall_ns / 1000000000u);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void regs_text(const struct socle_regs *r)
{
	printf("rip    %04x:%016" PRIx64 "   rflags %08" PRIx64 "   vector %u, error %x\n", r->cs,
	       r->rip, r->rflags, r->vector, r->error_code);
	printf("rsp    %04x:%016" PRIx64 "   cr2 %016" PRIx64 "   cr3 %016" PRIx64 "\n", r->ss,
	       r->rsp, r->cr2, r->cr3);
	printf("rax %016" PRIx64 "  rbx %016" PRIx64 "  rcx %016" PRIx64 "  rdx %016" PRIx64 "\n",
	       r->rax, r->rbx, r->rcx, r->rdx);
	printf("rsi %016" PRIx64 "  rdi %016" PRIx64 "  rbp %016" PRIx64 "  r8  %016" PRIx64 "\n",
	       r->rsi, r->rdi, r->rbp, r->r8);
	printf("r9  %016" PRIx64 "  r10 %016" PRIx64 "  r11 %016" PRIx64 "  r12 %016" PRIx64 "\n",
	       r->r9, r->r10, r->r11, r->r12);
	printf("r13 %016" PRIx64 "  r14 %016" PRIx64 "  r15 %016" PRIx64 "\n", r->r13, r->r14,
	       r->r15);
}

static void regs_json(struct json *j, const struct socle_regs *r)
{
	const struct { const char *name; uint64_t value; } regs[] = {
		{ "rip", r->rip }, { "rsp", r->rsp }, { "rflags", r->rflags }, { "rax", r->rax },
		{ "rbx", r->rbx }, { "rcx", r->rcx }, { "rdx", r->rdx }, { "rsi", r->rsi },
		{ "rdi", r->rdi }, { "rbp", r->rbp }, { "r8", r->r8 }, { "r9", r->r9 },
		{ "r10", r->r10 }, { "r11", r->r11 }, { "r12", r->r12 }, { "r13", r->r13 },
		{ "r14", r->r14 }, { "r15", r->r15 }, { "cr2", r->cr2 }, { "cr3", r->cr3 },
		{ "cs", r->cs }, { "ss", r->ss }, { "vector", r->vector },
		{ "error", r->error_code },
	};

	json_object(j, "registers");
	for (unsigned int i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		json_hex(j, regs[i].name, regs[i].value);
	json_end(j);
}

static void end_text(const struct socle_last_words *l, const char *name)
{
	char uuid[37], when[32], how[192], where[96];

	uuid_unparse_lower(l->handle, uuid);
	moment(l->wall_ns, when, sizeof(when));
	last_words_how(l, how, sizeof(how));
	last_words_where(l, where, sizeof(where));
	printf("guest  %s (domain %u, %s)\n", name, l->domid, uuid);
	printf("end    %s\n", how);
	printf("when   %s, %.3f s after the machine started\n", when, (double)l->uptime_ns / 1e9);
	printf("used   %.3f s of processor time\n", (double)l->cpu_ns / 1e9);
	if (*where) {
		printf("where  %s\n", where);
		regs_text(&l->regs);
	}
}

static void end_json(struct json *j, const struct socle_last_words *l, const char *name)
{
	static const char *const kinds[] = { "shutdown", "crash", "destroy" };
	char uuid[37], when[32], how[192];

	uuid_unparse_lower(l->handle, uuid);
	moment(l->wall_ns, when, sizeof(when));
	last_words_how(l, how, sizeof(how));
	json_object(j, NULL);
	json_uint(j, "seq", l->seq);
	json_uint(j, "id", l->domid);
	json_text(j, "name", name);
	json_text(j, "uuid", uuid);
	json_text(j, "kind", l->kind < 3 ? kinds[l->kind] : "unknown");
	json_text(j, "how", how);
	json_text(j, "when", when);
	json_real(j, "uptime_seconds", (double)l->uptime_ns / 1e9, 3);
	json_real(j, "cpu_seconds", (double)l->cpu_ns / 1e9, 3);
	if (l->flags & SOCLE_END_HAS_VCPU) {
		json_uint(j, "vcpu", l->vcpu);
		json_uint(j, "cpu", l->cpu);
		json_bool(j, "kernel", l->flags & SOCLE_END_IN_KERNEL);
		regs_json(j, &l->regs);
	}
	json_end(j);
}

/* A name, a UUID or a domain id as what to look for. */
static int wanted_read(const char *who, struct last_wanted *w, struct socle_error *e)
{
	char *end;
	unsigned long id = strtoul(who, &end, 10);

	*w = (struct last_wanted){ .with_uuid = true };
	if (uuid_parse(who, w->uuid) == 0)
		return 0;
	if (isdigit((unsigned char)*who) && !*end) {
		*w = (struct last_wanted){ .with_domid = true, .domid = (uint32_t)id };
		return id <= UINT16_MAX ? 0 : socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-such-guest",
							 "there are no such domain ids");
	}
	if (last_name_uuid(who, w->uuid))
		return 0;
	return socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-such-guest", "no guest of this name was ever made here");
}

static int end_show(struct socle_hv *hv, const char *who, bool json, struct socle_error *e)
{
	struct socle_last_words l;
	struct last_wanted w;
	struct json j;
	char *name;
	int r;

	if (wanted_read(who, &w, e))
		return -1;
	r = last_words_find(hv, &w, &l);
	if (r == -ENODATA)
		return socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-end-known", "the hypervisor knows of no end of it: it "
				  "has not ended, or %u others have since; see 'socle log'",
				  SOCLE_LAST_WORDS_KEPT);
	if (r < 0)
		return socle_refused(e, r, "the hypervisor refused");
	name = last_uuid_name(l.handle);
	json_begin(&j, stdout);
	if (json)
		end_json(&j, &l, name ? name : "?");
	else
		end_text(&l, name ? name : "?");
	free(name);
	return 0;
}

static int ends_list(struct socle_hv *hv, bool json, struct socle_error *e)
{
	struct socle_last_words l;
	struct json j;
	int r;

	json_begin(&j, stdout);
	if (json)
		json_rows(&j, NULL);
	else
		printf("%-20s  %5s  %-24s  %s\n", "WHEN", "ID", "NAME", "END");
	for (uint64_t seq = 1; (r = last_words_next(hv, seq, &l)) == 0; seq = l.seq + 1) {
		char *name = last_uuid_name(l.handle), when[32], how[192];

		if (json) {
			end_json(&j, &l, name ? name : "?");
		} else {
			moment(l.wall_ns, when, sizeof(when));
			last_words_how(&l, how, sizeof(how));
			printf("%-20s  %5u  %-24s  %s\n", when, l.domid, name ? name : "?", how);
		}
		free(name);
	}
	if (json)
		json_end(&j);
	return r == -ENODATA ? 0 : socle_refused(e, r, "the hypervisor refused");
}

int cmd_last(const struct invocation *inv)
{
	const char *who = inv->nr_args ? inv->args[0] : NULL;
	struct socle_error err = { 0 };
	struct socle_hv *hv = socle_hv_open(&err);
	int r;

	if (!hv)
		return report("tell the end of", who ? who : "guests", &err);
	r = who ? end_show(hv, who, flag_given(inv, "json"), &err)
		: ends_list(hv, flag_given(inv, "json"), &err);
	socle_hv_close(hv);
	return r ? report("tell the end of", who ? who : "guests", &err) : EXIT_OK;
}
