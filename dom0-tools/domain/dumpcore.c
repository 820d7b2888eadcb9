/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/dumpcore.c
 *
 * See dumpcore.h.  Which pages a guest has is the hypervisor's word, not that of the guest's own list, which it may have broken or
 * not have written yet.  A page that it gives back while it is dumped live is a page of zeros.
 */
#include "domain/dumpcore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <socle/op.h>

#include "domain/codes.h"
#include "domain/corefile.h"
#include "domain/placefile.h"
#include "libsocle/domain.h"

#define PAGE   4096u
#define BATCH  256u

struct dump {
	struct domain_ctx *ctx;
	uint16_t domid;
	struct xen_domctl_getdomaininfo info;
	struct core_layout layout;
	struct core_p2m *p2m;
	size_t nr, room;
	struct vcpu_guest_context *vcpu;
	unsigned int nr_vcpus;
	int fd;
};

/* --- what there is ------------------------------------------------------------------------------- */

static int no_memory(struct socle_error *e)
{
	return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory");
}

static int pages_list(struct dump *d, struct socle_error *e)
{
	struct socle_pages p = { .domid = d->domid };

	while (p.next != SOCLE_FRAMES_END) {
		int r = socle_own_op(d->ctx->hv, SOCLE_OP_pages, &p, sizeof(p));

		if (r < 0)
			return socle_refused(e, r, "the hypervisor does not tell which pages it has");
		if (d->nr + p.nr_rows > d->room) {
			size_t room = d->room ? 2 * d->room : 4096;
			struct core_p2m *more = reallocarray(d->p2m, room, sizeof(*more));

			if (!more)
				return no_memory(e);
			d->p2m = more;
			d->room = room;
		}
		for (uint32_t i = 0; i < p.nr_rows && i < SOCLE_PAGES_ROWS; i++)
			d->p2m[d->nr++] = (struct core_p2m){ p.row[i].pfn, p.row[i].mfn };
		if (domain_ctx_check_stop(d->ctx, e))
			return -1;
	}
	return 0;
}

/* Those that have a context: one that never ran has none. */
static int vcpus_read(struct dump *d, struct socle_error *e)
{
	struct vcpu_guest_context *c = socle_hbuf_alloc(d->ctx->hv, sizeof(*c));

	d->vcpu = calloc(d->info.max_vcpu_id + 1u, sizeof(*d->vcpu));
	for (unsigned int i = 0; c && d->vcpu && i <= d->info.max_vcpu_id; i++) {
		struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpucontext, .domain = d->domid };

		op.u.vcpucontext.vcpu = i;
		op.u.vcpucontext.ctxt = (uintptr_t)c;
		if (socle_domctl(d->ctx->hv, &op) == 0)
			d->vcpu[d->nr_vcpus++] = *c;
	}
	if (c)
		socle_hbuf_free(d->ctx->hv, c, sizeof(*c));
	return c && d->vcpu ? 0 : no_memory(e);
}

static void version_string(struct dump *d, unsigned int cmd, void *buf, void *out, size_t size)
{
	memset(buf, 0, PAGE);
	if (socle_hypercall(d->ctx->hv, __HYPERVISOR_xen_version, cmd, (uintptr_t)buf, 0, 0, 0) >= 0)
		memcpy(out, buf, size);
}

static int version_read(struct dump *d, struct core_version *v, struct socle_error *e)
{
	void *buf = socle_hbuf_alloc(d->ctx->hv, PAGE);
	long n;

	*v = (struct core_version){ .page_size = PAGE };
	if (!buf)
		return no_memory(e);
	n = socle_hypercall(d->ctx->hv, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
	v->major = n < 0 ? 0 : (uint64_t)n >> 16 & 0xffff;
	v->minor = n < 0 ? 0 : (uint64_t)n & 0xffff;
	version_string(d, XENVER_extraversion, buf, v->extra, sizeof(v->extra));
	version_string(d, XENVER_compile_info, buf, &v->compiled, sizeof(v->compiled));
	version_string(d, XENVER_capabilities, buf, v->capabilities, sizeof(v->capabilities));
	version_string(d, XENVER_changeset, buf, v->changeset, sizeof(v->changeset));
	version_string(d, XENVER_platform_parameters, buf, &v->platform, sizeof(v->platform));
	socle_hbuf_free(d->ctx->hv, buf, PAGE);
	return 0;
}

/* --- writing --------------------------------------------------------------------------------------- */

static int put(struct dump *d, uint64_t at, const void *p, size_t len, struct socle_error *e)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(d->fd, (const char *)p + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return socle_fail(e, n < 0 ? errno : ENOSPC, "cannot write it: %s", strerror(n < 0 ? errno : ENOSPC));
		done += (size_t)n;
	}
	return 0;
}

static bool is_zero(const void *page)
{
	const uint64_t *w = page;

	for (size_t i = 0; i < PAGE / sizeof(*w); i++)
		if (w[i])
			return false;
	return true;
}

/* Runs of pages that are not zero are written at once. */
static int mapped_put(struct dump *d, size_t first, const char *pages, size_t n, struct socle_error *e)
{
	for (size_t i = 0, run; i < n; i += run ? run : 1) {
		for (run = 0; i + run < n && !is_zero(pages + (i + run) * PAGE); run++)
			;
		if (run && put(d, d->layout.pages + (first + i) * PAGE, pages + i * PAGE, run * PAGE, e))
			return -1;
	}
	return 0;
}

