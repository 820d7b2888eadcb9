/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System time: nanoseconds since boot, from the TSC. Its rate is measured against the best reference the machine
 * has (HPET, ACPI PM timer, PIT channel 2), in several rounds of which the median counts: a delayed read
 * spoils one round, not the result. The conversion is the guests' own (vcpu_time_info, pv-abi 7), so the
 * hypervisor and its guests compute the same time from the same TSC. The wall clock is the CMOS RTC's at boot,
 * later whatever dom0 sets.
 */
#include "asm/io.h"
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "time/clock.h"

#define NSEC_PER_SEC 1000000000ull
#define ROUNDS 7
#define SAMPLE_TRIES 5

#define PM_TIMER_HZ	3579545		/* ACPI 6.5, 4.8.3.3 */
#define PIT_HZ		1193182
#define PIT_CH2		0x42
#define PIT_MODE	0x43
#define PIT_GATE	0x61		/* bit 0 gate of channel 2, bit 1 speaker */
#define HPET_PERIOD	0x004		/* femtoseconds a tick */
#define HPET_CONFIG	0x010
#define HPET_COUNTER	0x0f0
#define HPET_ENABLE	1u
#define HPET_MAX_PERIOD	100000000u	/* IA-PC HPET 1.0a, 2.3.4 */

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define CMOS_NMI_OFF	0x80
#define RTC_STATUS_A	0x0a
#define RTC_STATUS_B	0x0b
#define RTC_UPDATING	0x80
#define RTC_24H		0x02
#define RTC_BINARY	0x04
#define RTC_PM		0x80

uint64_t tsc_khz;
uint32_t tsc_mul;
int8_t tsc_shift;
bool tsc_stable;

static uint64_t boot_tsc;
static uint64_t wall_base;		/* ns since 1970 at system time 0; under wall_lock */
static struct spinlock wall_lock = SPINLOCK_INIT(RANK_TIME);

/* ---- references ---- */

static volatile uint8_t *hpet;

static uint32_t hpet_read(void)
{
	return mmio_read32(hpet + HPET_COUNTER);
}

static uint32_t pm_timer_read(void)
{
	return inl(acpi_info.pm_tmr);
}

/* Counts down; latched before it is read. */
static uint32_t pit_read(void)
{
	uint32_t v;

	outb(0x80, PIT_MODE);
	v = inb(PIT_CH2);
	v |= (uint32_t)inb(PIT_CH2) << 8;
	return 0xffff - v;
}

struct reference {
	const char *name;
	uint32_t (*read)(void);
	uint64_t hz;
	uint32_t mask;
};

static bool hpet_open(struct reference *r)
{
	uint32_t period;

	if (!acpi_info.hpet)
		return false;
	hpet = ioremap(acpi_info.hpet, 0x400);
	period = mmio_read32(hpet + HPET_PERIOD);
	if (!period || period > HPET_MAX_PERIOD)
		return false;
	mmio_write32(hpet + HPET_CONFIG, mmio_read32(hpet + HPET_CONFIG) | HPET_ENABLE);
	*r = (struct reference){ "HPET", hpet_read, 1000000000000000ull / period, ~0u };
	return true;
}

static bool pm_timer_open(struct reference *r)
{
	if (!acpi_info.pm_tmr)
		return false;
	/* The upper byte may or may not count. */
	*r = (struct reference){ "ACPI PM timer", pm_timer_read, PM_TIMER_HZ, 0xffffff };
	return true;
}

static void pit_open(struct reference *r)
{
	/* Speaker off, gate on; channel 2, both bytes, mode 0, from 0xffff. */
	outb((uint8_t)((inb(PIT_GATE) & ~2) | 1), PIT_GATE);
	outb(0xb0, PIT_MODE);
	outb(0xff, PIT_CH2);
	outb(0xff, PIT_CH2);
	*r = (struct reference){ "PIT", pit_read, PIT_HZ, 0xffff };
}

/* The reference's value and the TSC at the same moment, as nearly as the best of some tries allows. */
static void sample(const struct reference *r, uint32_t *ref, uint64_t *tsc)
{
	uint64_t best = ~0ull;

	for (unsigned int i = 0; i < SAMPLE_TRIES; i++) {
		uint64_t before = rdtsc_ordered();
		uint32_t v = r->read();
		uint64_t gap = rdtsc_ordered() - before;

		if (gap < best) {
			best = gap;
			*ref = v;
			*tsc = before + gap / 2;
		}
	}
}

/* One round of about 15 ms (the PIT wraps after 55). Hz of the TSC, 0 if the reference stands still. */
static uint64_t measure(const struct reference *r)
{
	uint32_t start_ref, end_ref, want = (uint32_t)(r->hz / 66), now;
	uint64_t start_tsc, end_tsc;

	sample(r, &start_ref, &start_tsc);
	do {
		now = r->read();
		if (rdtsc() - start_tsc > 20 * NSEC_PER_SEC)
			return 0;
	} while (((now - start_ref) & r->mask) < want);
	sample(r, &end_ref, &end_tsc);
	return (end_tsc - start_tsc) * r->hz / ((end_ref - start_ref) & r->mask);
}

static uint64_t calibrate(const struct reference *r, uint64_t *spread)
{
	uint64_t hz[ROUNDS];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t x = measure(r);
		unsigned int j = i;

		if (!x)
			return 0;
		for (; j && hz[j - 1] > x; j--)
			hz[j] = hz[j - 1];
		hz[j] = x;
	}
	/* Without the two extremes at either end. */
	*spread = hz[ROUNDS - 3] - hz[2];
	return hz[ROUNDS / 2];
}

