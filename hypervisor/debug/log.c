/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log ring. Bytes are numbered from the first ever written, modulo 2^32; the ring keeps the last RING_SIZE
 * of them. A line goes into the ring and to the console devices under one lock, so lines of several CPUs do
 * not mix. In a panic the lock is ignored: its holder may be the one that failed.
 *
 * Times are kept beside the text: numbers of bytes at which lines begin, with the moment. Lines of one millisecond share one.
 */
#include <string.h>
#include "cpu/cpu.h"
#include "debug/console.h"
#include "debug/log.h"
#include "lib/format.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "time/clock.h"

#define RING_SIZE (128u << 10)		/* a power of two */
#define LINE_SIZE 512

/* A guest may cause this many messages at once, and one more per period. */
#define GUEST_BURST 20
#define GUEST_PERIOD_NS 200000000ull

static char ring[RING_SIZE];
static uint32_t produced, oldest;	/* byte numbers; produced - oldest <= RING_SIZE */
static struct spinlock log_lock = SPINLOCK_INIT(RANK_CONSOLE);
static bool in_panic;
static bool news;			/* a: bytes that nobody has been told of */
static uint32_t told;			/* a: number of the byte after the last that was told of */

#define NR_STAMPS 128u			/* a power of two; readers are told of news at once, so the last lines count */
static struct {
	uint64_t ns;
	uint32_t at;			/* number of a line's first byte */
} stamp[NR_STAMPS];
static uint32_t nr_stamps;		/* ever taken; under log_lock, as stamp[] */
static bool clock_runs;

static struct {
	uint64_t last;			/* system time of the last token */
	uint32_t tokens, lost;
} guest_limit = { .tokens = GUEST_BURST };

static void lock_log(void)
{
	if (!in_panic)
		spin_lock(&log_lock);
}

static void unlock_log(void)
{
	if (!in_panic)
		spin_unlock(&log_lock);
}

void log_enter_panic(void)
{
	in_panic = true;
}

static void ring_append(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[(produced + i) % RING_SIZE] = s[i];
	produced += (uint32_t)n;
	if (produced - oldest > RING_SIZE)
		oldest = produced - RING_SIZE;
}

void log_clock_runs(void)
{
	clock_runs = true;
}

/* A line begins here. */
static void stamp_take(void)
{
	uint64_t now;

	if (!clock_runs || in_panic)
		return;
	now = system_time();
	if (nr_stamps && now - stamp[(nr_stamps - 1) % NR_STAMPS].ns < 1000000)
		return;
	stamp[nr_stamps % NR_STAMPS].at = produced;
	stamp[nr_stamps++ % NR_STAMPS].ns = now;
}

bool log_line_time(uint32_t at, uint64_t *ns)
{
	bool found = false;

	lock_log();
	for (uint32_t i = 0; !found && i < MIN(nr_stamps, NR_STAMPS) && produced - at <= RING_SIZE; i++) {
		uint32_t n = (nr_stamps - 1 - i) % NR_STAMPS;

		/* Numbers go round: how far back counts. */
		found = produced - stamp[n].at >= produced - at;
		*ns = stamp[n].ns;
	}
	unlock_log();
	return found;
}

void log_replay(void)
{
	lock_log();
	for (uint32_t i = oldest; i != produced;) {
		uint32_t n = MIN(produced - i, RING_SIZE - i % RING_SIZE);

		console_write(ring + i % RING_SIZE, n);
		i += n;
	}
	unlock_log();
}

static void emit(const char *prefix, const char *fmt, va_list args)
{
	char line[LINE_SIZE];
	int head, n;

	head = snprintf(line, sizeof(line), "(hv) %s", prefix);
	n = head + vsnprintf(line + head, sizeof(line) - (size_t)head, fmt, args);
	if (n >= LINE_SIZE) {
		n = LINE_SIZE - 1;
		line[n - 1] = '\n';
	}
	lock_log();
	stamp_take();
	ring_append(line, (size_t)n);
	console_write(line, (size_t)n);
	unlock_log();
	log_return_news();
}

uint32_t log_news_size(void)
{
	return READ_ONCE(news) ? READ_ONCE(produced) - READ_ONCE(told) : 0;
}

bool log_take_news(void)
{
	WRITE_ONCE(told, READ_ONCE(produced));
	return __atomic_exchange_n(&news, false, __ATOMIC_SEQ_CST);
}

void log_return_news(void)
{
	__atomic_store_n(&news, true, __ATOMIC_SEQ_CST);
	if (!in_panic)
		cpu_raise_work(WORK_DEBUG);
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit("", fmt, args);
	va_end(args);
}

/* Takes a token; *lost is the number of messages dropped since the last one let through. */
static bool guest_may_log(uint32_t *lost)
{
	uint64_t now = system_time(), earned;
	bool ok;

	lock_log();
	earned = (now - guest_limit.last) / GUEST_PERIOD_NS;
	if (earned) {
		guest_limit.tokens = (uint32_t)MIN(guest_limit.tokens + earned, (uint64_t)GUEST_BURST);
		guest_limit.last = now;
	}
	ok = guest_limit.tokens;
	if (ok) {
		guest_limit.tokens--;
		*lost = guest_limit.lost;
		guest_limit.lost = 0;
	} else {
		guest_limit.lost++;
	}
	unlock_log();
	return ok;
}

void log_guest(const char *fmt, ...)
{
	uint32_t lost = 0;
	va_list args;

	if (!guest_may_log(&lost))
		return;
	if (lost)
		printk("(%u messages about guests were dropped)\n", lost);
	va_start(args, fmt);
	emit("", fmt, args);
	va_end(args);
}

void log_raw(const char *s, size_t n)
{
	lock_log();
	console_write(s, n);
	unlock_log();
}

uint32_t log_oldest(void)
{
	return READ_ONCE(oldest);
}

size_t log_read(uint32_t *index, char *buf, size_t len)
{
	size_t done = 0;

	lock_log();
	if (produced - *index > produced - oldest)
		*index = oldest;
	while (done < len && *index != produced)
		buf[done++] = ring[(*index)++ % RING_SIZE];
	unlock_log();
	return done;
}

void log_clear(void)
{
	lock_log();
	oldest = produced;
	unlock_log();
}
