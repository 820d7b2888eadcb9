/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/catalog.S
 *
 * Puts explain.txt into read-only data; SOCLE_EXPLAIN_TXT is its quoted path, given by the build.
 */
	.section .rodata.explain_text, "a", @progbits
	.globl explain_text
	.type explain_text, @object
explain_text:
	.incbin SOCLE_EXPLAIN_TXT
	.byte 0
	.section .note.GNU-stack, "", @progbits
