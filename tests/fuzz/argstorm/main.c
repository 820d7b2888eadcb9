/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * role=dom0: storms itself, as the control domain. role=domu: makes guests without privilege, one seed each, and outlives
 * them. role=child: is one of those. seed=, count= and trace= as argstorm.sh says. What is asked of the hypervisor is that it is still
 * there at the end, and that nothing is lost.
 */
#include "storm.h"

static const char *option(const char *name)
{
	const char *line = kit_start_info->cmd_line;
	size_t n = strlen(name);

	for (; *line; line++)
		if (!strncmp(line, name, n))
			return line + n;
	return NULL;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *s = option(name);
	uint64_t v = 0;

	if (!s || *s < '0' || *s > '9')
		return otherwise;
	while (*s >= '0' && *s <= '9')
		v = v * 10 + (uint64_t)(*s++ - '0');
	return v;
}

/* Breakpoints that the storm asked for; single steps, each of which would be a trap from here on, end. */
void storm_debug_trap(struct kit_frame *f) { f->rflags &= ~(1UL << 8); }

/* Events are masked, until a copy into shared_info says otherwise; masked again, by the return too (pv-abi 3.5). */
static void event(struct kit_frame *f)
{
	kit_vcpu_info()->evtchn_upcall_pending = 0;
	f->rflags &= ~(1UL << 9);
}

static void storm(uint64_t seed, uint64_t count)
{
	static struct { const char *name; uint32_t good, bad; } table[160];
	uint64_t good = 0, unused = 0;
	uint64_t trace = number("trace=", ~0UL);
	long rc;

	storm_seed(seed);
	for (uint64_t i = 0; i < count; i++) {
		const struct call *c = storm_step(i, i >= trace, &rc);
		unsigned int at = (unsigned int)(c - calls);

		good += rc >= 0;
		rc >= 0 ? table[at].good++ : table[at].bad++;
		report->steps = i + 1;
		report->done += rc >= 0;
		report->refused += rc < 0;
		report->last_call = at;
	}
	if (is_guest)
		return;
	for (unsigned int i = 0; i < nr_calls; i++) {
		if (option("verbose") && table[i].good + table[i].bad)
			kit_printf("# %s: %u accepted, %u refused\n", calls[i].name, table[i].good, table[i].bad);
		unused += calls[i].who == ANYBODY && !table[i].good && !table[i].bad;
	}
	kit_printf("# %lu calls, %lu accepted\n", count, good);
	CHECK(good > count / 20, "a good part of the calls is accepted");
	CHECK(count < 20000 || !unused, "every hypercall of the table was made");
}

void kit_main(struct start_info *si)
{
	uint64_t seed, count;

	(void)si;
	child_template();
	seed = number("seed=", 1);
	count = number("count=", 20000);
	own_domid = (uint16_t)number("domid=", 0);
	is_guest = option("role=child") != NULL;
	kit_map_shared_info();
	kit_events_disable();
	kit_traps_init();
	kit_trap_handler(1, storm_debug_trap);
	kit_event_handler(event);
	if (is_guest) {
		storm_prepare();
		storm(seed, count);
		kit_shutdown(0);
	}
	kit_printf("# seed %lu, count %lu\n", seed, count);
	if (option("role=domu")) {
		child_storms(seed, count);
	} else {
		storm_prepare();
		if (option("trace="))
			storm_show_frames();
		storm(seed, count);
	}
	CHECK(hypercall2(__HYPERVISOR_xen_version, 0, 0) > 0, "the hypervisor is still there");
	tap_done();
}
