/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/nat.c
 *
 * The rules of a NAT network: a table of its own, replaced in one transaction, so there is no moment with half of it.  What
 * leaves by another interface does so with that one's address; what comes back to the guests must belong to what they began.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "net/internal.h"

#define RULES_MAX 2048

static int rules_run(const char *rules, struct socle_error *e)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int r = 0;

	if (!nft)
		return socle_fail(e, ENOMEM, "nftables: out of memory");
	if (nft_ctx_buffer_error(nft) || nft_ctx_buffer_output(nft))
		r = socle_fail(e, ENOMEM, "nftables: out of memory");
	else if (nft_run_cmd_from_buffer(nft, rules))
		r = socle_fail_id(e, EIO, "no-nftables",
				  "nftables refuses its rules: %.300s (are the kernel's modules nf_tables, nft_chain_nat, "
			       "nft_masq and nft_ct there?)", nft_ctx_get_error_buffer(nft));
	nft_ctx_free(nft);
	if (r && e)
		for (char *c = e->text; *c; c++)
			if (*c == '\n')
				*c = ' ';
	return r;
}

int nat_rules_up(const struct net_network *n, struct socle_error *e)
{
	uint32_t mask = htonl(0xffffffffu << (32 - n->prefix));
	struct in_addr net = { .s_addr = n->address & mask };
	char text[INET_ADDRSTRLEN], rules[RULES_MAX];
	const char *b = n->name;

	inet_ntop(AF_INET, &net, text, sizeof(text));
	/* "add" before "delete": the latter fails for a table that is not there. */
	snprintf(rules, sizeof(rules),
		 "add table ip socle-%s\n"
		 "delete table ip socle-%s\n"
		 "table ip socle-%s {\n"
		 "	chain out {\n"
		 "		type nat hook postrouting priority 100; policy accept;\n"
		 "		ip saddr %s/%u oifname != \"%s\" masquerade\n"
		 "	}\n"
		 "	chain through {\n"
		 "		type filter hook forward priority 0; policy accept;\n"
		 "		iifname \"%s\" ip saddr != %s/%u drop\n"
		 "		oifname \"%s\" ct state established,related accept\n"
		 "		oifname \"%s\" iifname != \"%s\" drop\n"
		 "	}\n"
		 "}\n", b, b, b, text, n->prefix, b, b, text, n->prefix, b, b, b);
	return rules_run(rules, e);
}

int nat_rules_down(const struct net_network *n, struct socle_error *e)
{
	char rules[RULES_MAX];

	snprintf(rules, sizeof(rules), "add table ip socle-%s\ndelete table ip socle-%s\n", n->name, n->name);
	return rules_run(rules, e);
}
