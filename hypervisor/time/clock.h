/* SPDX-License-Identifier: BSD-2-Clause */
/* System time: ns since boot from the calibrated TSC; wall clock from the CMOS RTC. */
#ifndef SOCLE_TIME_CLOCK_H
#define SOCLE_TIME_CLOCK_H
#include <stdbool.h>
#include <stdint.h>
struct vcpu; struct domain;
extern uint64_t tsc_khz;
extern uint32_t tsc_mul; extern int8_t tsc_shift;	/* ns = (tsc << shift) * mul >> 32, as in vcpu_time_info */
extern bool tsc_stable;					/* verified at boot: steady, and the same on all CPUs */
void clock_init(void);
uint64_t system_time(void);				/* ns, monotonic */
uint64_t tsc_read(void);
uint64_t clock_boot_tsc(void);				/* TSC at system time 0; meaningful to guests if tsc_stable */
void wallclock_set(uint64_t sec, uint32_t nsec, uint64_t at_system_time);	/* XENPF_settime64 */
void wallclock_get(uint64_t *sec, uint32_t *nsec);	/* at system time 0 */
/* time/vtime.c */
void vtime_domain_wallclock(struct domain *d);		/* refresh shared_info.wc_* */
void vtime_update(struct vcpu *v);			/* refresh vcpu_time_info */
void vtime_switched_in(struct vcpu *v);			/* v is current now, with its kernel's tables */
void vtime_vcpu_init(struct vcpu *v);
void vtime_vcpu_moved(struct vcpu *v);			/* v runs on another CPU than before: so do its timers */
void vtime_init_cpu(void);				/* each CPU, before its first guest */
void vtime_vcpu_fini(struct vcpu *v);
#endif
