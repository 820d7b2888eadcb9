/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before every C file of the hypervisor by -include: declarations without a definition in sight are
 * hidden too (-fvisibility=hidden covers definitions only). Otherwise the compiler reaches them through a
 * global offset table, which a statically linked image at a high address neither needs nor can relax away.
 */
#pragma GCC visibility push(hidden)
