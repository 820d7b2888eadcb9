/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/pv/insn.c: the decoder, operand access and the ALU. Encodings are assembled by hand from SDM vol. 2; the
 * ALU is compared with the CPU that runs the test. Every accepted encoding is also offered truncated at each
 * length, and random bytes are offered in buffers of exactly their size so that the sanitizer sees any overrun.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "pv/insn.h"
#include "pv/vectors.h"
#include "suite.h"

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

/* Decodes exactly len bytes from a buffer of that size; also checks that no prefix of them is accepted. */
static struct insn decode_mode(const uint8_t *bytes, size_t len, bool long_mode)
{
	struct insn in;
	size_t n;

	for (n = 0; n <= len; n++) {
		uint8_t *exact = malloc(n ? n : 1);
		bool ok;

		memcpy(exact, bytes, n);
		ok = insn_decode(exact, n, long_mode, &in);
		free(exact);
		ck_assert_msg(ok == (n == len), "length %zu of %zu", n, len);
	}
	ck_assert_uint_eq(in.len, len);
	return in;
}

static struct insn decode(const uint8_t *bytes, size_t len)
{
	return decode_mode(bytes, len, true);
}

static void refused(const uint8_t *bytes, size_t len)
{
	struct insn in;

	ck_assert(!insn_decode(bytes, len, true, &in));
}

START_TEST(linux_page_table_writes)
{
	struct insn in;

	in = decode(BYTES(0x48, 0x87, 0x03));			/* xchg %rax,(%rbx) */
	ck_assert_int_eq(in.op, INSN_XCHG);
	ck_assert_uint_eq(in.opsize, 8);
	ck_assert_uint_eq(in.reg, 0);
	ck_assert_uint_eq(in.base, 3);
	in = decode(BYTES(0x49, 0x87, 0x45, 0x00));		/* xchg %rax,0(%r13) */
	ck_assert_uint_eq(in.base, 13);
	in = decode(BYTES(0xf0, 0x80, 0x23, 0xfd));		/* lock andb $0xfd,(%rbx) */
	ck_assert_int_eq(in.op, INSN_AND);
	ck_assert(in.lock && in.has_imm);
	ck_assert_uint_eq(in.opsize, 1);
	ck_assert_uint_eq(in.imm & 0xff, 0xfd);
	in = decode(BYTES(0x4c, 0x89, 0x2c, 0xcf));		/* mov %r13,(%rdi,%rcx,8) */
	ck_assert_int_eq(in.op, INSN_STORE);
	ck_assert_uint_eq(in.reg, 13);
	ck_assert_uint_eq(in.base, 7);
	ck_assert_uint_eq(in.index, 1);
	ck_assert_uint_eq(in.scale, 3);
}
END_TEST

START_TEST(memory_writes)
{
	struct insn in;

	in = decode(BYTES(0x48, 0xc7, 0x00, 0xff, 0xff, 0xff, 0xff));	/* movq $-1,(%rax) */
	ck_assert_int_eq(in.op, INSN_STORE);
	ck_assert_uint_eq(in.imm, ~0ull);
	in = decode(BYTES(0x66, 0xc7, 0x00, 0x34, 0x12));		/* movw */
	ck_assert_uint_eq(in.opsize, 2);
	ck_assert_uint_eq(in.imm, 0x1234);
	in = decode(BYTES(0xc6, 0x40, 0x05, 0x80));			/* movb $0x80,5(%rax) */
	ck_assert_int_eq(in.disp, 5);
	in = decode(BYTES(0xf0, 0x48, 0x0f, 0xb1, 0x0a));		/* lock cmpxchg %rcx,(%rdx) */
	ck_assert_int_eq(in.op, INSN_CMPXCHG);
	in = decode(BYTES(0xf0, 0x0f, 0xb0, 0x0a));
	ck_assert_uint_eq(in.opsize, 1);
	in = decode(BYTES(0xf0, 0x48, 0x81, 0x08, 0, 1, 0, 0));		/* lock orq $0x100,(%rax) */
	ck_assert_int_eq(in.op, INSN_OR);
	ck_assert_uint_eq(in.imm, 0x100);
	in = decode(BYTES(0xf0, 0x83, 0x00, 0xff));			/* lock addl $-1,(%rax) */
	ck_assert_int_eq(in.op, INSN_ADD);
	ck_assert_uint_eq(in.imm, ~0ull);
	in = decode(BYTES(0x29, 0x11));					/* sub %edx,(%rcx) */
	ck_assert_int_eq(in.op, INSN_SUB);
	in = decode(BYTES(0x30, 0x31));					/* xor %dh,(%rcx) */
	ck_assert_int_eq(in.op, INSN_XOR);
	ck_assert(in.high_byte && in.reg == 2);
	in = decode(BYTES(0x40, 0x30, 0x31));				/* xor %sil,(%rcx) */
	ck_assert(!in.high_byte && in.reg == 6);
	in = decode(BYTES(0xf0, 0x48, 0x0f, 0xba, 0x28, 0x3f));		/* lock btsq $63,(%rax) */
	ck_assert_int_eq(in.op, INSN_BTS);
	ck_assert_uint_eq(in.imm, 63);
	ck_assert_int_eq(decode(BYTES(0x0f, 0xba, 0x30, 0x01)).op, INSN_BTR);
	ck_assert_int_eq(decode(BYTES(0x0f, 0xba, 0x38, 0x01)).op, INSN_BTC);
	ck_assert_int_eq(decode(BYTES(0x48, 0x0f, 0xab, 0x07)).op, INSN_BTS);
	ck_assert_int_eq(decode(BYTES(0x48, 0x0f, 0xb3, 0x07)).op, INSN_BTR);
	ck_assert_int_eq(decode(BYTES(0x48, 0x0f, 0xbb, 0x07)).op, INSN_BTC);
	ck_assert_int_eq(decode(BYTES(0x8b, 0x07)).op, INSN_LOAD);
}
END_TEST

