# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the libFuzzer targets; run.sh calls it with S (the checkout), B (where to build) and the paths of the tree's
# Makefile. Which modules belong together is taken from the unit tests' lists, so that it is written down once.
# A target NAME is fuzz_NAME.c and NAME_SOURCES; it may have NAME_CPPFLAGS, NAME_LIBS, NAME_RUNS (for check.sh:
# about two seconds), NAME_LEN (the longest input) and NAME_ARGS. Inputs that are programs do not begin short: len_control=0.

top_srcdir = $(S)
top_builddir = $(B)
UNIT_CPPFLAGS = -I$(S)/include -I$(S)/dom0-tools -I$(S)/guest-drivers -I$(S)/hypervisor -I$(S)
include $(S)/dom0-tools/convert/sources.am
include $(S)/tests/unit/store.am $(S)/tests/unit/tools.am $(S)/tests/unit/blk.am $(S)/tests/unit/loader.am
include $(S)/dom0-tools/netd/sources.am $(S)/dom0-tools/blkd/sources.am
include $(S)/tests/unit/boot.am $(S)/tests/unit/mm.am $(S)/tests/unit/evtchn.am $(S)/tests/unit/pv.am
include $(S)/tests/unit/netfront.am $(S)/guest-drivers/guests/router/sources.am
include $(S)/tests/unit/kit.am

CC = clang
CFLAGS = -std=gnu17 -g -O1 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla -Werror -fno-omit-frame-pointer \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
# gettid, memmem, open_memstream
CPPFLAGS = -D_GNU_SOURCE

TARGETS = elf bzimage decompress cmdline e820 bootinfo acpi insn desc lib config convert rings netd store_wire store_request \
	store_client store_journal mm netfront netcard router blkfront blk

HV_LIB = -isystem $(S)/hypervisor/lib/include $(HV_STRING_NAMES)

elf_SOURCES = $(tests_unit_test_elf_SOURCES) $(tests_unit_test_dom0_layout_SOURCES)
elf_RUNS = 80000
elf_LEN = 4096
bzimage_SOURCES = $(tests_unit_test_bzimage_SOURCES)
bzimage_RUNS = 300000
bzimage_LEN = 4096
decompress_SOURCES = $(tests_unit_test_decompress_SOURCES)
decompress_LIBS = -lz -llzma -lzstd -llz4
decompress_RUNS = 20000
cmdline_SOURCES = $(tests_unit_test_cmdline_SOURCES)
cmdline_CPPFLAGS = $(HV_LIB)
cmdline_RUNS = 100000
e820_SOURCES = hypervisor/boot/e820.c
e820_RUNS = 30000
e820_LEN = 640
bootinfo_SOURCES = hypervisor/boot/bootinfo.c $(tests_unit_test_cmdline_SOURCES)
bootinfo_CPPFLAGS = $(HV_LIB)
bootinfo_RUNS = 30000
acpi_SOURCES = hypervisor/platform/acpi.c
acpi_RUNS = 30000
insn_SOURCES = $(tests_unit_test_insn_SOURCES)
insn_RUNS = 300000
insn_LEN = 256
desc_SOURCES = $(tests_unit_test_desc_SOURCES)
desc_RUNS = 300000
desc_LEN = 128
lib_SOURCES = $(tests_unit_test_lib_SOURCES)
lib_CPPFLAGS = $(tests_unit_test_lib_CPPFLAGS)
lib_RUNS = 25000
lib_LEN = 512
config_SOURCES = $(tests_unit_test_config_SOURCES)
config_CPPFLAGS = $(shell pkg-config --cflags libxml-2.0 uuid) -DSOCLE_DOMAIN_RNG='"$(S)/dom0-tools/data/domain.rng"'
config_LIBS = $(shell pkg-config --libs libxml-2.0 uuid)
config_RUNS = 20000
convert_SOURCES = $(tests_unit_test_convert_SOURCES)
convert_CPPFLAGS = $(config_CPPFLAGS)
convert_LIBS = $(config_LIBS)
convert_RUNS = 3000
rings_SOURCES = dom0-tools/consoled/ring.c $(BLK_RING) dom0-tools/blkd/request.c dom0-tools/stored/ring.c
rings_RUNS = 40000
rings_ARGS = -len_control=0
# Its messages are stubs: a guest makes a million of them.
netd_SOURCES = $(NETD_SOURCES) dom0-tools/device/bucket.c dom0-tools/libsocle/error.c
netd_RUNS = 5000
netd_ARGS = -len_control=0
blk_SOURCES = $(filter-out dom0-tools/blkd/file.c,$(BLKD_ENGINE)) dom0-tools/blkd/store.c dom0-tools/libsocle/error.c
blk_RUNS = 5000
blk_ARGS = -len_control=0
store_wire_SOURCES = $(tests_unit_test_store_wire_SOURCES)
store_wire_RUNS = 80000
store_request_SOURCES = $(tests_unit_test_store_request_SOURCES)
store_request_RUNS = 10000
store_request_ARGS = -len_control=0
store_request_LEN = 1024
store_journal_SOURCES = $(STORE_CORE)
store_journal_RUNS = 15000
store_journal_ARGS = -len_control=0
store_journal_LEN = 1024
store_client_SOURCES = $(tests_unit_test_store_client_SOURCES)
store_client_RUNS = 30000
store_client_LEN = 1024

