/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/schema.S
 *
 * Puts the schema file into read-only data; SOCLE_DOMAIN_RNG is its quoted path, given by the
 * build.
 */
	.section .rodata.domain_schema, "a", @progbits
	.globl domain_schema, domain_schema_end
	.type domain_schema, @object
domain_schema:
	.incbin SOCLE_DOMAIN_RNG
domain_schema_end:
	.byte 0
	.section .note.GNU-stack, "", @progbits
