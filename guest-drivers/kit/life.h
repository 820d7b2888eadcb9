/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a guest that the tools ask for: they write a word to control/shutdown. kit_loop() obeys; a guest that does not live
 * in kit_loop() may call kit_life_start() itself.
 */
#ifndef SOCLE_KIT_LIFE_H
#define SOCLE_KIT_LIFE_H

/* Called before the guest ends or sleeps, last added first; resume in the other order. Any of them may be NULL. */
struct kit_hook {
	void (*stop)(void *arg);	/* poweroff and reboot */
	void (*suspend)(void *arg);
	void (*resume)(void *arg);
	void *arg;
	struct kit_hook *next;
};
void kit_hook_add(struct kit_hook *h);
extern struct kit_hook *kit_hooks;	/* the last added first */

void kit_life_start(void);		/* watches control/shutdown; once is enough */
/* The end, in order: hooks, then the last of the console, then the hypervisor. SHUTDOWN_* of abi/sched.h. */
void kit_end(unsigned int reason) __attribute__((noreturn));

#endif
