/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's log: a ring that dom0 reads (sysctl readconsole), copied to serial and VGA. Never blocks on a guest's behalf. */
#ifndef SOCLE_DEBUG_LOG_H
#define SOCLE_DEBUG_LOG_H
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Rate-limited message on behalf of a guest. */
void log_guest(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_raw(const char *s, size_t n);		/* dom0's console_io output: to serial and VGA only */
/* sysctl readconsole: copies from *index (clamped to the oldest byte kept) up to len bytes; returns bytes, advances *index. */
size_t log_read(uint32_t *index, char *buf, size_t len);
uint32_t log_oldest(void);			/* number of the oldest byte kept */
void log_clear(void);
/* When the line that has this byte was written, as system time; false: not known (any more). */
bool log_line_time(uint32_t at, uint64_t *ns);
void log_clock_runs(void);			/* lines have a time from now on */
/* Has anything been printed since the last question? Its asker tells the reader, or returns the news undelivered. */
uint32_t log_news_size(void);			/* bytes since then */
bool log_take_news(void);
void log_return_news(void);
void panic(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
struct cpu_user_regs;
void show_registers(const struct cpu_user_regs *r);
void show_address(const char *what, uint64_t addr);	/* with its symbol, if it is code of ours */
void show_stack(const struct cpu_user_regs *r);	/* symbolised backtrace of hypervisor frames */
void panic_regs(const struct cpu_user_regs *r, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));
#define BUG_ON(c) do { if (c) panic("%s:%d: " #c, __FILE__, __LINE__); } while (0)
#define ASSERT(c) BUG_ON(!(c))
void console_early_init(void);			/* polling UART, VGA text */
void console_irq_init(void);			/* receive interrupt */
size_t console_read(char *buf, size_t len);	/* received bytes for dom0 */
#endif
