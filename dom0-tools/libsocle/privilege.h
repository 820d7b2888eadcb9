/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/privilege.h
 *
 * What a daemon gives up once it has opened the devices of Xen: all capabilities, for good, and the way back to them
 * through a program that it would run. What it holds open stays, and it stays the owner of its files.
 */
#ifndef SOCLE_LIBSOCLE_PRIVILEGE_H
#define SOCLE_LIBSOCLE_PRIVILEGE_H

#include "libsocle/error.h"

/* 0, or -1 with the error filled in; then the process must not go on. */
int socle_privileges_drop(struct socle_error *e);

#endif /* SOCLE_LIBSOCLE_PRIVILEGE_H */
