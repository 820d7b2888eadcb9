/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_debug.c
 *
 * socle debug: the hypervisor looked at from inside.  "keys" runs its debug keys, those that the
 * serial console has after Ctrl-A three times, and prints what they say.  They run beside everything
 * else and write into the log; a line of the log ends each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/codes.h"
#include "domain/context.h"
#include "libsocle/hvlog.h"
#include "socle/cmd.h"

#define KEYS_MAX  16u /* of one call to the hypervisor */
#define PREFIX    "(hv) "
#define STEP_MS   10u
#define SILENCE_S 20u /* without a line: nobody will write one any more */

/* The log as lines, and the keys that have not ended; they run in their order. */
struct dump {
	char line[1024];
	size_t len;
	const char *keys;
	bool unknown;
	bool audited;                 /* the audit has ended, with so many faults */
	unsigned long long faults;
};

static void line_end(struct dump *d)
{
	const char *s = d->line;

	d->line[d->len] = '\0';
	d->len = 0;
	if (strncmp(s, PREFIX, sizeof(PREFIX) - 1) == 0)
		s += sizeof(PREFIX) - 1;
	puts(s);
	/* "audit: N frames, ...: N faults" */
	if (strncmp(s, "audit: ", 7) == 0 && strstr(s, " faults"))
		d->audited = sscanf(strrchr(s, ':'), ": %llu faults", &d->faults) == 1;
	/* "key X: end", and "key X: there is none" */
	if (strncmp(s, "key ", 4) != 0)
		return;
	if (s[4] != *d->keys)
		return; /* one of those that '*' stands for */
	if (strncmp(s + 5, ": there is none", 15) == 0)
		d->unknown = true;
	else if (strcmp(s + 5, ": end") != 0)
		return;
	d->keys++;
}

static void dump_feed(struct dump *d, const char *p, size_t len)
{
	while (len-- && *d->keys) {
		if (*p == '\n')
			line_end(d);
		else if (d->len < sizeof(d->line) - 1)
			d->line[d->len++] = *p;
		p++;
	}
}

static int keys_press(struct socle_hv *hv, const char *keys, struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys };
	size_t len = strlen(keys);
	char *buf = socle_hbuf_alloc(hv, len);
	int r;

	if (!buf)
		return socle_fail_id(e, errno, "dom0-memory", "out of memory: %s", strerror(errno));
	memcpy(buf, keys, len);
	op.u.debug_keys.keys = (uintptr_t)buf;
	op.u.debug_keys.nr_keys = (uint32_t)len;
	r = socle_sysctl(hv, &op);
	socle_hbuf_free(hv, buf, len);
	if (r == -EBUSY)
		return socle_fail_id(e, DOMAIN_E_BUSY, "keys-wait", "too many keys wait in the hypervisor; try again");
	return r < 0 ? socle_refused(e, r, "the hypervisor refused") : 0;
}

/* Print the log until all keys have ended. */
static int dump_print(struct socle_hvlog *log, const char *keys, bool audit, struct socle_error *e)
{
	struct dump d = { .keys = keys };
	uint64_t since = clock_ns();

	stop_catch();
	while (*d.keys && !stop_asked) {
		int n = socle_hvlog_read(log, false);

		if (n < 0)
			return socle_refused(e, n, "the hypervisor refused");
		if (log->lost)
			warn_id("log-lost", "%u bytes of the log are lost", log->lost);
		dump_feed(&d, log->buf, (size_t)n);
		if (n) {
			since = clock_ns();
			continue;
		}
		if (clock_ns() - since > SILENCE_S * UINT64_C(1000000000))
			return socle_fail_id(e, ETIMEDOUT, "dump-stuck", "the hypervisor has not ended its dump, "
					  "and says nothing for %u s", SILENCE_S);
		sleep_ms(STEP_MS);
	}
	if (d.unknown)
		return socle_fail_id(e, EINVAL, "no-such-key", "there is no such key; 'h' lists them");
	if (audit && !d.audited)
		return socle_fail_id(e, EIO, "dump-stuck", "it did not come to its end");
	if (audit && d.faults)
		return socle_fail_id(e, EILSEQ, "audit-faults", "%llu faults: the hypervisor's books are wrong, which "
				  "is a defect of it", d.faults);
	return 0;
}

/* Skip what is in the log already. */
static int log_skip(struct socle_hvlog *log, struct socle_error *e)
{
	int n;

	while ((n = socle_hvlog_read(log, false)) > 0)
		;
	return n < 0 ? socle_refused(e, n, "the hypervisor refused") : 0;
}

static int keys_run(const char *keys, bool audit)
{
	const char *what = audit ? "audit" : "run debug keys";
	struct socle_error err = { 0 };
	struct socle_hvlog log = { .hv = NULL };
	struct socle_hv *hv = socle_hv_open(&err);
	int r;

	if (!hv)
		return report(what, audit ? "the frames" : keys, &err);
	r = socle_hvlog_open(&log, hv, &err) || log_skip(&log, &err) ||
	    keys_press(hv, keys, &err) || dump_print(&log, keys, audit, &err);
	socle_hvlog_close(&log);
	socle_hv_close(hv);
	return r ? report(what, audit ? "the frames" : keys, &err) : EXIT_OK;
}

int cmd_debug_keys(const struct invocation *inv)
{
	const char *keys = inv->args[0];

	if (!*keys || strlen(keys) > KEYS_MAX)
		return usage_error(inv->cmd, "'debug keys' takes 1 to %u keys; 'socle debug keys h' lists them", KEYS_MAX);
	for (const char *k = keys; *k; k++)
		if (*k <= ' ' || *k > '~')
			return usage_error(inv->cmd, "a key is a letter, a digit or a sign");
	return keys_run(keys, false);
}

int cmd_debug_audit(const struct invocation *inv)
{
	(void)inv;
	return keys_run("a", true);
}
