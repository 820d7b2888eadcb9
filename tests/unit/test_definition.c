/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_definition.c
 *
 * Definitions of guests: what is filled in, what is refused, that a reader never sees half of one; and what stands beside them
 * about starting with the host.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/autostart.h"
#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/rename.h"
#include "domain/rewrite.h"
#include "suite.h"

static char dir[80];
static struct socle_error err;

static void setup(void)
{
	char base[64] = "/tmp/test_definition.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(dir, sizeof(dir), "%s/guests", base);
	setenv("SOCLE_GUESTS", dir, 1);
	err = (struct socle_error){ 0 };
}

static void teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -r %.*s", (int)(strrchr(dir, '/') - dir), dir);
	ck_assert_int_eq(system(cmd), 0);
}

static struct domain_config *parse(const char *text)
{
	static struct diag_list diags;
	struct domain_config *cfg = domain_config_parse("test.xml", text, strlen(text), &diags);

	ck_assert_msg(cfg != NULL, "%s", diags.kept ? diags.item[0].text : "?");
	return cfg;
}

#define BODY "<memory unit='MiB'>16</memory><os><type>linux</type><kernel>/k</kernel></os>"
#define UUID_1 "c7a5fdb2-cdaf-9455-926a-d65c16db1809"
#define UUID_2 "d7a5fdb2-cdaf-9455-926a-d65c16db1809"

static int define(const char *text)
{
	struct domain_config *cfg = parse(text);
	int lock = definition_lock(&err), r = definition_put(cfg, NULL, &err);

	close(lock);
	domain_config_free(cfg);
	return r;
}

static struct domain_config *load(const char *name)
{
	struct domain_config *cfg = definition_load(name, &err);

	ck_assert_msg(cfg != NULL, "%s", err.text);
	return cfg;
}

START_TEST(what_is_missing_is_filled_in)
{
	static const char text[] = "<domain type='xen'>\n  <!-- ours -->\n  <name>web</name>\n  " BODY "\n  <devices>\n"
				   "    <interface type='bridge'>\n      <source bridge='br0'/>\n    </interface>\n"
				   "    <interface type='ethernet'/>\n"
				   "    <interface type='bridge'><mac address='00:16:3e:01:02:03'/><source bridge='br1'/></interface>\n"
				   "  </devices>\n</domain>\n";
	struct domain_config *cfg, *again;
	uint8_t mac[6];

	ck_assert_int_eq(define(text), 0);
	cfg = load("web");
	ck_assert(cfg->has_uuid);
	for (unsigned int i = 0; i < 2; i++) {
		vif_mac_make(cfg->uuid, i, mac);
		ck_assert(cfg->card[i].has_mac);
		ck_assert_mem_eq(cfg->card[i].want.mac, mac, 6);
	}
	ck_assert_mem_eq(cfg->card[2].want.mac, "\x00\x16\x3e\x01\x02\x03", 6);
	ck_assert_ptr_nonnull(strstr(cfg->text, "<!-- ours -->"));
	ck_assert_ptr_nonnull(strstr(cfg->text, "</name>\n  <uuid>")); /* on a line of its own, as its neighbour */
	ck_assert_ptr_nonnull(strstr(cfg->text, "<source bridge=\"br0\"/>\n      <mac address="));
	/* The same without UUID is the same guest. */
	ck_assert_int_eq(define(text), 0);
	again = load("web");
	ck_assert_mem_eq(again->uuid, cfg->uuid, 16);
	ck_assert_str_eq(again->text, cfg->text);
	domain_config_free(cfg);
	domain_config_free(again);
}
END_TEST

START_TEST(nobody_twice)
{
	struct domain_config *cfg;

	ck_assert_int_eq(define("<domain type='xen'><name>a</name><uuid>" UUID_1 "</uuid>" BODY "</domain>"), 0);
	ck_assert_int_eq(define("<domain type='xen'><name>a</name><uuid>" UUID_2 "</uuid>" BODY "</domain>"), -1);
	ck_assert_int_eq(err.code, DOMAIN_E_EXISTS);
	ck_assert_ptr_nonnull(strstr(err.text, UUID_1));
	ck_assert_int_eq(define("<domain type='xen'><name>b</name><uuid>" UUID_1 "</uuid>" BODY "</domain>"), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "that of the definition of 'a'"));
	ck_assert(!definition_exists("b"));
	ck_assert_int_eq(define("<domain type='xen'><name>b</name><uuid>" UUID_2 "</uuid>" BODY "</domain>"), 0);
	cfg = load("b");
	domain_config_free(cfg);
	ck_assert_int_eq(definition_rename("a", "b", &err), -1);
	ck_assert_int_eq(err.code, DOMAIN_E_EXISTS);
	ck_assert_int_eq(definition_remove("c", &err), -1);
	ck_assert_int_eq(err.code, DOMAIN_E_NOT_FOUND);
	ck_assert_ptr_null(definition_load("../../etc/passwd", &err));
	ck_assert_ptr_null(definition_load("", &err));
}
END_TEST

