/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest with main(): what calls it, and its options. */
#ifndef SOCLE_KIT_RUN_H
#define SOCLE_KIT_RUN_H

int main(int argc, char *argv[]);
/* The text behind "name=" among the arguments; NULL when it is not there. */
const char *kit_option(int argc, char *argv[], const char *name);

#endif
