/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a command line, read along a small table: commands, groups, flags, arguments, and what misuses say. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socle/cmd.h"
#include "suite.h"

static int run_nothing(const struct invocation *inv)
{
	(void)inv;
	return EXIT_OK;
}

const struct command commands[] = {
	{ .name = "list", .run = run_nothing, .help = "h", .flags = { { .letter = 'j', .name = "json", .help = "h" } } },
	{ .name = "limit", .run = run_nothing, .help = "h",
	  .arg = { { .name = "NAME" }, { .name = "SIZE", .optional = true } },
	  .flags = { { .letter = 's', .name = "size", .value_name = "N", .help = "h" }, { .name = "force", .help = "h" } } },
	{ .name = "disk", .help = "h" },
	{ .name = "disk list", .run = run_nothing, .help = "h" },
	{ .name = "disk attach", .run = run_nothing, .help = "h", .arg = { { .name = "NAME" }, { .name = "FILE", .many = true } } },
	{ .name = "disk secret", .run = run_nothing, .help = "h", .hidden = true },
	{ .name = "secret", .run = run_nothing, .help = "h", .hidden = true },
};

const unsigned int nr_commands = sizeof(commands) / sizeof(commands[0]);

/* What stderr got since catch(). */
static char said[4096];
static int saved_stderr, caught;

static void catch(void)
{
	char name[] = "/tmp/test_command-XXXXXX";

	fflush(stderr);
	caught = mkstemp(name);
	ck_assert_int_ge(caught, 0);
	unlink(name);
	saved_stderr = dup(STDERR_FILENO);
	dup2(caught, STDERR_FILENO);
}