/* One of a batch may have gone while the guest runs: then each is tried alone. */
static int batch_put(struct dump *d, size_t first, size_t n, struct socle_error *e)
{
	uint64_t mfns[BATCH] = { 0 };
	void *pages;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		mfns[i] = d->p2m[first + i].gmfn;
	pages = socle_foreign_map(d->ctx->hv, d->domid, mfns, n, PROT_READ, NULL);
	if (pages) {
		r = mapped_put(d, first, pages, n, e);
		socle_foreign_unmap(pages, n);
		return r;
	}
	for (size_t i = 0; n > 1 && i < n && !r; i++)
		r = batch_put(d, first + i, 1, e);
	return r;
}

static int pages_put(struct dump *d, struct socle_error *e)
{
	work_step(d->ctx->work, "pages", WORK_BYTES, d->nr * PAGE);
	for (size_t i = 0; i < d->nr; i += BATCH) {
		if (domain_ctx_check_stop(d->ctx, e) || batch_put(d, i, d->nr - i < BATCH ? d->nr - i : BATCH, e))
			return -1;
		work_done(d->ctx->work, i * PAGE);
	}
	return 0;
}

static int shared_info_put(struct dump *d, struct socle_error *e)
{
	uint64_t mfn = d->info.shared_info_frame;
	void *page = socle_foreign_map(d->ctx->hv, d->domid, &mfn, 1, PROT_READ, e);
	int r;

	if (!page)
		return -1;
	r = put(d, d->layout.shared_info, page, PAGE, e);
	socle_foreign_unmap(page, 1);
	return r;
}

static int all_put(struct dump *d, struct socle_error *e)
{
	struct core_version v;
	void *head;
	int r;

	work_step(d->ctx->work, "list of pages", WORK_BYTES, 0);
	if (vcpus_read(d, e) || pages_list(d, e) || version_read(d, &v, e))
		return -1;
	core_layout_make(&d->layout, d->nr_vcpus, d->nr);
	head = core_head_make(&d->layout, &v);
	if (!head)
		return no_memory(e);
	r = put(d, 0, head, d->layout.prstatus, e);
	free(head);
	if (r || put(d, d->layout.prstatus, d->vcpu, d->nr_vcpus * sizeof(*d->vcpu), e) || shared_info_put(d, e) ||
	    put(d, d->layout.p2m, d->p2m, d->nr * sizeof(*d->p2m), e) || pages_put(d, e))
		return -1;
	if (ftruncate(d->fd, (off_t)d->layout.end) || fsync(d->fd))
		return socle_fail(e, errno, "cannot write it: %s", strerror(errno));
	return 0;
}

/* --- the guest stands still ------------------------------------------------------------------------ */

static int pause_change(struct dump *d, uint32_t cmd, struct socle_error *e)
{
	struct xen_domctl op = { .cmd = cmd, .domain = d->domid };
	int r = socle_domctl(d->ctx->hv, &op);

	return r < 0 ? socle_refused(e, r, "the hypervisor does not pause it") : 0;
}

/* Pauses are counted: one that was paused before stays so. */
static int paused_put(struct dump *d, bool live, struct socle_error *e)
{
	int r;

	if (live)
		return all_put(d, e);
	if (pause_change(d, XEN_DOMCTL_pausedomain, e))
		return -1;
	r = all_put(d, e);
	return pause_change(d, XEN_DOMCTL_unpausedomain, r ? NULL : e) ? -1 : r;
}

static int exists_fail(const char *path, struct socle_error *e)
{
	return socle_fail_id(e, DOMAIN_E_EXISTS, "file-exists", "'%s' exists, and is not written over", path);
}

/* What has the name by now stays. */
static int name_give(const char *beside, const char *path, struct socle_error *e)
{
	int r = file_place(beside, path);

	if (r == -EEXIST)
		return exists_fail(path, e);
	return r ? socle_fail_id(e, -r, "cannot-write", "cannot write '%s': %s", path, strerror(-r)) : 0;
}

int dump_core(struct domain_ctx *ctx, uint16_t domid, const char *path, bool live, struct socle_error *e)
{
	struct dump d = { .ctx = ctx, .domid = domid };
	char beside[4096];
	int r;

	if (access(path, F_OK) == 0)
		return exists_fail(path, e);
	r = socle_domain_info(ctx->hv, domid, &d.info);
	if (r < 0)
		return socle_refused(e, r, "the hypervisor does not tell about domain %u", domid);
	if (snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid()) >= (int)sizeof(beside))
		return socle_fail_id(e, ENAMETOOLONG, "cannot-write", "cannot write '%.80s...': the path is too long", path);
	d.fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d.fd < 0)
		return socle_fail_id(e, errno, "cannot-write", "cannot write '%s': %s", path, strerror(errno));
	r = paused_put(&d, live, e);
	if (!r)
		r = name_give(beside, path, e);
	if (r)
		unlink(beside);
	close(d.fd);
	free(d.p2m);
	free(d.vcpu);
	return r;
}
