/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_create.c
 *
 * socle create, start and validate: from a description to a running guest, or to several.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/console.h"
#include "domain/definition.h"
#include "domain/json.h"
#include "domain/launch.h"
#include "domain/plan.h"
#include "domain/rewrite.h"
#include "domain/uuid.h"
#include "socle/act.h"
#include "socle/cmd.h"
#include "socle/crew.h"
#include "socle/description.h"
#include "socle/progress.h"

#define COPIES_MAX 1000u

/* What is wrong with a description, for programs. */
static void faults_json(struct json *j, const char *file, const struct domain_config *cfg, struct diag_list *diags)
{
	diag_sort(diags);
	json_object(j, NULL);
	json_text(j, "file", file);
	json_bool(j, "good", cfg != NULL);
	json_text(j, "guest", cfg ? cfg->name : NULL);
	json_array(j, "faults");
	for (size_t i = 0; i < diags->kept; i++) {
		json_object(j, NULL);
		json_uint(j, "line", diags->item[i].line);
		json_uint(j, "column", diags->item[i].column);
		json_text(j, "text", diags->item[i].text);
		json_end(j);
	}
	json_end(j);
	json_uint(j, "count", diags->count);
	json_end(j);
}

/* Its faults go to stderr, or as JSON into j. */
static struct domain_config *config_read(const char *file, struct json *j)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	struct domain_config *cfg = NULL;

	if (!diags)
		return NULL;
	cfg = domain_config_load(file, diags);
	if (j)
		faults_json(j, file, cfg, diags);
	else
		diag_print(diags, file, stderr);
	diag_clear(diags);
	free(diags);
	return cfg;
}

int description_report(const char *verb, const char *file)
{
	struct socle_error err = { 0 };

	socle_fail_id(&err, DOMAIN_E_CONFIG, "bad-description", "the description has errors");
	return report(verb, file, &err);
}

struct domain_config *description_read(const char *file)
{
	return config_read(file, NULL);
}

static void timing_print(const struct phases *p)
{
	uint64_t begin = p->begin_ns;

	for (unsigned int i = 0; i < p->count; i++) {
		printf("%-16s %9.3f ms\n", p->phase[i].name,
		       (double)(p->phase[i].end_ns - begin) / 1e6);
		begin = p->phase[i].end_ns;
	}
	printf("%-16s %9.3f ms\n", "total", (double)(begin - p->begin_ns) / 1e6);
}

/* What was made; a dry run has no domain. */
static void made_json(const struct domain_config *cfg, const uint16_t *domid, const struct phases *p)
{
	uint64_t begin = p->begin_ns;
	char uuid[37];
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_text(&j, "name", cfg->name);
	if (domid) {
		uuid_unparse_lower(cfg->uuid, uuid);
		json_text(&j, "uuid", uuid);
		json_uint(&j, "id", *domid);
	}
	json_array(&j, "phases");
	for (unsigned int i = 0; i < p->count; i++) {
		json_object(&j, NULL);
		json_text(&j, "name", p->phase[i].name);
		json_real(&j, "ms", (double)(p->phase[i].end_ns - begin) / 1e6, 3);
		json_end(&j);
		begin = p->phase[i].end_ns;
	}
	json_end(&j);
	json_end(&j);
}

