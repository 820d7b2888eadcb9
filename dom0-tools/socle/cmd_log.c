/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_log.c
 *
 * socle dmesg, the hypervisor's log ring, and socle log, the files about one guest: what its
 * watcher saw and what its console printed.  The files outlive the guest, so only the form of the
 * name is checked, not whether such a guest runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config.h"
#include "domain/console.h"
#include "domain/names.h"
#include "socle/cmd.h"

#define CHUNK 16384u

int cmd_dmesg(const struct invocation *inv)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };
	struct socle_error err = { 0 };
	struct socle_hv *hv = socle_hv_open(&err);
	char *buf = hv ? socle_hbuf_alloc(hv, CHUNK) : NULL;
	int r = 0;

	if (!hv)
		return report("read the hypervisor's log", NULL, &err);
	if (!buf)
		r = socle_fail(&err, ENOMEM, "out of memory");
	/* Each read continues at the index that the last one returned; only the last may clear. */
	while (!r) {
		op.u.readconsole.incremental = 1;
		op.u.readconsole.clear = 0;
		op.u.readconsole.buffer = (uintptr_t)buf;
		op.u.readconsole.count = CHUNK;
		r = socle_sysctl(hv, &op);
		if (r < 0)
			r = socle_fail(&err, -r, "the hypervisor refused: %s", strerror(-r));
		else if (!op.u.readconsole.count)
			break;
		else
			fwrite(buf, 1,
			       op.u.readconsole.count < CHUNK ? op.u.readconsole.count : CHUNK,
			       stdout);
	}
	if (!r && inv->given[0]) {
		op.u.readconsole.clear = 1;
		op.u.readconsole.count = CHUNK;
		r = socle_sysctl(hv, &op);
		if (r < 0)
			r = socle_fail(&err, -r, "the hypervisor refused to clear: %s",
				       strerror(-r));
	}
	socle_hbuf_free(hv, buf, CHUNK);
	socle_hv_close(hv);
	return r ? report("read the hypervisor's log", NULL, &err) : EXIT_OK;
}

/* Copy a file to stdout; 0, or errno. */
static int file_show(const char *path)
{
	char buf[4096];
	size_t n;
	FILE *f = fopen(path, "re");
	int err = 0;

	if (!f)
		return errno;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
	if (ferror(f))
		err = EIO;
	fclose(f);
	return err;
}

int cmd_log(const struct invocation *inv)
{
	const char *name = inv->args[0];
	char events[256], console[256];
	struct socle_error err;
	int r, c = 0;

	if (strchr(name, '/') || name[0] == '.' || strlen(name) > DOMAIN_NAME_MAX)
		return usage_error(inv->cmd, "'%.80s' is not a guest's name", name);
	snprintf(events, sizeof(events), SOCLE_LOG_DIR "/%s.log", name);
	console_log_path(name, console, sizeof(console));
	r = file_show(events);
	if (!inv->given[0])
		c = file_show(console);
	if (r == ENOENT && (inv->given[0] || c == ENOENT)) {
		socle_fail(&err, ESRCH, "there is neither '%s' nor a console log", events);
		return report("show the log of", name, &err);
	}
	if ((r && r != ENOENT) || (c && c != ENOENT)) {
		socle_fail(&err, r ? r : c, "%s", strerror(r ? r : c));
		return report("show the log of", name, &err);
	}
	return EXIT_OK;
}
