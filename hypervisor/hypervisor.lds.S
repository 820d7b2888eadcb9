/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image: linked at HV_IMAGE_VIRT + physical address, one load segment whose file layout equals its memory
 * layout, because multiboot's address fields describe exactly one copy. Sections end on page boundaries
 * so that mm/space.c can give each its own permissions. The symbol table for backtraces comes last in .rodata:
 * filling it in the second link moves no function.
 */
#include "mm/layout.h"

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)
ENTRY(boot_start_phys)

PHDRS
{
	image PT_LOAD;
	note PT_NOTE;
}

SECTIONS
{
	. = HV_IMAGE_VIRT + HV_LOAD_PADDR;
	__image_start = .;

	.text : AT(ADDR(.text) - HV_IMAGE_VIRT) {
		__text_start = .;
		KEEP(*(.multiboot))
		*(.text.boot)
		*(.text .text.*)
		. = ALIGN(4096);
		__text_end = .;
	} :image =0xcccccccc

	.rodata : AT(ADDR(.rodata) - HV_IMAGE_VIRT) {
		__rodata_start = .;
		*(.rodata .rodata.* .lrodata .lrodata.*)
		*(.data.rel.ro .data.rel.ro.*)
		. = ALIGN(8);
		ex_table_start = .;
		KEEP(*(.ex_table))
		ex_table_end = .;
	} :image

	.note.gnu.build-id : AT(ADDR(.note.gnu.build-id) - HV_IMAGE_VIRT) {
		__build_id_start = .;
		KEEP(*(.note.gnu.build-id))
		__build_id_end = .;
	} :image :note

	.syms : AT(ADDR(.syms) - HV_IMAGE_VIRT) {
		. = ALIGN(8);
		KEEP(*(.socle_syms))
		. = ALIGN(4096);
		__rodata_end = .;
	} :image

	.data : AT(ADDR(.data) - HV_IMAGE_VIRT) {
		__data_start = .;
		*(.data .data.*)
		*(.got .got.plt .igot .igot.plt)
		. = ALIGN(4096);
		__load_end = .;
	} :image

	.bss : AT(ADDR(.bss) - HV_IMAGE_VIRT) {
		__bss_start = .;
		. = ALIGN(CPU_STACK_SIZE);
		*(.bss.stack)
		*(.bss.page)
		*(.bss .bss.* COMMON)
		. = ALIGN(4096);
		__bss_end = .;
	} :image

	__image_end = .;
	boot_start_phys = boot_start - HV_IMAGE_VIRT;

	/DISCARD/ : {
		*(.comment .eh_frame .eh_frame_hdr .note.GNU-stack .note.gnu.property .interp .dynamic .dynsym
		  .dynstr .hash .gnu.hash .rela.* .gnu.version*)
	}
}

ASSERT(__image_end - __image_start < 0x2000000, "the image must stay below 32 MiB")
ASSERT(cpu0_stack % CPU_STACK_SIZE == 0, "struct cpu_info is found by masking the stack pointer")
