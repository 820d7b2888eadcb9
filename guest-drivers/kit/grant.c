/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See grant.h. The table grows by a frame when all references are out; its frames are mapped side by side, in a
 * part of the window that is taken whole at the first grant.
 */
#include "kit/grant.h"
#include "kit/grant_table.h"
#include "kit/kit.h"
#include "kit/lock.h"
#include "kit/memory.h"

#define FRAMES_MAX		64U	/* the limit that guests get by default (pv-abi 6.2) */
#define ENTRIES_PER_FRAME	(PAGE_SIZE / sizeof(struct grant_entry_v1))

/* A grant that could not be ended, with its page. */
struct kept {
	struct kept *next;
	uint32_t ref;
	void *page;
};

static struct kit_grant_table table;
static struct kit_lock lock;
static unsigned int nr_frames, max_frames;
static uint8_t *window;
static struct kept *kept;
static unsigned int nr_kept;

static int frames_get(uint64_t *frames, unsigned int n)
{
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = n, .frame_list = (uint64_t)frames };
	long rc = hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1);

	if (rc)
		return (int)rc;
	return setup.status == GNTST_okay ? 0 : -XEN_ENOSPC;
}

/* Shows one more frame of the table and keeps account of its references. */
static int grow(void)
{
	uint32_t *next = nr_frames < max_frames ? kit_malloc((nr_frames + 1) * ENTRIES_PER_FRAME * sizeof(*next)) : NULL;
	uint64_t frames[FRAMES_MAX];
	int rc = next ? frames_get(frames, nr_frames + 1) : -XEN_ENOSPC;

	if (!rc)
		rc = kit_window_remap(window + nr_frames * PAGE_SIZE, &frames[nr_frames], 1);
	if (!rc)
		next = kit_grant_table_extend(&table, ++nr_frames * ENTRIES_PER_FRAME, next);
	kit_free(next);
	return rc;
}

static int start(void)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_set_version version = { .version = 1 };

	/* A hypervisor without version 2 may not know the call; version 1 is what it has then. */
	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &version, 1);
	if (hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, &size, 1) || size.status)
		return -XEN_ENOSYS;
	max_frames = size.max_nr_frames < FRAMES_MAX ? size.max_nr_frames : FRAMES_MAX;
	window = kit_window_reserve(max_frames);
	if (!window)
		return -XEN_ENOMEM;
	kit_grant_table_init(&table, (struct grant_entry_v1 *)window);
	return grow();
}

/* What somebody had mapped at the end of its grant, and has no more. */
static void sweep(void)
{
	for (struct kept **link = &kept, *k; (k = *link);) {
		if (!kit_grant_table_end(&table, k->ref)) {
			link = &k->next;
			continue;
		}
		*link = k->next;
		nr_kept--;
		kit_page_free(k->page, 1);
		kit_free(k);
	}
}

int kit_grant(uint16_t domid, const void *page, bool readonly)
{
	uint32_t ref = KIT_GRANT_NONE;
	int rc = 0;

	kit_lock(&lock);
	if (!window)
		rc = start();
	if (!rc && !table.nr_free)
		sweep();
	if (!rc && !table.nr_free)
		rc = grow();
	if (!rc)
		ref = kit_grant_table_take(&table, domid, (uint32_t)kit_va_to_mfn(page), readonly);
	kit_unlock(&lock);
	return rc ? rc : (int)ref;
}

int kit_grant_end(uint32_t ref)
{
	bool done;

	kit_lock(&lock);
	done = kit_grant_table_end(&table, ref);
	kit_unlock(&lock);
	return done ? 0 : -XEN_EBUSY;
}

bool kit_grant_busy(uint32_t ref)
{
	bool busy;

	kit_lock(&lock);
	busy = kit_grant_table_busy(&table, ref);
	kit_unlock(&lock);
	return busy;
}

void kit_grant_end_page(uint32_t ref, void *page)
{
	struct kept *k;

	if (!kit_grant_end(ref)) {
		kit_page_free(page, 1);
		return;
	}
	k = kit_malloc(sizeof(*k));
	kit_lock(&lock);
	if (k) {
		*k = (struct kept){ kept, ref, page };
		kept = k;
	}
	nr_kept++;	/* without a note of it the pair is kept for good */
	kit_unlock(&lock);
}

unsigned int kit_grants_kept(void)
{
	unsigned int n;

	kit_lock(&lock);
	sweep();
	n = nr_kept;
	kit_unlock(&lock);
	return n;
}

void kit_grants_suspend(void)
{
	if (window)
		kit_window_remap(window, NULL, nr_frames);
}

void kit_grants_resume(bool is_new)
{
	struct gnttab_set_version version = { .version = 1 };
	uint64_t frames[FRAMES_MAX];

	if (!window)
		return;
	if (is_new)
		hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &version, 1);
	if (frames_get(frames, nr_frames) || kit_window_remap(window, frames, nr_frames))
		kit_bail("no grant table after a resume");
}
