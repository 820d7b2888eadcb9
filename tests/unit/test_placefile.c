/* SPDX-License-Identifier: BSD-2-Clause */
/* A file gets its name (dom0-tools/domain/placefile.c), on file systems that lack the one way to do it or the other. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/placefile.h"
#include "suite.h"

static char dir[64], beside[96], path[96];
static int no_rename, no_link; /* what they fail with, as on NFS and on FAT */

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	errno = no_rename;
	return no_rename ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_link(const char *from, const char *to)
{
	errno = no_link;
	return no_link ? -1 : __real_link(from, to);
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void check(const char *file, const char *want)
{
	char text[16] = "";
	FILE *f = fopen(file, "re");

	ck_assert_int_eq(f != NULL, want != NULL);
	if (!f)
		return;
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	fclose(f);
	ck_assert_str_eq(text, want);
}

static void begin(void)
{
	strcpy(dir, "/tmp/socle-place-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(beside, sizeof(beside), "%s/beside", dir);
	snprintf(path, sizeof(path), "%s/path", dir);
	put(beside, "new");
	no_rename = no_link = 0;
}

static void end(void)
{
	unlink(beside);
	unlink(path);
	rmdir(dir);
}

static const struct { int no_rename, no_link; } disks[] = { { 0, 0 }, { 0, EPERM }, { EINVAL, 0 }, { ENOSYS, 0 } };

START_TEST(it_has_the_name)
{
	no_rename = disks[_i].no_rename;
	no_link = disks[_i].no_link;
	ck_assert_int_eq(file_place(beside, path), 0);
	check(beside, NULL);
	check(path, "new");
}
END_TEST

START_TEST(who_has_the_name_keeps_it)
{
	put(path, "old");
	no_rename = disks[_i].no_rename;
	no_link = disks[_i].no_link;
	ck_assert_int_eq(file_place(beside, path), -EEXIST);
	check(beside, "new");
	check(path, "old");
}
END_TEST

START_TEST(neither_way_is_an_error)
{
	no_rename = EINVAL;
	no_link = EPERM;
	ck_assert_int_eq(file_place(beside, path), -EPERM);
	check(beside, "new");
	check(path, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("placefile");
	TCase *t = tcase_create("placefile");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, it_has_the_name, 0, sizeof(disks) / sizeof(disks[0]));
	tcase_add_loop_test(t, who_has_the_name_keeps_it, 0, sizeof(disks) / sizeof(disks[0]));
	tcase_add_test(t, neither_way_is_an_error);
	suite_add_tcase(s, t);
	return suite_run(s);
}