/* Show the last console lines of a guest that died at birth: its log would be looked for anyway. */
static void last_words_print(const char *name, long from)
{
	char path[256], line[512], keep[8][512];
	unsigned int n = 0;
	FILE *f;

	console_log_path(name, path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return;
	if (fseek(f, from, SEEK_SET) == 0)
		while (fgets(line, sizeof(line), f))
			memcpy(keep[n++ % 8], line, sizeof(line));
	fclose(f);
	for (unsigned int i = n > 8 ? n - 8 : 0; i < n; i++)
		fprintf(stderr, "socle: console: %.*s\n", (int)strcspn(keep[i % 8], "\r\n"),
			keep[i % 8]);
}

static long console_log_size(const char *name)
{
	char path[256];
	long size = 0;
	FILE *f;

	console_log_path(name, path, sizeof(path));
	f = fopen(path, "re");
	if (f) {
		if (fseek(f, 0, SEEK_END) == 0)
			size = ftell(f);
		fclose(f);
	}
	return size < 0 ? 0 : size;
}

int guest_launch(struct domain_ctx *ctx, struct domain_config *cfg, char *argv0, uint16_t *domid, struct socle_error *e)
{
	long log_from = console_log_size(cfg->name);

	if (domain_launch(ctx, cfg, argv0, domid, e) == 0)
		return 0;
	if (e->code == ECHILD)
		last_words_print(cfg->name, log_from);
	return -1;
}

/* create and start: "verb" is for messages. */
static int launch(const struct invocation *inv, struct domain_config *cfg, const char *verb, bool dry)
{
	struct phases phases = { .begin_ns = clock_ns() };
	struct work work = { .step = NULL };
	struct domain_ctx ctx = { .stop = &stop_asked, .phases = &phases, .work = &work };
	struct socle_error err = { 0 };
	struct progress progress;
	struct plan plan;
	uint16_t domid = 0;
	char title[80];
	int r;

	if (flag_given(inv, "json") && flag_given(inv, "console"))
		return usage_error(inv->cmd, "'--json' and '--console' both want the output");
	if (flag_given(inv, "console") && !cfg->console)
		return usage_error(inv->cmd, "'%s' has no <console> to attach to", cfg->name);
	act_about(cfg->name);
	stop_catch();
	snprintf(title, sizeof(title), "%s '%.40s'", verb, cfg->name);
	progress_begin(&progress, title, &work);
	if (dry)
		r = domain_plan(&ctx, cfg, &plan, &err);
	else
		r = guest_launch(&ctx, cfg, inv->argv0, &domid, &err);
	progress_end(&progress);
	domain_ctx_close(&ctx);
	if (r)
		return report(verb, cfg->name, &err);
	if (flag_given(inv, "json"))
		made_json(cfg, dry ? NULL : &domid, &phases);
	else if (flag_given(inv, "timing"))
		timing_print(&phases);
	if (flag_given(inv, "console") && !dry)
		return console_attach(domid, cfg->name);
	return EXIT_OK;
}

static int create_one(const struct invocation *inv, const char *file)
{
	struct domain_config *cfg = description_read(file);
	int r;

	if (!cfg)
		return description_report("create a guest from", file);
	r = launch(inv, cfg, "create", flag_given(inv, "dry-run"));
	domain_config_free(cfg);
	return r;
}

/* --- several of one description ---------------------------------------------------------------- */

/* Where UUIDs of templates without one come from: a random number, and the template's name. */
static const uint8_t template_space[16] = { 0x6a, 0xd8, 0x1d, 0x2c, 0x4f, 0x0b, 0x4e, 0x53, 0x9c, 0x31, 0x7e, 0x55, 0x1f, 0x42,
					    0xb8, 0x9a };

/* Guest number n of a template: always the same name, UUID and addresses. */
static struct domain_config *copy_make(const struct domain_config *template, unsigned int n)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	char name[DOMAIN_NAME_MAX + 16], *text = NULL;
	struct identity id = { .name = name, .new_macs = true };
	struct domain_config *cfg = NULL;
	uint8_t base[16];
	size_t len = 0;

	snprintf(name, sizeof(name), "%s-%u", template->name, n);
	if (template->has_uuid)
		memcpy(base, template->uuid, sizeof(base));
	else
		uuid_derive(base, template_space, template->name);
	uuid_derive(id.uuid, base, name);
	if (diags)
		text = description_rewrite(template->text, template->text_len, &id, &len, diags);
	if (text)
		cfg = domain_config_parse(template->file, text, len, diags);
	if (diags && !cfg)
		diag_print(diags, template->file, stderr);
	if (diags)
		diag_clear(diags);
	free(diags);
	free(text);
	return cfg;
}