START_TEST(addresses)
{
	struct cpu_user_regs r = { .rax = 0x1000, .rbx = 0x2000, .rsp = 0x3000, .r12 = 0x4000, .r13 = 0x5000, .rip = 0x100000 };
	struct insn in;

	in = decode(BYTES(0x89, 0x44, 0x24, 0xf8));		/* mov %eax,-8(%rsp) */
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0x2ff8);
	in = decode(BYTES(0x41, 0x89, 0x04, 0x24));		/* mov %eax,(%r12) */
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0x4000);
	in = decode(BYTES(0x42, 0x89, 0x04, 0xa3));		/* mov %eax,(%rbx,%r12,4) */
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0x12000);
	in = decode(BYTES(0x89, 0x05, 0x10, 0, 0, 0));		/* mov %eax,16(%rip) */
	ck_assert(in.rip_relative);
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0x100016);
	in = decode(BYTES(0xc7, 0x05, 0x10, 0, 0, 0, 1, 0, 0, 0));	/* the immediate counts, too */
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0x10001a);
	in = decode(BYTES(0x89, 0x04, 0x25, 0, 0, 0, 0x80));	/* mov %eax,0xffffffff80000000 */
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0xffffffff80000000ull);
	in = decode(BYTES(0x65, 0x89, 0x83, 0, 1, 0, 0));	/* mov %eax,%gs:0x100(%rbx) */
	ck_assert_int_eq(in.seg, INSN_SEG_GS);
	ck_assert_uint_eq(insn_address(&in, &r, 0x70000), 0x72100);
	in = decode(BYTES(0x67, 0x89, 0x43, 0x80));		/* mov %eax,-128(%ebx) */
	r.rbx = 0xffffffff00000010;
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0xffffff90);
	in = decode_mode(BYTES(0x89, 0x05, 0x10, 0, 0, 0), false);
	ck_assert(!in.rip_relative);
	ck_assert_uint_eq(insn_address(&in, &r, 0), 0x10);
}
END_TEST

START_TEST(privileged)
{
	struct insn in;

	ck_assert_int_eq(decode(BYTES(0xfa)).op, INSN_CLI);
	ck_assert_int_eq(decode(BYTES(0xfb)).op, INSN_STI);
	ck_assert_int_eq(decode(BYTES(0xf4)).op, INSN_HLT);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x06)).op, INSN_CLTS);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x08)).op, INSN_INVD);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x09)).op, INSN_WBINVD);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x30)).op, INSN_WRMSR);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x31)).op, INSN_RDTSC);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x32)).op, INSN_RDMSR);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x33)).op, INSN_RDPMC);
	ck_assert_int_eq(decode(BYTES(0x0f, 0xa2)).op, INSN_CPUID);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x01, 0xd1)).op, INSN_XSETBV);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x01, 0xf9)).op, INSN_RDTSCP);
	in = decode(BYTES(0xcd, 0x80));
	ck_assert(in.op == INSN_INT && in.imm == 0x80);
	in = decode(BYTES(0x0f, 0x20, 0xd0));			/* mov %cr2,%rax */
	ck_assert(in.op == INSN_READ_CR && in.imm == 2 && in.reg == 0);
	in = decode(BYTES(0x41, 0x0f, 0x22, 0xe7));		/* mov %r15,%cr4 */
	ck_assert(in.op == INSN_WRITE_CR && in.imm == 4 && in.reg == 15);
	in = decode(BYTES(0x44, 0x0f, 0x20, 0xc0));		/* mov %cr8,%rax */
	ck_assert(in.op == INSN_READ_CR && in.imm == 8);
	in = decode(BYTES(0x0f, 0x23, 0xf9));			/* mov %rcx,%db7 */
	ck_assert(in.op == INSN_WRITE_DR && in.imm == 7 && in.reg == 1);
	ck_assert_int_eq(decode(BYTES(0x0f, 0x21, 0xf1)).op, INSN_READ_DR);
}
END_TEST

