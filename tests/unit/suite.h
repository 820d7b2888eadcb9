/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a program of tests: a suite is run, and the program's exit code says whether all of it passed. */
#ifndef SOCLE_TESTS_SUITE_H
#define SOCLE_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

static inline int suite_run(Suite *s)
{
	SRunner *sr = srunner_create(s);
	int failed;

	srunner_run_all(sr, CK_ENV);	/* $CK_VERBOSITY */
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