/* ns = (tsc << shift) * mul / 2^32, with mul in its upper half for precision. */
static void set_scale(uint64_t hz)
{
	int shift = 0;

	tsc_khz = hz / 1000;
	for (; hz > 2 * NSEC_PER_SEC; shift--)
		hz >>= 1;
	for (; hz <= NSEC_PER_SEC; shift++)
		hz <<= 1;
	tsc_mul = (uint32_t)((NSEC_PER_SEC << 32) / hz);
	tsc_shift = (int8_t)shift;
}

static uint64_t scale(uint64_t delta)
{
	if (tsc_shift < 0)
		delta >>= -tsc_shift;
	else
		delta <<= tsc_shift;
	return (uint64_t)((unsigned __int128)delta * tsc_mul >> 32);
}

uint64_t tsc_read(void)
{
	return rdtsc_ordered();
}

uint64_t clock_boot_tsc(void)
{
	return boot_tsc;
}

uint64_t system_time(void)
{
	return scale(rdtsc_ordered() + (uint64_t)this_cpu()->tsc_offset - boot_tsc);
}

/* ---- wall clock ---- */

static uint8_t cmos_read(uint8_t reg)
{
	outb(reg | CMOS_NMI_OFF, CMOS_INDEX);
	return inb(CMOS_DATA);
}

struct rtc_time {
	uint8_t sec, min, hour, day, month, year;
};

static void rtc_read_raw(struct rtc_time *t)
{
	for (unsigned int i = 0; i < 100000 && cmos_read(RTC_STATUS_A) & RTC_UPDATING; i++)
		;
	t->sec = cmos_read(0);
	t->min = cmos_read(2);
	t->hour = cmos_read(4);
	t->day = cmos_read(7);
	t->month = cmos_read(8);
	t->year = cmos_read(9);
}

static uint8_t from_bcd(uint8_t v)
{
	return (uint8_t)((v >> 4) * 10 + (v & 15));
}

static void rtc_decode(struct rtc_time *t)
{
	uint8_t status = cmos_read(RTC_STATUS_B), pm = t->hour & RTC_PM;

	if (!(status & RTC_24H))
		t->hour &= (uint8_t)~RTC_PM;
	if (!(status & RTC_BINARY)) {
		t->sec = from_bcd(t->sec);
		t->min = from_bcd(t->min);
		t->hour = from_bcd(t->hour);
		t->day = from_bcd(t->day);
		t->month = from_bcd(t->month);
		t->year = from_bcd(t->year);
	}
	if (!(status & RTC_24H))
		t->hour = (uint8_t)(t->hour % 12 + (pm ? 12 : 0));
}

/* Days since 1970-01-01 of a Gregorian date: years are counted from March so that the leap day comes last. */
static uint64_t days_from_date(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

	return 365ull * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static uint64_t rtc_seconds(void)
{
	struct rtc_time a, b;

	/* Two equal readings: no update came between the registers. */
	rtc_read_raw(&a);
	for (unsigned int i = 0; i < 10; i++) {
		rtc_read_raw(&b);
		if (a.sec == b.sec && a.min == b.min && a.hour == b.hour && a.day == b.day && a.month == b.month)
			break;
		a = b;
	}
	rtc_decode(&a);
	outb(RTC_STATUS_B, CMOS_INDEX);		/* NMI on again */
	if (!a.month || a.month > 12 || !a.day || a.day > 31 || a.hour > 23 || a.min > 59) {
		printk("clock: the CMOS clock holds no valid date; wall clock starts at 1970\n");
		return 0;
	}
	return days_from_date((a.year < 70 ? 2000u : 1900u) + a.year, a.month, a.day) * 86400 +
	       a.hour * 3600u + a.min * 60u + a.sec;
}

void wallclock_set(uint64_t sec, uint32_t nsec, uint64_t at_system_time)
{
	spin_lock(&wall_lock);
	wall_base = sec * NSEC_PER_SEC + nsec - at_system_time;
	spin_unlock(&wall_lock);
}

void wallclock_get(uint64_t *sec, uint32_t *nsec)
{
	uint64_t base;

	spin_lock(&wall_lock);
	base = wall_base;
	spin_unlock(&wall_lock);
	*sec = base / NSEC_PER_SEC;
	*nsec = (uint32_t)(base % NSEC_PER_SEC);
}

void clock_init(void)
{
	struct reference r;
	uint64_t hz = 0, spread = 0;

	boot_tsc = rdtsc_ordered();
	if (hpet_open(&r))
		hz = calibrate(&r, &spread);
	if (!hz && pm_timer_open(&r))
		hz = calibrate(&r, &spread);
	if (!hz) {
		pit_open(&r);
		hz = calibrate(&r, &spread);
	}
	if (!hz)
		panic("no timer to measure the TSC with: neither HPET nor ACPI PM timer nor PIT counts");
	set_scale(hz);
	/* Invariant by the CPU's word, or no more than 500 ppm apart in the measurements. */
	tsc_stable = host_features.tsc_invariant || spread < hz / 2000;
	wallclock_set(rtc_seconds(), 0, system_time());
	log_clock_runs();
	printk("TSC: %llu.%03llu MHz by %s%s\n", (unsigned long long)(tsc_khz / 1000),
	       (unsigned long long)(tsc_khz % 1000), r.name, tsc_stable ? "" : ", unstable");
}