START_TEST(ports)
{
	struct insn in;

	in = decode(BYTES(0xe4, 0x61));
	ck_assert(in.op == INSN_IN && in.has_imm && in.imm == 0x61 && in.opsize == 1);
	in = decode(BYTES(0xed));
	ck_assert(in.op == INSN_IN && !in.has_imm && in.opsize == 4);
	in = decode(BYTES(0x66, 0xef));
	ck_assert(in.op == INSN_OUT && in.opsize == 2);
	in = decode(BYTES(0x48, 0xed));
	ck_assert_uint_eq(in.opsize, 4);
	in = decode(BYTES(0xe7, 0xf8));
	ck_assert(in.op == INSN_OUT && in.imm == 0xf8);
	in = decode(BYTES(0xf3, 0x66, 0x6d));			/* rep insw */
	ck_assert(in.op == INSN_INS && in.rep && in.opsize == 2 && in.addrsize == 8);
	in = decode(BYTES(0x67, 0x6e));				/* outsb (%esi) */
	ck_assert(in.op == INSN_OUTS && !in.rep && in.addrsize == 4);
	in = decode_mode(BYTES(0xf3, 0x6f), false);
	ck_assert(in.opsize == 4 && in.addrsize == 4);
}
END_TEST

START_TEST(prefix_rules)
{
	uint8_t padded[17];
	struct insn in;

	/* REX only counts directly before the opcode */
	in = decode(BYTES(0x48, 0x66, 0x89, 0x00));
	ck_assert_uint_eq(in.opsize, 2);
	in = decode(BYTES(0x66, 0x48, 0x89, 0x00));
	ck_assert_uint_eq(in.opsize, 8);
	/* 40-4f are instructions outside 64-bit mode */
	ck_assert(!insn_decode(BYTES(0x48, 0x89, 0x00), false, &in));
	/* 15 bytes are an instruction, 16 are none */
	memset(padded, 0x3e, sizeof(padded));
	padded[14] = 0xfa;
	ck_assert(insn_decode(padded, 17, true, &in));
	ck_assert_uint_eq(in.len, 15);
	padded[14] = 0x3e;
	padded[15] = 0xfa;
	ck_assert(!insn_decode(padded, 17, true, &in));
}
END_TEST

START_TEST(not_ours)
{
	refused(BYTES(0x90));
	refused(BYTES(0x89, 0xc0));				/* register to register */
	refused(BYTES(0x87, 0xd8));
	refused(BYTES(0xf0, 0x89, 0x00));			/* lock mov */
	refused(BYTES(0xf0, 0xfa));				/* lock cli */
	refused(BYTES(0xc7, 0x08, 0, 0, 0, 0));			/* c7 /1 */
	refused(BYTES(0x83, 0x10, 1));				/* adc */
	refused(BYTES(0x83, 0x38, 1));				/* cmp does not write */
	refused(BYTES(0x0f, 0xba, 0x20, 1));			/* bt does not write */
	refused(BYTES(0x0f, 0x01, 0xf8));			/* swapgs */
	refused(BYTES(0x0f, 0x01, 0x10));			/* lgdt */
	refused(BYTES(0x0f, 0x00, 0xd0));			/* lldt */
	refused(BYTES(0xc5, 0xf8, 0x11, 0x00));			/* vmovups */
	refused(BYTES(0x0f, 0x0b));				/* ud2 */
}
END_TEST

