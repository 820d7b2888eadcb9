/* SPDX-License-Identifier: BSD-2-Clause */
/* The real table of commands keeps the rules that its readers rely on. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "socle/act.h"
#include "socle/cmd.h"
#include "suite.h"

static const struct command *entry(const char *name, size_t len)
{
	for (unsigned int i = 0; i < nr_commands; i++)
		if (strlen(commands[i].name) == len && strncmp(commands[i].name, name, len) == 0)
			return &commands[i];
	return NULL;
}

START_TEST(test_names)
{
	const struct command *c = &commands[_i];
	const char *space = strrchr(c->name, ' ');

	ck_assert_ptr_eq(entry(c->name, strlen(c->name)), c); /* once only */
	ck_assert_msg(c->help && *c->help && strchr(c->help, '\n') == NULL, "%s", c->name);
	ck_assert_msg(strspn(c->name, "abcdefghijklmnopqrstuvwxyz- _") == strlen(c->name), "%s", c->name);
	if (space) {
		const struct command *group = entry(c->name, (size_t)(space - c->name));

		ck_assert_msg(group && !group->run && group < c, "'%s' stands in no group above it", c->name);
	}
}
END_TEST

START_TEST(test_groups_have_actions)
{
	const struct command *c = &commands[_i];
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_commands; i++)
		n += command_word(&commands[i], c) != NULL;
	if (c->run)
		ck_assert_uint_eq(n, 0);
	else
		ck_assert_uint_gt(n, 1);
	if (!c->run)
		ck_assert(!c->flags[0].name && !c->arg[0].name);
}
END_TEST

START_TEST(test_flags)
{
	const struct command *c = &commands[_i];
	unsigned int n = 0;

	while (n < FLAGS_MAX && c->flags[n].name)
		n++;
	for (unsigned int i = 0; i < FLAGS_MAX; i++) {
		const struct flag *f = &c->flags[i];

		ck_assert_msg(i < n || !f->name, "%s: a hole among its flags", c->name);
		if (!f->name)
			continue;
		ck_assert_msg(f->help && *f->help, "%s --%s", c->name, f->name);
		ck_assert_msg(strspn(f->name, "abcdefghijklmnopqrstuvwxyz-") == strlen(f->name) && f->name[0] != '-',
			      "%s --%s", c->name, f->name);
		ck_assert_msg(strcmp(f->name, "help") != 0 && f->letter != 'h', "%s: help is everybody's", c->name);
		ck_assert_msg(!f->words || f->value_name, "%s --%s has words but no value", c->name, f->name);
		for (unsigned int j = 0; j < i; j++) {
			ck_assert_msg(strcmp(f->name, c->flags[j].name) != 0, "%s --%s twice", c->name, f->name);
			ck_assert_msg(!f->letter || f->letter != c->flags[j].letter, "%s -%c twice", c->name, f->letter);
		}
	}
}
END_TEST

START_TEST(test_arguments)
{
	const struct command *c = &commands[_i];

	for (unsigned int i = 1; i < ARGS_MAX; i++) {
		if (!c->arg[i].name)
			continue;
		ck_assert_msg(c->arg[i - 1].name, "%s: a hole among its arguments", c->name);
		ck_assert_msg(!c->arg[i - 1].many, "%s: more after 'many'", c->name);
		ck_assert_msg(c->arg[i].optional || !c->arg[i - 1].optional, "%s: a must after a may", c->name);
	}
}
END_TEST

/* What is recorded as an act, and what is not. */
static const struct { const char *line; bool act; } acts[] = {
	{ "list", false }, { "create x", true }, { "create -n x", false }, { "create --dry-run --count 2 x", false }, { "destroy x", true },
	{ "autostart", false }, { "autostart x", true }, { "autostart --run", true }, { "sched x", false }, { "sched --weight=5 x", true },
	{ "sched --ratelimit 5", true }, { "dmesg -f", false }, { "dmesg -c", true }, { "disk list", false }, { "disk attach a b c", true },
	{ "net dump x", true }, { "events", false }, { "log x", false }, { "debug keys h", true }, { "validate x", false },
	{ "plan x", false }, { "diff x y", false }, { "apply x y", true }, { "wait x", false }, { "healthy", false }, { "console x", true },
};

START_TEST(test_acts)
{
	char line[64], *words[8];
	struct invocation inv = { .nr_args = 0 };
	int nr = 0, used;

	strcpy(line, acts[_i].line);
	for (char *w = strtok(line, " "); w; w = strtok(NULL, " "))
		words[nr++] = w;
	inv.cmd = command_find(nr, words, &used);
	ck_assert_int_eq(arguments_read(&inv, nr - used, words + used), EXIT_OK);
	ck_assert_msg(act_is(&inv) == acts[_i].act, "%s", acts[_i].line);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmdtab");
	TCase *tc = tcase_create("cmdtab");

	tcase_add_loop_test(tc, test_names, 0, (int)nr_commands);
	tcase_add_loop_test(tc, test_groups_have_actions, 0, (int)nr_commands);
	tcase_add_loop_test(tc, test_flags, 0, (int)nr_commands);
	tcase_add_loop_test(tc, test_arguments, 0, (int)nr_commands);
	tcase_add_loop_test(tc, test_acts, 0, (int)(sizeof(acts) / sizeof(acts[0])));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