netcard_SOURCES = $(tests_unit_test_netfront_SOURCES)
netcard_CPPFLAGS = -I$(S)/tests
netcard_RUNS = 600
netcard_ARGS = -len_control=0
netcard_LEN = 1024
router_SOURCES = $(tests_unit_test_router_SOURCES)
router_RUNS = 15000
router_ARGS = -len_control=0
router_LEN = 1024
netfront_SOURCES = $(tests_unit_test_net_ring_SOURCES)
netfront_RUNS = 25000
netfront_ARGS = -len_control=0

blkfront_SOURCES = $(tests_unit_test_blkfront_SOURCES) guest-drivers/kit/store_ring.c
blkfront_CPPFLAGS = -I$(S)/tests
blkfront_RUNS = 1500
blkfront_ARGS = -len_control=0
blkfront_LEN = 1024

mm_SOURCES = $(MM_HOST_SOURCES)
mm_CPPFLAGS = $(MM_HOST_CPPFLAGS)
mm_RUNS = 1200
mm_ARGS = -len_control=0
mm_LEN = 1024

all: $(TARGETS:%=$(B)/fuzz_%) $(B)/mkseeds

# What run.sh needs to know: name, runs, longest input.
list:
	@$(foreach t,$(TARGETS),echo "$(t) $(or $($(t)_RUNS),10000) $(or $($(t)_LEN),2048) $($(t)_ARGS)";)

define target
$(1)_OBJS = $$(patsubst %,$(B)/$(1).d/%.o,$$(sort $$(filter-out tests/unit/test_%,$$(filter %.c %.S,$$($(1)_SOURCES))))) \
	$(B)/$(1).d/tests/fuzz/fuzz_$(1).c.o
$(B)/fuzz_$(1): $$($(1)_OBJS)
	$$(CC) $$(CFLAGS) -o $$@ $$^ $$($(1)_LIBS)
$(B)/$(1).d/%.o: $(S)/%
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$($(1)_CPPFLAGS) $$(UNIT_CPPFLAGS) $$(CFLAGS) -MMD -c -o $$@ $$<
-include $$($(1)_OBJS:.o=.d)
endef
$(foreach t,$(TARGETS),$(eval $(call target,$(t))))

# The seeds that are not text are made by a program: they can be read, and stay right when a format's tests change.
$(B)/mkseeds: $(S)/tests/fuzz/mkseeds.c $(S)/tests/unit/loader_image.h
	$(CC) $(CPPFLAGS) $(UNIT_CPPFLAGS) -std=gnu17 -g -Wall -Wextra -Werror -o $@ $< -lz -llzma -lzstd -llz4
