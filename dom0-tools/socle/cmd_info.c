/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_info.c
 *
 * socle info: the hypervisor's version, the host's CPUs and memory, the number of domains.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <abi/version.h>

#include "domain/json.h"
#include "libsocle/domain.h"
#include "socle/cmd.h"

struct info {
	unsigned int major, minor, domains;
	char extra[XEN_EXTRAVERSION_LEN + 1];
	char commandline[1025];
	struct xen_sysctl_physinfo phys;
};

/* A version string of the hypervisor into out (size - 1 bytes at most); empty when it has none. */
static void version_string(struct socle_hv *hv, unsigned int cmd, void *buf, char *out, size_t size)
{
	memset(buf, 0, 4096);
	out[0] = '\0';
	if (socle_hypercall(hv, __HYPERVISOR_xen_version, cmd, (uintptr_t)buf, 0, 0, 0) < 0)
		return;
	memcpy(out, buf, size - 1);
	out[size - 1] = '\0';
}

static int info_read(struct socle_hv *hv, struct info *out, struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	struct xen_domctl_getdomaininfo dom;
	void *buf = socle_hbuf_alloc(hv, 4096);
	long version;
	int r;

	if (!buf)
		return socle_fail_id(e, ENOMEM, "dom0-memory", "out of memory");
	version = socle_hypercall(hv, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
	out->major = (unsigned int)(version >> 16) & 0xffff;
	out->minor = (unsigned int)version & 0xffff;
	version_string(hv, XENVER_extraversion, buf, out->extra, sizeof(out->extra));
	version_string(hv, XENVER_commandline, buf, out->commandline, sizeof(out->commandline));
	socle_hbuf_free(hv, buf, 4096);
	r = socle_sysctl(hv, &op);
	if (version < 0 || r < 0)
		return socle_refused(e, r < 0 ? r : (int)version, "the hypervisor refused");
	out->phys = op.u.physinfo;
	for (uint16_t next = 0; socle_domain_list(hv, next, &dom, 1) == 1;
	     next = (uint16_t)(dom.domain + 1))
		out->domains++;
	return 0;
}

static void info_json(const struct info *i)
{
	char version[16];
	struct json j;

	snprintf(version, sizeof(version), "%u.%u", i->major, i->minor);
	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_text(&j, "version", version);
	json_text(&j, "extraversion", i->extra);
	json_text(&j, "commandline", i->commandline);
	json_uint(&j, "cpus", i->phys.nr_cpus);
	json_uint(&j, "cpu_khz", i->phys.cpu_khz);
	json_uint(&j, "total_kib", i->phys.total_pages * 4);
	json_uint(&j, "free_kib", i->phys.free_pages * 4);
	json_uint(&j, "domains", i->domains);
	json_end(&j);
}

static void info_text(const struct info *i)
{
	printf("hypervisor    %u.%u%s\n", i->major, i->minor, i->extra);
	printf("command line  %s\n", i->commandline);
	printf("CPUs          %u at %u MHz\n", i->phys.nr_cpus, i->phys.cpu_khz / 1000);
	printf("memory        %" PRIu64 " KiB, %" PRIu64 " KiB free\n", i->phys.total_pages * 4,
	       i->phys.free_pages * 4);
	printf("domains       %u\n", i->domains);
}

int cmd_info(const struct invocation *inv)
{
	struct socle_error err = { 0 };
	struct socle_hv *hv = socle_hv_open(&err);
	struct info info = { .domains = 0 };
	int r;

	if (!hv)
		return report("ask the hypervisor", NULL, &err);
	r = info_read(hv, &info, &err);
	socle_hv_close(hv);
	if (r)
		return report("ask the hypervisor", NULL, &err);
	if (flag_given(inv, "json"))
		info_json(&info);
	else
		info_text(&info);
	return EXIT_OK;
}
