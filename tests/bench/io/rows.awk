# SPDX-License-Identifier: BSD-2-Clause
# "WHO;IO-..." lines -> "row,unit,better,who,value,dom0 ticks,guest ticks": the median of the rounds.
# fio's terse output, version 3: 7 read KiB/s, 8 read IOPS, 48 write KiB/s, 49 write IOPS; percentiles "99.000000%=us" from 18 and 59.
BEGIN { FS = ";"; OFS = "," }
function p99(from,  i) { for (i = from; i < from + 20; i++) if ($i ~ /^99\.000000%=/) return substr($i, index($i, "=") + 1); return "" }
function keep(row, unit, better, value) {
	if (!((row, unit) in seen)) { seen[row, unit] = 1; order[++rows] = row SUBSEP unit; good[row, unit] = better }
	n[row, unit, who]++
	v[row, unit, who, n[row, unit, who]] = value
}
function median(row, unit, w,  i, j, k, t, a) {
	k = n[row, unit, w]
	for (i = 1; i <= k; i++) a[i] = v[row, unit, w, i] + 0
	for (i = 2; i <= k; i++) for (j = i; j > 1 && a[j] < a[j - 1]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
	return a[int((k + 1) / 2)]
}
{ who = $1; if (!(who in known)) { known[who] = 1; whos[++nw] = who } }
$2 ~ /^IO-FIO / {
	row = substr($2, 8)
	# The row's own words took the place of one field, so that $i here is fio's field i - 2.
	write = row ~ /write/
	if (row ~ /4k/) keep(row, "IOPS", "high", $((write ? 49 : 8) + 2))
	else keep(row, "MiB/s", "high", sprintf("%.1f", $((write ? 48 : 7) + 2) / 1024))
	keep(row, "p99 us", "low", p99((write ? 59 : 18) + 2))
}
$2 ~ /^IO-IPERF / { keep(substr($2, 10), "Mbit/s", "high", $3) }
$2 ~ /^IO-PING / { keep(substr($2, 9), "us", "low", $3) }
$2 ~ /^IO-END / { keep(substr($2, 8), "CPU ticks of dom0", "low", $4); keep(substr($2, 8), "CPU ticks of the guest", "low", $3) }
$2 ~ /^IO-FAIL/ { print "failed: " $0 >"/dev/stderr"; bad = 1 }
END {
	printf "what,unit,better"
	for (i = 1; i <= nw; i++) printf ",%s", whos[i]
	print ""
	for (r = 1; r <= rows; r++) {
		split(order[r], k, SUBSEP)
		gsub(/,/, "", k[1])
		printf "%s,%s,%s", k[1], k[2], good[order[r]]
		split(order[r], k, SUBSEP)
		for (i = 1; i <= nw; i++) printf ",%s", n[k[1], k[2], whos[i]] ? median(k[1], k[2], whos[i]) : ""
		print ""
	}
	exit bad || !rows
}
