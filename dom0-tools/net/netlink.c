/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/netlink.c
 *
 * See internal.h.  Requests are made one at a time and each is acknowledged; extended acknowledgements carry the kernel's
 * own sentence, which says more than an errno.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "net/internal.h"

struct net_host *net_host_open(struct socle_error *e)
{
	struct net_host *h = calloc(1, sizeof(*h));
	int on = 1;

	if (!h) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	h->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!h->nl || mnl_socket_bind(h->nl, 0, MNL_SOCKET_AUTOPID)) {
		socle_fail(e, errno, "cannot speak to the kernel's network by netlink: %s", strerror(errno));
		net_host_close(h);
		return NULL;
	}
	/* A kernel without them still acknowledges: no words then, which is no error. */
	(void)mnl_socket_setsockopt(h->nl, NETLINK_EXT_ACK, &on, sizeof(on));
	return h;
}

void net_host_close(struct net_host *h)
{
	if (!h)
		return;
	if (h->nl)
		mnl_socket_close(h->nl);
	free(h);
}

struct ifinfomsg *nl_link_begin(struct nl_msg *m, uint16_t type, uint16_t flags, uint8_t family, int index)
{
	struct ifinfomsg *info;

	m->head = mnl_nlmsg_put_header(m->room);
	m->head->nlmsg_type = type;
	m->head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	info = mnl_nlmsg_put_extra_header(m->head, sizeof(*info));
	info->ifi_family = family;
	info->ifi_index = index;
	return info;
}

/* The attributes of an extended acknowledgement follow the request that it repeats, or only that request's head. */
static const char *words_of(const struct nlmsghdr *n, const struct nlmsgerr *err)
{
	size_t skip = sizeof(*err);
	const struct nlattr *a;

	if (!(n->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(n->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&err->msg);
	if (mnl_nlmsg_get_payload_len(n) < skip)
		return NULL;
	mnl_attr_for_each(a, n, skip)
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG && !mnl_attr_validate(a, MNL_TYPE_NUL_STRING))
			return mnl_attr_get_str(a);
	return NULL;
}

static int acknowledged(const struct nlmsghdr *n, struct socle_error *e)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(n);
	const char *words;

	if (mnl_nlmsg_get_payload_len(n) < sizeof(*err))
		return socle_fail(e, EBADMSG, "the kernel's answer is too short");
	if (!err->error)
		return 0;
	words = words_of(n, err);
	return socle_fail(e, -err->error, "%s%s%s%s", strerror(-err->error), words ? " (the kernel says: " : "",
			  words ? words : "", words ? ")" : "");
}

/* 1: the exchange is over and well, 0: more to come, -1: failed. */
static int part_take(struct net_host *h, const char *part, size_t len, void (*each)(const struct nlmsghdr *, void *),
		     void *data, struct socle_error *e)
{
	int left = (int)len;

	for (const struct nlmsghdr *n = (const void *)part; mnl_nlmsg_ok(n, left); n = mnl_nlmsg_next(n, &left)) {
		if (n->nlmsg_seq != h->seq)
			continue; /* of a request that failed before its answers were read */
		if (n->nlmsg_type == NLMSG_ERROR)
			return acknowledged(n, e) ? -1 : 1;
		if (n->nlmsg_type == NLMSG_DONE)
			return 1;
		if (n->nlmsg_type >= NLMSG_MIN_TYPE && each)
			each(n, data);
	}
	return 0;
}

int nl_talk(struct net_host *h, struct nl_msg *m, void (*each)(const struct nlmsghdr *, void *), void *data,
	    struct socle_error *e)
{
	_Alignas(struct nlmsghdr) char part[4 * NL_ROOM];
	ssize_t got;
	int r = 0;

	m->head->nlmsg_seq = ++h->seq;
	if (mnl_socket_sendto(h->nl, m->head, m->head->nlmsg_len) < 0)
		return socle_fail(e, errno, "cannot ask the kernel: %s", strerror(errno));
	while (r == 0) {
		got = mnl_socket_recvfrom(h->nl, part, sizeof(part));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return socle_fail(e, got ? errno : EIO, "the kernel did not answer: %s",
					  strerror(got ? errno : EIO));
		r = part_take(h, part, (size_t)got, each, data, e);
	}
	return r < 0 ? -1 : 0;
}
