# SPDX-License-Identifier: BSD-2-Clause
# io.csv -> a table with ratios and the verdicts of the goals; exit code 1 when one is missed.
BEGIN { FS = "," }
NR == 1 {
	for (i = 4; i <= NF; i++) col[$i] = i
	printf "%-34s %-24s", "what", "unit"
	for (i = 4; i <= NF; i++) printf " %11s", $i
	printf " %9s %9s  %s\n", "/xen", "/dom0", "goal"
	next
}
{
	printf "%-34s %-24s", $1, $2
	for (i = 4; i <= NF; i++) printf " %11s", $i
	s = col["socle"] ? $col["socle"] : ""; x = col["xen"] ? $col["xen"] : ""; d = col["dom0"] ? $col["dom0"] : ""
	rx = (s != "" && x > 0) ? s / x : ""; rd = (s != "" && d > 0) ? s / d : ""
	goal = ""
	if (rx != "" && $2 !~ /ticks/) {
		if ($3 == "high") goal = rx >= 1.3 ? "met" : "MISSED (1.3 of Xen)"
		else goal = rx < 1 ? "met" : "MISSED (below Xen)"
	}
	if (rd != "" && $2 == "MiB/s" && rd < 0.8) goal = goal " MISSED (0.8 of dom0)"
	if (goal ~ /MISSED/) missed++
	printf " %9s %9s  %s\n", rx == "" ? "" : sprintf("%.2f", rx), rd == "" ? "" : sprintf("%.2f", rd), goal
}
END { if (missed) printf "%d goals missed\n", missed; exit missed > 0 }
