/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/req_control.c
 *
 * CONTROL: what an administrator asks the daemon itself. One table of commands, from which the
 * answer to `help` is made as well; each command writes its answer as text.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stored/request.h"

static int ctl_help(struct request *r, char *text, size_t size);

static int ctl_check(struct request *r, char *text, size_t size)
{
	store_check(r->store, text, size);
	return 0;
}

static int quota_of_domain(struct request *r, const char *arg, char *text, size_t size)
{
	const struct conn *c;
	uint64_t domid;

	if (!wire_number(arg, PERM_DOMID_END - 1, &domid))
		return -EINVAL;
	for (c = r->store->conns; c && c->who.domid != domid; c = c->next)
		;
	snprintf(text, size, "nodes %u\nwatches %u\ntransactions %u\nevents-waiting %u\n",
		 r->store->quota.nodes[domid], c ? c->n_watches : 0, c ? c->n_txns : 0,
		 c ? c->events : 0);
	return 0;
}

#define USE_LINE_MAX 64

/* A line for each domain from this id on that has anything here, as many as there is room for. */
static int quota_use(struct request *r, char *text, size_t size)
{
	uint64_t from;
	size_t len = 0;

	if (!wire_args_number(&r->args, PERM_DOMID_END, &from))
		return -EINVAL;
	text[0] = '\0';
	for (uint16_t d = (uint16_t)from; d < PERM_DOMID_END && size - len > USE_LINE_MAX; d++) {
		uint32_t nodes = r->store->quota.nodes[d];
		const struct domain *dom = nodes ? domain_find(r->store, d) : NULL;
		const struct conn *c = dom ? dom->conn : NULL;

		if (nodes)
			len += (size_t)snprintf(text + len, size - len, "%u %u %u %u %u\n", d, nodes, c ? c->n_watches : 0,
						c ? c->n_txns : 0, c ? c->events : 0);
	}
	return 0;
}

static int ctl_quota(struct request *r, char *text, size_t size)
{
	const char *arg = wire_args_next(&r->args), *name;
	size_t len = 0;
	uint64_t limit;

	if (arg && !strcmp(arg, "use"))
		return quota_use(r, text, size);
	if (arg && strcmp(arg, "set"))
		return quota_of_domain(r, arg, text, size);
	if (arg) {
		name = wire_args_next(&r->args);
		if (!name || !wire_args_number(&r->args, UINT32_MAX, &limit) ||
		    !quota_set(&r->store->quota, name, (uint32_t)limit))
			return -EINVAL;
		journal_add(r->store->journal, &(struct journal_entry){ .kind = JOURNAL_QUOTA, .path = name,
									.id = (uint32_t)limit });
		snprintf(text, size, "OK");
		return 0;
	}
	for (unsigned i = 0; i < QUOTA_KINDS; i++)
		len += (size_t)snprintf(text + len, size - len, "%s %u\n",
					quota_name((enum quota_kind)i), r->store->quota.limit[i]);
	return 0;
}

static int ctl_domains(struct request *r, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (const struct domain *d = r->store->domains; d && len < size; d = d->next)
		len += (size_t)snprintf(text + len, size - len, "%u port %u%s\n", d->domid,
					d->port, d->shutdown ? " shutdown" : "");
	return 0;
}

static int ctl_committed(struct request *r, char *text, size_t size)
{
	uint64_t id;

	if (!wire_args_number(&r->args, UINT32_MAX, &id))
		return -EINVAL;
	snprintf(text, size, "%s", store_has_committed(r->store, (uint32_t)id) ? "T" : "F");
	return 0;
}

static int ctl_journal(struct request *r, char *text, size_t size)
{
	const struct journal *j = r->store->journal;

	if (j)
		snprintf(text, size, "restarts %llu\nrecords %llu\nbytes %llu\n",
			 (unsigned long long)r->store->generation, (unsigned long long)j->records,
			 (unsigned long long)j->bytes);
	else
		snprintf(text, size, "none: the state ends with the daemon\n");
	return 0;
}

static const struct {
	const char *name, *usage;
	int (*run)(struct request *r, char *text, size_t size);
} commands[] = {
	{ "help", "this list", ctl_help },
	{ "check", "check the whole tree for consistency", ctl_check },
	{ "committed", "<id>: was this transaction of a local client committed?", ctl_committed },
	{ "domains", "list the introduced domains", ctl_domains },
	{ "journal", "what is kept for a restart", ctl_journal },
	{ "quota", "[<domid>|use <first domid>|set <name> <limit>]: show limits or use, change a limit", ctl_quota },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int ctl_help(struct request *r, char *text, size_t size)
{
	size_t len = 0;

	(void)r;
	for (size_t i = 0; i < N_COMMANDS; i++)
		len += (size_t)snprintf(text + len, size - len, "%-9s %s\n", commands[i].name,
					commands[i].usage);
	return 0;
}

int req_control(struct request *r)
{
	const char *name = wire_args_next(&r->args);
	char *text = r->store->scratch;
	int ret;

	for (size_t i = 0; name && i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name))
			continue;
		ret = commands[i].run(r, text, XENSTORE_PAYLOAD_MAX);
		if (!ret)
			request_reply(r, text, strlen(text) + 1);
		return ret;
	}
	return -EINVAL;
}