struct copy {
	const struct invocation *inv;
	const struct domain_config *template;
	unsigned int n;
};

static int copy_launch(void *arg)
{
	const struct copy *c = arg;
	struct domain_config *cfg = copy_make(c->template, c->n);
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	struct plan plan;
	uint16_t domid;
	int r = EXIT_CONFIG;

	if (cfg && flag_given(c->inv, "dry-run"))
		r = domain_plan(&ctx, cfg, &plan, &err);
	else if (cfg)
		r = guest_launch(&ctx, cfg, c->inv->argv0, &domid, &err);
	if (cfg && r)
		r = report("create", cfg->name, &err);
	domain_ctx_close(&ctx);
	domain_config_free(cfg);
	return r;
}

static int create_many(const struct invocation *inv, const char *file, unsigned int count)
{
	struct domain_config *template = description_read(file);
	struct crew crew = { .busy = 0 };
	struct work work = { .step = NULL };
	struct progress progress;
	char title[80];
	int tag, code;

	if (!template)
		return description_report("create guests from", file);
	act_about(template->name);
	stop_catch();
	snprintf(title, sizeof(title), "create '%.40s'", template->name);
	work_step(&work, NULL, WORK_GUESTS, count);
	progress_begin(&progress, title, &work);
	for (unsigned int n = 1; n <= count && !stop_asked; n++) {
		struct copy c = { inv, template, n };

		if (crew_is_full(&crew))
			crew_wait(&crew, &tag, &code);
		crew_start(&crew, (int)n, copy_launch, &c);
		work_done(&work, crew.done + crew.failed);
	}
	while (crew_wait(&crew, &tag, &code))
		work_done(&work, crew.done + crew.failed);
	progress_end(&progress);
	domain_config_free(template);
	if (crew.failed)
		warn_id("partial", "%u of %u guests are there", crew.done, count);
	return stop_asked ? EXIT_INTERRUPTED : crew_result(&crew);
}

int cmd_create(const struct invocation *inv)
{
	const char *file = flag_value(inv, "from");
	unsigned int count = 0;
	int r = flag_number(inv, "count", "", 1, COPIES_MAX, &count);

	if (r)
		return r;
	if (!count && file)
		return usage_error(inv->cmd, "'--from' goes with '--count'");
	if (file ? inv->nr_args > 0 : inv->nr_args == 0)
		return usage_error(inv->cmd, file ? "the description is given twice" : "'create' needs FILE");
	if (count && (flag_given(inv, "console") || flag_given(inv, "timing") || flag_given(inv, "json")))
		return usage_error(inv->cmd, "'--console', '--timing' and '--json' are for one guest");
	if (!file)
		file = inv->args[0];
	return count ? create_many(inv, file, count) : create_one(inv, file);
}

int cmd_start(const struct invocation *inv)
{
	struct socle_error err = { 0 };
	struct domain_config *cfg = definition_load(inv->args[0], &err);
	int r = cfg ? launch(inv, cfg, "start", false) : report("start", inv->args[0], &err);

	domain_config_free(cfg);
	return r;
}

int cmd_validate(const struct invocation *inv)
{
	bool json = flag_given(inv, "json");
	int r = EXIT_OK;
	struct json j;

	json_begin(&j, stdout);
	if (json)
		json_rows(&j, NULL);
	for (int i = 0; i < inv->nr_args; i++) {
		struct domain_config *cfg = config_read(inv->args[i], json ? &j : NULL);

		if (!cfg)
			r = EXIT_CONFIG;
		else if (!json)
			printf("%s: good (guest '%s')\n", inv->args[i], cfg->name);
		domain_config_free(cfg);
	}
	if (json)
		json_end(&j);
	return r;
}