static const char *caught_text(void)
{
	ssize_t n;

	fflush(stderr);
	n = pread(caught, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(caught);
	return said;
}

/* Words of one line, separated by single blanks. */
static int split(char *line, char *words[16])
{
	int n = 0;

	for (char *w = strtok(line, " "); w && n < 16; w = strtok(NULL, " "))
		words[n++] = w;
	return n;
}

static const char *found(const char *text, int *used)
{
	char line[128], *words[16];
	const struct command *cmd;
	int unused;

	strcpy(line, text);
	catch();
	cmd = command_find(split(line, words), words, used ? used : &unused);
	caught_text();
	return cmd ? cmd->name : NULL;
}

START_TEST(test_commands_are_found)
{
	int used;

	ck_assert_str_eq(found("list", &used), "list");
	ck_assert_int_eq(used, 1);
	ck_assert_str_eq(found("disk attach web", &used), "disk attach");
	ck_assert_int_eq(used, 2);
	ck_assert_str_eq(found("d a web", &used), "disk attach");
	ck_assert_str_eq(found("lis web", NULL), "list");
	/* A group is found when nothing, or a flag, follows. */
	ck_assert_str_eq(found("disk", &used), "disk");
	ck_assert_int_eq(used, 1);
	ck_assert_str_eq(found("disk --help", &used), "disk");
	/* "disk list" does not count outside the group. */
	ck_assert_str_eq(found("list disk", &used), "list");
}
END_TEST

START_TEST(test_commands_that_are_none)
{
	const struct { const char *line, *says; } t[] = {
		{ "lst", "there is no command 'lst'; did you mean 'list'?" },
		{ "li", "'li' can mean list, limit" },
		{ "painting", "there is no command 'painting' [usage]\n" },
		{ "disk lst", "there is no 'disk lst'; did you mean 'list'?" },
		{ "disk paint", "there is no 'disk paint'; there are list, attach [usage]\n" },
		{ "attach", "there is no command 'attach'" },
		{ "disk secre", "there is no 'disk secre'" },
		{ "secre", "there is no command 'secre'" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_assert_ptr_null(found(t[i].line, NULL));
		ck_assert_msg(strstr(said, t[i].says) != NULL, "'%s' says: %s", t[i].line, said);
	}
	ck_assert_str_eq(found("disk secret", NULL), "disk secret");
	ck_assert_str_eq(found("secret", NULL), "secret");
}
END_TEST

static struct invocation inv;
static char line[256], *words[16];

static int parse(const struct command *cmd, const char *text)
{
	int r;

	inv = (struct invocation){ .cmd = cmd };
	strcpy(line, text);
	catch();
	r = arguments_read(&inv, split(line, words), words);
	caught_text();
	return r;
}

START_TEST(test_flags_and_arguments)
{
	const struct command *limit = &commands[1];

	ck_assert_int_eq(parse(limit, "web --size=5 --force"), EXIT_OK);
	ck_assert_int_eq(inv.nr_args, 1);
	ck_assert_str_eq(arg_at(&inv, 0), "web");
	ck_assert_ptr_null(arg_at(&inv, 1));
	ck_assert(flag_given(&inv, "force"));
	ck_assert_str_eq(flag_value(&inv, "size"), "5");
	ck_assert_int_eq(parse(limit, "-s 7 web x"), EXIT_OK);
	ck_assert_str_eq(flag_value(&inv, "size"), "7");
	ck_assert(!flag_given(&inv, "force"));
	ck_assert_str_eq(arg_at(&inv, 1), "x");
	/* The value of a flag may look like a flag; after "--" nothing is one; "-" never is. */
	ck_assert_int_eq(parse(limit, "--size --force web"), EXIT_OK);
	ck_assert_str_eq(flag_value(&inv, "size"), "--force");
	ck_assert_int_eq(parse(limit, "-- --force -"), EXIT_OK);
	ck_assert(!flag_given(&inv, "force"));
	ck_assert_str_eq(arg_at(&inv, 0), "--force");
	ck_assert_str_eq(arg_at(&inv, 1), "-");
	ck_assert_int_eq(parse(limit, "--size= web"), EXIT_OK);
	ck_assert_str_eq(flag_value(&inv, "size"), "");
}
END_TEST

START_TEST(test_misuses)
{
	const struct { unsigned int cmd; const char *line, *says; } t[] = {
		{ 1, "", "'limit' needs NAME [SIZE]" },
		{ 1, "a b c", "'limit' has no use for 'c'" },
		{ 1, "--sise=1 a", "'limit' has no flag '--sise=1'; did you mean '--size'?" },
		{ 1, "-z a", "'limit' has no flag '-z' [usage]\n" },
		{ 1, "-sx a", "'limit' has no flag '-sx' [usage]\n" },
		{ 1, "--force=1 a", "'--force' takes no value" },
		{ 1, "a --size", "'--size' needs a value" },
		{ 4, "web", "'disk attach' needs NAME FILE..." },
		{ 0, "web", "'list' has no use for 'web'" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_assert_int_eq(parse(&commands[t[i].cmd], t[i].line), EXIT_USAGE);
		ck_assert_msg(strstr(said, t[i].says) != NULL, "'%s' says: %s", t[i].line, said);
		ck_assert_msg(strstr(said, "usage: socle ") != NULL, "'%s' says: %s", t[i].line, said);
	}
	ck_assert_int_eq(parse(&commands[4], "web a b c d e f"), EXIT_OK);
	ck_assert_int_eq(inv.nr_args, 7);
}
END_TEST

START_TEST(test_numbers)
{
	static const char *const bad[] = { "0", "11", "-3", "+3", " 3", "3x", "", "99999999999999999999", "0x3" };
	char text[64];
	unsigned int n = 77;

	ck_assert_int_eq(parse(&commands[1], "web"), EXIT_OK);
	ck_assert_int_eq(flag_number(&inv, "size", "", 1, 10, &n), EXIT_OK);
	ck_assert_uint_eq(n, 77);
	ck_assert_int_eq(parse(&commands[1], "web --size 10"), EXIT_OK);
	ck_assert_int_eq(flag_number(&inv, "size", "", 1, 10, &n), EXIT_OK);
	ck_assert_uint_eq(n, 10);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "web --size=%s", bad[i]);
		ck_assert_int_eq(parse(&commands[1], text), EXIT_OK);
		inv.value[0] = bad[i];
		catch();
		ck_assert_int_eq(flag_number(&inv, "size", "parts", 1, 10, &n), EXIT_USAGE);
		ck_assert_ptr_nonnull(strstr(caught_text(), "'--size' takes 1 to 10 parts, not '"));
		ck_assert_uint_eq(n, 10);
	}
}
END_TEST

START_TEST(test_unknown_flag_name_is_our_defect)
{
	parse(&commands[0], "");
	flag_given(&inv, "size"); /* aborts */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("command");
	TCase *tc = tcase_create("command");

	tcase_add_test(tc, test_commands_are_found);
	tcase_add_test(tc, test_commands_that_are_none);
	tcase_add_test(tc, test_flags_and_arguments);
	tcase_add_test(tc, test_misuses);
	tcase_add_test(tc, test_numbers);
	tcase_add_test_raise_signal(tc, test_unknown_flag_name_is_our_defect, SIGABRT);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
