/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf, on the hypervisor's console (dom0) or the guest's own console ring, and the few string functions that the compiler
 * calls. A ring that nobody reads costs the text, not the guest.
 */
#include <abi/event_channel.h>
#include <abi/io/console.h>
#include <abi/sched.h>
#include "kit/kit.h"

struct sink {
	char *buf;
	size_t size, len;
};

static void put(struct sink *s, char c)
{
	if (s->len + 1 < s->size)
		s->buf[s->len] = c;
	s->len++;
}

static void put_number(struct sink *s, uint64_t v, unsigned int base, int width, char pad)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	for (int i = n; i < width; i++)
		put(s, pad);
	while (n)
		put(s, digits[--n]);
}

static void put_string(struct sink *s, const char *str)
{
	for (str = str ? str : "(null)"; *str; str++)
		put(s, *str);
}

/* %d %u %x %c %s %% with l, a width and zero padding: all that tests print. */
int kit_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct sink s = { buf, size, 0 };

	for (; *fmt; fmt++) {
		bool wide = false;
		char pad = ' ';
		int width = 0;

		if (*fmt != '%') {
			put(&s, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == '0')
			pad = *fmt++;
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + *fmt - '0';
		for (; *fmt == 'l'; fmt++)
			wide = true;
		if (*fmt == 'd') {
			int64_t v = wide ? va_arg(ap, int64_t) : va_arg(ap, int);

			if (v < 0)
				put(&s, '-');
			put_number(&s, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, width, pad);
		} else if (*fmt == 'u' || *fmt == 'x') {
			put_number(&s, wide ? va_arg(ap, uint64_t) : va_arg(ap, unsigned int), *fmt == 'u' ? 10 : 16, width, pad);
		} else if (*fmt == 's') {
			put_string(&s, va_arg(ap, const char *));
		} else if (*fmt == 'c') {
			put(&s, (char)va_arg(ap, int));
		} else {
			put(&s, *fmt);
		}
	}
	if (size)
		buf[s.len < size ? s.len : size - 1] = '\0';
	return (int)s.len;
}

#define RING_TRIES 20000

static bool busy;

static struct xencons_interface *console_ring(void)
{
	return kit_start_info->console.domU.mfn ? kit_mfn_to_va(kit_start_info->console.domU.mfn) : NULL;
}

static void notify_reader(void)
{
	struct evtchn_send send = { .port = kit_start_info->console.domU.evtchn };

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

static void ring_write(const char *text, int n)
{
	struct xencons_interface *r = console_ring();

	for (int i = 0; r && i < n; i++) {
		for (unsigned int tries = 0; r->out_prod - __atomic_load_n(&r->out_cons, __ATOMIC_ACQUIRE) >= XENCONS_OUT_RING_SIZE;) {
			notify_reader();
			kit_relax();
			if (++tries > RING_TRIES)
				return;
		}
		r->out[r->out_prod % XENCONS_OUT_RING_SIZE] = text[i];
		__atomic_store_n(&r->out_prod, r->out_prod + 1, __ATOMIC_RELEASE);
	}
	if (r)
		notify_reader();
}

void kit_console_drain(void)
{
	struct xencons_interface *r = kit_privileged() ? NULL : console_ring();

	for (unsigned int tries = 0; r && tries < RING_TRIES && __atomic_load_n(&r->out_cons, __ATOMIC_ACQUIRE) != r->out_prod; tries++)
		kit_relax();
}

static void vprint(const char *prefix, const char *fmt, va_list ap, const char *suffix)
{
	char line[256];
	int n = 0;

	while (*prefix)
		line[n++] = *prefix++;
	n += kit_vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	while (*suffix)
		line[n++] = *suffix++;
	while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		kit_relax();
	if (kit_privileged())
		hypercall3(__HYPERVISOR_console_io, 0, n, line);
	else
		ring_write(line, n);
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

void kit_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint("", fmt, ap, "");
	va_end(ap);
}

void kit_bail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint("Bail out! ", fmt, ap, "\n");
	va_end(ap);
	kit_console_drain();
	kit_shutdown(SHUTDOWN_crash);
}

void *memcpy(void *dst, const void *src, size_t n)
{
	void *ret = dst;

	__asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(n) : : "memory");
	return ret;
}

void *memset(void *dst, int c, size_t n)
{
	void *ret = dst;

	__asm__ volatile("rep stosb" : "+D"(dst), "+c"(n) : "a"(c) : "memory");
	return ret;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--, a++, b++)
		;
	return n ? (uint8_t)*a - (uint8_t)*b : 0;
}
