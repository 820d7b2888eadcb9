/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_metrics.c
 *
 * socle metrics: counters for Prometheus, to standard output or to a file for node_exporter's textfile collector, which reads a
 * file at any moment: it is written beside its place and renamed over the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/metrics.h"
#include "domain/roster.h"
#include "socle/cmd.h"

static int file_write(const struct metrics *m, const char *path, struct socle_error *e)
{
	char beside[4096];
	bool bad = true;
	FILE *f;
	int fd;

	if (snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid()) >= (int)sizeof(beside))
		return socle_fail_id(e, ENAMETOOLONG, "cannot-write", "cannot write '%.80s...': the path is too long", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f) {
		metrics_write(m, f);
		bad = fflush(f) || ferror(f) || fsync(fd);
		bad |= fclose(f) != 0;
	}
	if (!bad && rename(beside, path) == 0)
		return 0;
	socle_fail_id(e, errno, "cannot-write", "cannot write '%s': %s", path, strerror(errno));
	if (fd >= 0)
		unlink(beside);
	return -1;
}

int cmd_metrics(const struct invocation *inv)
{
	const char *path = flag_value(inv, "textfile");
	struct domain_ctx ctx = { .hv = NULL };
	struct metrics m = { .cpus = 0 };
	struct socle_error err = { 0 };
	int r = -1;

	ctx.hv = socle_hv_open(&err);
	if (ctx.hv) {
		ctx.store = socle_store_open(NULL); /* names and devices; without it the rest is true still */
		r = metrics_read(&m, &ctx, domain_state_word, &err);
	}
	if (!r && path)
		r = file_write(&m, path, &err);
	else if (!r)
		metrics_write(&m, stdout);
	metrics_free(&m);
	domain_ctx_close(&ctx);
	return r ? report("gather the metrics", NULL, &err) : EXIT_OK;
}
