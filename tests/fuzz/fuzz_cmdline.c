/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's command line: any text leaves options that are inside their limits. */
#include <stdarg.h>
#include "boot/cmdline.h"
#include "debug/log.h"
#include "fuzz.h"

/* Messages are made, into nowhere: a text that is not terminated would show. */
void printk(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *line = input_text(&in, size);
	size_t n = strlen(line);
	char *word = malloc(n ? n : 1);	/* cmdline_knows() gets words that nothing ends */

	if (!word)
		abort();
	memcpy(word, line, n);
	cmdline_knows(word, n);
	cmdline_parse(line);
	CLAIM(memchr(options.console, 0, sizeof(options.console)));
	CLAIM(!options.dom0_mem || (options.dom0_mem >= 16u << 20 && options.dom0_mem <= 1ull << 42));
	CLAIM(options.com1_baud >= 50 && options.com1_baud <= 115200 && 115200 % options.com1_baud == 0);
	CLAIM(options.com1_port >= 0x100 && options.com1_port <= 0xfff8);
	CLAIM(options.sched_slice_us >= 100 && options.sched_slice_us <= 1000000);
	free(word);
	free(line);
	return 0;
}
