/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/placefile.h
 *
 * A file that was written beside its place gets its name, unless somebody else's has it by now.
 */
#ifndef SOCLE_DOMAIN_PLACEFILE_H
#define SOCLE_DOMAIN_PLACEFILE_H

/* 0, and beside is no more; or -errno (-EEXIST: the name is taken) with all as it was. */
int file_place(const char *beside, const char *path);

#endif /* SOCLE_DOMAIN_PLACEFILE_H */
