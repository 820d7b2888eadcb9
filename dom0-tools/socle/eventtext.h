/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/eventtext.h
 *
 * A line of the events for people.  Pure.
 */
#ifndef SOCLE_SOCLE_EVENTTEXT_H
#define SOCLE_SOCLE_EVENTTEXT_H

#include <stddef.h>

#include "domain/record.h"

/* "TIME  NAME  EVENT  more"; control characters become '?'.  out is terminated, cut where it is too small. */
void event_text(const struct record *r, char *out, size_t size);

/* The same without time and name: "device-attached disk xvda: ...", "alice: socle destroy web: done in 12 ms". */
void event_words(const struct record *r, char *out, size_t size);

#endif /* SOCLE_SOCLE_EVENTTEXT_H */