START_TEST(a_guest_that_runs_keeps_its_uuid)
{
	static const uint8_t running[16] = { 7 };
	struct domain_config *cfg = parse("<domain type='xen'><name>a</name>" BODY "</domain>");
	int lock = definition_lock(&err);

	ck_assert_int_eq(definition_put(cfg, running, &err), 0);
	domain_config_free(cfg);
	close(lock);
	cfg = load("a");
	ck_assert_mem_eq(cfg->uuid, running, 16);
	domain_config_free(cfg);
}
END_TEST

START_TEST(another_name)
{
	struct domain_config *cfg;
	struct start_item s = { .name = "a", .order = 7 }, b = { .name = "b", .nr_after = 1, .after = { "a" } }, *all;
	size_t nr;

	ck_assert_int_eq(define("<domain type='xen'><name> a\n</name><uuid>" UUID_1 "</uuid>" BODY "</domain>"), 0);
	ck_assert_int_eq(define("<domain type='xen'><name>b</name>" BODY "</domain>"), 0);
	ck_assert_int_eq(autostart_put(&s, &err), 0);
	ck_assert_int_eq(autostart_put(&b, &err), 0);
	/* One that was cut off after its first step is completed by the next. */
	ck_assert_int_eq(definition_copy("a", "c", &err), 0);
	ck_assert(definition_exists("a") && definition_exists("c"));
	ck_assert_int_eq(definition_rename("a", "c", &err), 0);
	ck_assert(!definition_exists("a") && !autostart_is("a"));
	cfg = load("c");
	ck_assert_str_eq(cfg->name, "c");
	domain_config_free(cfg);
	ck_assert_int_eq(autostart_load(&all, &nr, &err), 0);
	ck_assert_uint_eq(nr, 2);
	for (size_t i = 0; i < nr; i++)
		ck_assert(strcmp(all[i].name, "c") == 0 ? all[i].order == 7 : strcmp(all[i].after[0], "c") == 0);
	free(all);
}
END_TEST

START_TEST(starting_with_the_host)
{
	struct start_item a = { .name = "a" }, b = { .name = "b", .nr_after = 1, .after = { "a" } };

	ck_assert_int_eq(define("<domain type='xen'><name>a</name>" BODY "</domain>"), 0);
	ck_assert_int_eq(define("<domain type='xen'><name>b</name>" BODY "</domain>"), 0);
	ck_assert_int_eq(autostart_put(&b, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "'a' does not start with the host"));
	ck_assert_int_eq(autostart_put(&a, &err), 0);
	ck_assert_int_eq(autostart_put(&b, &err), 0);
	a.nr_after = 1;
	strcpy(a.after[0], "b");
	ck_assert_int_eq(autostart_put(&a, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "after itself"));
	strcpy(a.after[0], "nobody");
	ck_assert_int_eq(autostart_put(&a, &err), -1);
	ck_assert_int_eq(err.code, DOMAIN_E_NOT_FOUND);
	ck_assert_int_eq(autostart_drop("a", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "'b' starts after it"));
	ck_assert_int_eq(autostart_drop("b", &err), 0);
	ck_assert_int_eq(autostart_drop("a", &err), 0);
	ck_assert(!autostart_is("a"));
}
END_TEST

/* Whoever reads while others write has a whole one, and one who is killed in between leaves the one before. */
START_TEST(never_half_of_one)
{
	pid_t pid[3];
	int status;

	ck_assert_int_eq(define("<domain type='xen'><name>a</name><uuid>" UUID_1 "</uuid>" BODY "</domain>"), 0);
	for (unsigned int i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		for (unsigned int k = 0; k < 100; k++)
			if (i ? define("<domain type='xen'><name>a</name>" BODY "</domain>")
			      : define("<domain type='xen'><name>a</name><!-- long long long long long -->" BODY "</domain>"))
				_exit(1);
		_exit(0);
	}
	for (unsigned int k = 0; k < 300; k++)
		domain_config_free(load("a"));
	for (unsigned int i = 0; i < 3; i++) {
		waitpid(pid[i], &status, 0);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

START_TEST(a_copy_is_another_guest)
{
	static const char text[] = "<domain type='xen'><name>t</name><uuid>" UUID_1 "</uuid>" BODY
				   "<devices><interface type='ethernet'><mac address='00:16:3e:01:02:03'/></interface></devices></domain>";
	struct identity id = { .name = "t-1", .uuid = { 9 }, .new_macs = true };
	static struct diag_list diags;
	struct domain_config *cfg;
	size_t len;
	char *out = description_rewrite(text, strlen(text), &id, &len, &diags);
	uint8_t mac[6];

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(strlen(out), len);
	cfg = parse(out);
	ck_assert_str_eq(cfg->name, "t-1");
	ck_assert_mem_eq(cfg->uuid, id.uuid, 16);
	vif_mac_make(id.uuid, 0, mac);
	ck_assert_mem_eq(cfg->card[0].want.mac, mac, 6);
	domain_config_free(cfg);
	free(out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("definition");
	TCase *t = tcase_create("definition");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_missing_is_filled_in);
	tcase_add_test(t, nobody_twice);
	tcase_add_test(t, a_guest_that_runs_keeps_its_uuid);
	tcase_add_test(t, another_name);
	tcase_add_test(t, starting_with_the_host);
	tcase_add_test(t, never_half_of_one);
	tcase_add_test(t, a_copy_is_another_guest);
	suite_add_tcase(s, t);
	return suite_run(s);
}
