/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_hypercall_page.c
 *
 * The page of hypercall stubs (hypervisor/domain/hypercall_page.c): each stub's bytes, its number, and
 * that nothing but int3 lies between the stubs.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../hypervisor/domain/hypercall_page.h"
#include "suite.h"

static uint8_t page[4096];

static void check_stub(uint32_t nr, const uint8_t *head, size_t head_len, const uint8_t *tail,
		       size_t tail_len)
{
	const uint8_t *stub = page + nr * 32;
	size_t i = head_len + 4 + tail_len;
	uint32_t number;

	memcpy(&number, stub + head_len, 4);
	ck_assert_mem_eq(stub, head, head_len);
	ck_assert_uint_eq(number, nr);
	ck_assert_mem_eq(stub + head_len + 4, tail, tail_len);
	for (; i < 32; i++)
		ck_assert_uint_eq(stub[i], 0xcc);
}

START_TEST(every_stub)
{
	/* push rcx; push r11; mov eax / syscall; pop r11; pop rcx; ret */
	static const uint8_t head[] = { 0x51, 0x41, 0x53, 0xb8 };
	static const uint8_t tail[] = { 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
	static const uint8_t iret_head[] = { 0x51, 0x41, 0x53, 0x50, 0xb8 };
	uint32_t nr;

	memset(page, 0, sizeof(page));
	hypercall_page_fill(page);
	for (nr = 0; nr < 128; nr++) {
		if (nr == 23)
			check_stub(nr, iret_head, sizeof(iret_head), tail, 2);
		else
			check_stub(nr, head, sizeof(head), tail, sizeof(tail));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hypercall_page");
	TCase *tc = tcase_create("hypercall_page");

	tcase_add_test(tc, every_stub);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
