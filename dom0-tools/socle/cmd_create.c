/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_create.c
 *
 * socle create and socle validate: from a description to a running guest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/console.h"
#include "domain/launch.h"
#include "domain/life.h"
#include "socle/cmd.h"
#include "socle/json.h"
#include "socle/progress.h"

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

/* Make and start a guest.  One that dies at birth leaves its last lines on the terminal. */
static int guest_launch(struct domain_ctx *ctx, struct domain_config *cfg, char *argv0,
			uint16_t *domid, struct socle_error *e)
{
	long log_from = console_log_size(cfg->name);

	if (domain_launch(ctx, cfg, argv0, domid, e) == 0)
		return 0;
	if (e->code == ECHILD)
		last_words_print(cfg->name, log_from);
	return -1;
}

static int create(const struct invocation *inv, struct domain_config *cfg)
{
	struct phases phases = { .begin_ns = clock_ns() };
	struct work work = { .step = NULL };
	struct domain_ctx ctx = { .stop = &stop_asked, .phases = &phases, .work = &work };
	struct socle_error err = { 0 };
	struct progress progress;
	uint16_t domid = 0;
	char title[80];
	int r;

	stop_catch();
	snprintf(title, sizeof(title), "create '%.40s'", cfg->name);
	progress_begin(&progress, title, &work);
	if (flag_given(inv, "dry-run"))
		r = domain_precheck(&ctx, cfg, &err);
	else
		r = guest_launch(&ctx, cfg, inv->argv0, &domid, &err);
	progress_end(&progress);
	domain_ctx_close(&ctx);
	if (r)
		return report("create", cfg->name, &err);
	if (flag_given(inv, "json"))
		made_json(cfg, flag_given(inv, "dry-run") ? NULL : &domid, &phases);
	else if (flag_given(inv, "timing"))
		timing_print(&phases);
	if (flag_given(inv, "console") && !flag_given(inv, "dry-run"))
		return console_attach(domid, cfg->name);
	return EXIT_OK;
}

int cmd_create(const struct invocation *inv)
{
	struct socle_error err = { 0 };
	struct domain_config *cfg;
	int r;

	if (flag_given(inv, "json") && flag_given(inv, "console"))
		return usage_error(inv->cmd, "'--json' and '--console' both want the output");
	cfg = config_read(inv->args[0], NULL);
	if (!cfg) {
		socle_fail_id(&err, DOMAIN_E_CONFIG, "bad-description", "the description has errors");
		return report("create a guest from", inv->args[0], &err);
	}
	if (flag_given(inv, "console") && !cfg->console)
		r = usage_error(inv->cmd, "'%s' has no <console> to attach to", cfg->name);
	else
		r = create(inv, cfg);
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
