/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_why.c
 *
 * socle why: what a guest waits for.  What keeps one that is dead, who has to do something about one that ended, and what each of
 * its devices waits for.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "domain/devices.h"
#include "domain/json.h"
#include "domain/last.h"
#include "domain/life.h"
#include "domain/names.h"
#include "domain/why.h"
#include "libsocle/domain.h"
#include "socle/cmd.h"

struct subject {
	struct domain_ctx ctx;
	uint16_t domid;
	struct xen_domctl_getdomaininfo info;
	bool supervised;
	unsigned int said;
	bool as_json;
	struct json j; /* inside an array, with as_json */
};

/* what: "domain", "process", "disk xvda", ... */
__attribute__((format(printf, 3, 4)))
static void tell(struct subject *s, const char *what, const char *fmt, ...)
{
	char text[1400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->said++;
	if (!s->as_json) {
		puts(text);
		return;
	}
	json_object(&s->j, NULL);
	json_text(&s->j, "what", what);
	json_text(&s->j, "text", text + strspn(text, " "));
	json_end(&s->j);
}

/* --- who it is --------------------------------------------------------------------------------- */

/* A dead one has lost its name, but the UUID is still that of its last guest. */
static bool dying_find(struct domain_ctx *ctx, const char *who, uint16_t *domid)
{
	struct xen_domctl_getdomaininfo info;
	uint8_t uuid[16];

	if (uuid_parse(who, uuid) != 0 && !last_name_uuid(who, uuid))
		return false;
	for (uint16_t next = 1; socle_domain_list(ctx->hv, next, &info, 1) == 1; next = (uint16_t)(info.domain + 1))
		if (memcmp(info.handle, uuid, sizeof(uuid)) == 0) {
			*domid = info.domain;
			return true;
		}
	return false;
}

static int subject_find(struct subject *s, const char *who, struct socle_error *e)
{
	int r;

	if (domain_ctx_open(&s->ctx, e))
		return -1;
	if (!dying_find(&s->ctx, who, &s->domid) && names_find(&s->ctx, who, &s->domid, e))
		return -1;
	r = socle_domain_info(s->ctx.hv, s->domid, &s->info);
	return r < 0 ? socle_refused(e, r, "the hypervisor does not tell about domain %u", s->domid) : 0;
}

/* Its watcher, who supervises its devices, holds its name. */
static bool is_supervised(const struct subject *s)
{
	struct reserve_line l;
	char text[37];
	bool held;

	uuid_unparse_lower(s->info.handle, text);
	return reserve_look(SOCLE_NAMES_DIR, text, &l, &held) == 0 && held;
}

/* --- the domain -------------------------------------------------------------------------------- */

static bool maps_guests(pid_t pid)
{
	char path[64], line[512];
	bool maps = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && !maps && fgets(line, sizeof(line), f))
		maps = strstr(line, "/dev/xen/gntdev") || strstr(line, "/dev/xen/privcmd") || strstr(line, "/proc/xen/privcmd");
	if (f)
		fclose(f);
	return maps;
}

static void process_name(pid_t pid, char out[32])
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	strcpy(out, "?");
	f = fopen(path, "re");
	if (f && fgets(out, 32, f))
		out[strcspn(out, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* The hypervisor counts the pages, the kernel of dom0 knows only who has some mapped. */
static void mappers_tell(struct subject *s)
{
	DIR *d = opendir("/proc");
	unsigned int n = 0;

	for (struct dirent *de; d && (de = readdir(d));) {
		pid_t pid = (pid_t)atoi(de->d_name);
		char name[32];

		if (pid <= 1 || pid == getpid() || !maps_guests(pid))
			continue;
		process_name(pid, name);
		tell(s, "process", "  process %d (%s) of dom0 has pages of guests mapped", (int)pid, name);
		n++;
	}
	if (d)
		closedir(d);
	if (!n)
		tell(s, "process", "  no process of dom0 has pages of guests mapped: a kernel's backend of dom0, or another guest, holds them");
}

static void domain_tell(struct subject *s)
{
	const char *end = domain_end_name(s->info.flags);

	if (s->info.flags & XEN_DOMINF_dying) {
		tell(s, "domain", "domain %u is dead, and stays until the last of its pages is given back: %" PRIu64 " KiB are in use", s->domid,
		     (uint64_t)s->info.tot_pages * 4);
		mappers_tell(s);
	} else if (end && s->supervised) {
		tell(s, "domain", "it %s, and its watcher is about to do what the description says", end);
	} else if (end) {
		tell(s, "domain", "it %s and nobody takes it away: its description keeps it (preserve), or its watcher was killed; 'socle destroy' "
		     "does", end);
	} else if (s->info.flags & XEN_DOMINF_paused) {
		tell(s, "domain", "it is paused, or still being made; 'socle unpause' lets it go on");
	} else if (!s->supervised && s->domid) {
		tell(s, "domain", "it has no watcher: its devices are not served and its end will not be noticed; 'socle supervise' starts one");
	}
}

/* --- devices ----------------------------------------------------------------------------------- */

static unsigned int state_read(struct domain_ctx *ctx, const char *path)
{
	uint64_t state = 0;

	return socle_store_read_u64(ctx->store, 0, path, &state) ? 0 : (unsigned int)state;
}

static int device_tell(const struct device_view *v, void *arg)
{
	struct subject *s = arg;
	char back[KEYS_PATH_MAX], path[KEYS_PATH_MAX + 16];
	struct why_device d = { .error = v->error, .kernel = v->ref.kernel, .supervised = s->supervised, .worker = v->pid > 0 };
	char name[DEVICE_NAME_MAX];
	uint64_t online = 1;
	const char *why;

	device_back_path(back, s->domid, &v->ref);
	snprintf(path, sizeof(path), "%s/state", back);
	d.back = state_read(&s->ctx, path);
	snprintf(path, sizeof(path), "%s/online", back);
	d.asked_to_go = socle_store_read_u64(s->ctx.store, 0, path, &online) == 0 && !online;
	snprintf(path, sizeof(path), "/local/domain/%u/device/%s/%u/state", s->domid, device_front_type(v->ref.cls), v->ref.devid);
	d.front = state_read(&s->ctx, path);
	why = why_device(&d);
	device_name(name, v->ref.cls, v->ref.devid);
	if (why)
		tell(s, name, "%s %s", name, why);
	return 0;
}

int cmd_why(const struct invocation *inv)
{
	struct subject s = { .domid = 0 };
	struct socle_error err = { 0 };
	int r = subject_find(&s, inv->args[0], &err);

	if (r) {
		domain_ctx_close(&s.ctx);
		return report("tell about", inv->args[0], &err);
	}
	s.supervised = is_supervised(&s);
	s.as_json = flag_given(inv, "json");
	json_begin(&s.j, stdout);
	if (s.as_json) {
		json_object(&s.j, NULL);
		json_uint(&s.j, "id", s.domid);
		json_array(&s.j, "waits");
	}
	domain_tell(&s);
	devices_each(&s.ctx, DEVICE_DISK, s.domid, device_tell, &s);
	devices_each(&s.ctx, DEVICE_CARD, s.domid, device_tell, &s);
	if (s.as_json) {
		json_end(&s.j);
		json_end(&s.j);
	} else if (!s.said) {
		printf("it waits for nothing\n");
	}
	domain_ctx_close(&s.ctx);
	return EXIT_OK;
}
