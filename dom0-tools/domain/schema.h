/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/schema.h
 *
 * The RELAX NG schema of domain descriptions (dom0-tools/data/domain.rng), as bytes inside the
 * program, so that the tools and the schema can never be of different ages.
 */
#ifndef SOCLE_DOMAIN_SCHEMA_H
#define SOCLE_DOMAIN_SCHEMA_H

extern const char domain_schema[], domain_schema_end[];

#endif /* SOCLE_DOMAIN_SCHEMA_H */
