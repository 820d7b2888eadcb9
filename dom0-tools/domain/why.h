/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/why.h
 *
 * What a device waits for, in words.  Pure.
 */
#ifndef SOCLE_DOMAIN_WHY_H
#define SOCLE_DOMAIN_WHY_H

#include <stdbool.h>

/* What is known of one device; states are XenbusState*, 0 when the node is missing. */
struct why_device {
	unsigned int front, back;
	const char *error;     /* of the backend, or NULL */
	bool kernel;           /* served by the kernel's backend */
	bool supervised;       /* the guest's supervisor runs */
	bool asked_to_go;      /* taken offline */
	bool worker;           /* it has a process */
};

/* A sentence without name; NULL when it waits for nothing. */
const char *why_device(const struct why_device *d);

#endif /* SOCLE_DOMAIN_WHY_H */
