/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_nodes.c
 *
 * Nodes of a guest's devices in the real store daemon: added once, whatever the guest does to its own end, and removed whole.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/codes.h"
#include "domain/devices.h"
#include "domain/nodes.h"
#include "suite.h"

#define DOMID 7
#define FRONT "/local/domain/7/device/vbd/51712"

static char here[512], dir[] = "/tmp/socle-nodes-XXXXXX";
static struct domain_ctx ctx;
static pid_t stored;

static void begin(void)
{
	struct socle_error e = { 0 };
	char path[600], socket[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/../../dom0-tools/stored/stored", here);
	snprintf(socket, sizeof(socket), "%s/store", dir);
	setenv("SOCLE_STORE_SOCKET", socket, 1);
	stored = fork();
	if (stored == 0) {
		execl(path, "stored", "--no-domains", "--foreground", "--socket", socket, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && access(socket, F_OK); i++)
		usleep(20000);
	ctx.store = socle_store_open(&e);
	ck_assert_msg(ctx.store != NULL, "%s", e.text);
}

static void end(void)
{
	char cmd[64];

	socle_store_close(ctx.store);
	kill(stored, SIGKILL);
	waitpid(stored, NULL, 0);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
}

static bool is_there(const char *path)
{
	char *text = socle_store_read(ctx.store, 0, path, NULL);

	free(text);
	return text != NULL;
}

static int add(bool kernel, const char *image, struct socle_error *e)
{
	struct domain_disk d = { .target = "xvda", .kernel = kernel, .want = { .kind = VBD_FILE } };

	strcpy(d.want.path, image);
	return nodes_add_disk(&ctx, DOMID, &d, kernel ? "7:0" : NULL, e);
}

/* The guest owns its end: it may remove it, and the disk is still there. _i: with the kernel's backend. */
START_TEST(a_disk_is_there_until_it_is_removed)
{
	struct device_ref ref = { .cls = DEVICE_DISK, .devid = 51712, .kernel = _i };
	char path[KEYS_PATH_MAX + 16], back[KEYS_PATH_MAX], *image;
	struct socle_error e = { 0 };

	ck_assert_int_eq(add(_i, "/one", &e), 0);
	device_back_path(back, DOMID, &ref);
	ck_assert_int_eq(socle_store_rm(ctx.store, 0, FRONT "/backend"), 0);
	for (unsigned int kernel = 0; kernel < 2; kernel++) {
		ck_assert_int_eq(add(kernel, "/two", &e), -1);
		ck_assert_int_eq(e.code, DOMAIN_E_EXISTS);
	}
	ck_assert_int_eq(socle_store_rm(ctx.store, 0, FRONT), 0);
	ck_assert_int_eq(add(_i, "/two", &e), -1);
	snprintf(path, sizeof(path), "%s/config/path", back);
	image = socle_store_read(ctx.store, 0, path, NULL);
	ck_assert_str_eq(image, "/one");
	free(image);
	nodes_remove_device(&ctx, DOMID, &ref);
	ck_assert(!is_there(back) && !is_there(FRONT));
	ck_assert_int_eq(add(!_i, "/two", &e), 0);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("nodes");
	TCase *t = tcase_create("nodes");

	(void)argc;
	snprintf(here, sizeof(here), "%.*s", (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, a_disk_is_there_until_it_is_removed, 0, 2);
	return suite_run(s);
}
