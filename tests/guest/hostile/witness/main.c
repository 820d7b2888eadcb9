/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that does nothing but watch its own memory, while others attack: it fills what it has with a pattern, looks
 * again and again, and says so. With "watch" on its command line until it is destroyed, else for a moment.
 */
#include <abi/sched.h>
#include "kit/kit.h"

#define PAGES	512

static uint64_t memory[PAGES][512] PAGE_ALIGNED;

static uint64_t pattern(unsigned int page, unsigned int word)
{
	return (uint64_t)page << 32 | (word * 2654435761u);
}

static unsigned int look(void)
{
	unsigned int wrong = 0;

	for (unsigned int p = 0; p < PAGES; p++)
		for (unsigned int w = 0; w < 512; w++)
			wrong += ((volatile uint64_t *)memory[p])[w] != pattern(p, w);
	return wrong;
}

static void sleep_ms(unsigned int ms)
{
	struct sched_poll poll = { .timeout = kit_time() + ms * 1000000UL };

	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

void kit_main(struct start_info *si)
{
	bool watch = false;
	unsigned int wrong = 0;

	for (const char *s = (const char *)si->cmd_line; *s; s++)
		watch |= !strncmp(s, "watch", 5);
	kit_map_shared_info();
	kit_traps_init();
	for (unsigned int p = 0; p < PAGES; p++)
		for (unsigned int w = 0; w < 512; w++)
			memory[p][w] = pattern(p, w);
	for (unsigned int round = 1; !wrong && (watch || round <= 10); round++) {
		wrong = look();
		if (watch && round % 10 == 0)
			kit_printf("witness: round %u\n", round);
		sleep_ms(watch ? 100 : 10);
	}
	if (watch)
		kit_bail("%u words of the witness have changed", wrong);
	CHECK(!wrong, "nobody changes another's memory: %u words", wrong);
	tap_done();
}
