#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The text for Prometheus keeps its format: tests/lib/prom.py reads what the writer makes of numbers and names that are hard, and
# refuses what is wrong. The live one is held to it by tests/system/guests.sh.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cli.sh"
print=./tests/unit/test_metrics
[ -x "$print" ] || skip "no program at $print"
check() { "$top/tests/lib/prom.py" "$1" >"$work/why" 2>&1; }
"$print" --print >"$work/good"
check "$work/good"
verdict $? "what is written keeps the format"
bad() { # NAME "what it says" SED-COMMAND
	sed "$3" "$work/good" >"$work/bad"
	! cmp -s "$work/good" "$work/bad" && ! check "$work/bad" && grep -q "$2" "$work/why"
	verdict $? "refused: $1"
}
bad "a sample twice" "stands twice" '/^socle_host_cpus/p'
bad "no type" "has no type" '/^# TYPE socle_host_cpus/d'
bad "no help" "out of place" '/^# HELP socle_host_cpus/d'
bad "a family in two places" "in two places" '$ { p; s/.*/# HELP socle_host_cpus x/; p; s/HELP/TYPE/; s/x$/gauge/ }'
bad "no number" "no number" 's/^socle_host_cpus 2/socle_host_cpus two/'
bad "a negative counter" "not negative" 's/^\(socle_disk_reads_total.*\) 5$/\1 -5/'
bad "a counter without _total" "does not stand below" 's/^socle_disk_reads_total/socle_disk_reads/'
bad "a quote inside a label" "no sample" 's/a\\"b/a"b/'
bad "buckets that fall" "buckets that fall" 's/le="4.096e-06"} 5/le="4.096e-06"} 2/'
bad "a count that is another" "buckets that fall" 's/^\(socle_domain_wait_seconds_count.*\) 6$/\1 7/'
bad "no +Inf" "do not ascend" '/le="+Inf"/d'
bad "no sum" "one sum" '/^socle_domain_wait_seconds_sum/d'
printf 'socle_x 1' >"$work/bad"
! check "$work/bad"
verdict $? "refused: no end of line"
: >"$work/bad"
! check "$work/bad"
verdict $? "refused: nothing"
finish