START_TEST(registers)
{
	struct cpu_user_regs r = { .rax = 0x1122334455667788, .r15 = 15, .rsp = 4 };
	struct insn in = { .opsize = 4 };

	ck_assert_ptr_eq(insn_reg(&r, 0), &r.rax);
	ck_assert_ptr_eq(insn_reg(&r, 4), &r.rsp);
	ck_assert_ptr_eq(insn_reg(&r, 7), &r.rdi);
	ck_assert_ptr_eq(insn_reg(&r, 15), &r.r15);
	ck_assert_uint_eq(insn_read_reg(&in, &r), 0x55667788);
	insn_write_reg(&in, &r, 0xffffffffaabbccddull);
	ck_assert_uint_eq(r.rax, 0xaabbccdd);
	in.opsize = 1;
	in.high_byte = true;
	ck_assert_uint_eq(insn_read_reg(&in, &r), 0xcc);
	insn_write_reg(&in, &r, 0x199);
	ck_assert_uint_eq(r.rax, 0xaabb99dd);
	in.high_byte = false;
	insn_write_reg(&in, &r, 0x11);
	ck_assert_uint_eq(r.rax, 0xaabb9911);
	in.opsize = 2;
	insn_write_reg(&in, &r, 0x12345);
	ck_assert_uint_eq(r.rax, 0xaabb2345);
}
END_TEST

#define NATIVE(insn, type) do { \
	type d_ = dst; \
	__asm__(insn " %2, %0; pushfq; popq %1" : "+r"(d_), "=r"(flags) : "r"((type)src) : "cc"); \
	want = d_; \
} while (0)
#define NATIVE_SIZES(name) switch (size) { \
	case 1: NATIVE(name "b", uint8_t); break; \
	case 2: NATIVE(name "w", uint16_t); break; \
	case 4: NATIVE(name "l", uint32_t); break; \
	default: NATIVE(name "q", uint64_t); }

static void alu_against_cpu(enum insn_op op, unsigned int size, uint64_t dst, uint64_t src)
{
	uint64_t want = 0, flags = 0, mask = RFLAGS_ARITH, ours = ~0ull, got;

	switch (op) {
	case INSN_ADD:
		NATIVE_SIZES("add");
		break;
	case INSN_SUB:
		NATIVE_SIZES("sub");
		break;
	case INSN_OR:
		NATIVE_SIZES("or");
		break;
	case INSN_AND:
		NATIVE_SIZES("and");
		break;
	default:
		NATIVE_SIZES("xor");
		break;
	}
	if (op != INSN_ADD && op != INSN_SUB)
		mask &= ~RFLAGS_AF;	/* undefined after logic */
	got = insn_alu(op, size, dst, src, &ours);
	ck_assert_uint_eq(got, want);
	ck_assert_msg((ours & mask) == (flags & mask), "op %d size %u: %lx, %lx: flags %lx, CPU %lx", op, size,
		      (unsigned long)dst, (unsigned long)src, (unsigned long)(ours & mask), (unsigned long)(flags & mask));
	ck_assert_uint_eq(ours | RFLAGS_ARITH, ~0ull);
}

static uint64_t random64(void)
{
	static const uint64_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
		0x7fffffffffffffff, 0x8000000000000000, ~0ull };

	if (random() % 3 == 0)
		return edges[random() % (sizeof(edges) / sizeof(edges[0]))];
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

START_TEST(alu)
{
	static const enum insn_op ops[] = { INSN_ADD, INSN_SUB, INSN_OR, INSN_AND, INSN_XOR };
	unsigned int i;

	srandom(2);
	for (i = 0; i < 200000; i++)
		alu_against_cpu(ops[i % 5], 1u << (i / 5 % 4), random64(), random64());
}
END_TEST

START_TEST(random_bytes)
{
	unsigned int i, j, accepted = 0;

	srandom(3);
	for (i = 0; i < 1000000; i++) {
		size_t len = random() % 18;
		uint8_t *b = malloc(len ? len : 1);
		struct insn in;

		for (j = 0; j < len; j++)
			b[j] = random();
		if (insn_decode(b, len, random() & 1, &in)) {
			struct cpu_user_regs r = { .rip = 1 };

			accepted++;
			ck_assert_uint_ge(in.len, 1);
			ck_assert_uint_le(in.len, 15);
			ck_assert_uint_le(in.len, len);
			ck_assert_uint_lt(in.reg, 16);
			ck_assert(in.base < 16 || in.base == INSN_NO_REG);
			ck_assert(in.opsize == 1 || in.opsize == 2 || in.opsize == 4 || in.opsize == 8);
			(void)insn_address(&in, &r, 0);
		}
		free(b);
	}
	ck_assert_uint_gt(accepted, 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("insn");
	TCase *tc = tcase_create("insn");

	tcase_add_test(tc, linux_page_table_writes);
	tcase_add_test(tc, memory_writes);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, privileged);
	tcase_add_test(tc, ports);
	tcase_add_test(tc, prefix_rules);
	tcase_add_test(tc, not_ours);
	tcase_add_test(tc, registers);
	tcase_add_test(tc, alu);
	tcase_add_test(tc, random_bytes);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
