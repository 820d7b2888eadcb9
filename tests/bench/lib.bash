# SPDX-License-Identifier: BSD-2-Clause
# Shared by the benchmarks: a bare kernel booted on either hypervisor, tables, plots. After lib/{common,kernel,qemu}.sh.

SOCLE_BENCH_SAMPLES=21

# Boots a kernel as dom0, "PATH ARGUMENTS[,IMAGE]", and keeps its lines "BENCH..." in FILE.txt; fails when the last of them
# is missing. BENCH_DOM0: its memory in MiB.
# BENCH_SHIFT=N: one instruction takes 2^N ns of virtual time, instead of time by the clock. BENCH_CPUS: how many CPUs.
bench_boot() { # socle|xen kernel file
	local image append accel="-accel tcg,thread=multi" h=$1 kernel=$2 out=$3 dom0=${BENCH_DOM0:-64}
	case $h in
	socle) image=$SOCLE_BUILD/hypervisor/socle.elf append="console=com1 dom0_mem=${dom0}M" ;;
	xen) fetch_xen; image=$XEN_IMAGE append="console=com1 com1=115200,8n1 dom0_mem=${dom0}M loglvl=none" ;;
	esac
	[ -e "${kernel%% *}" ] || die "${kernel%% *} is missing; run make first"
	[ -n "${BENCH_SHIFT:-}" ] && accel="-accel tcg,thread=single -icount shift=$BENCH_SHIFT,sleep=off"
	# shellcheck disable=SC2086
	timeout -k 2 "${BENCH_TIMEOUT:-120}" qemu-system-x86_64 $accel -cpu "${QEMU_CPU:-qemu64}" -machine "${QEMU_MACHINE:-pc}" \
		-smp "${BENCH_CPUS:-1}" -m 512 -display none -no-reboot -net none -serial "file:$out.log" \
		-kernel "$image" -append "$append" -initrd "$kernel" </dev/null >/dev/null 2>"$out.qemu"
	tr -d '\r' <"$out.log" | grep -a '^BENCH\|^Bail out' >"$out.txt"
	grep -q '^BENCH-DONE' "$out.txt"
}

# Lines "name;minimum;median;note" of both (no commas in them) -> CSV; an operation that only one has keeps an empty field.
bench_join() { # socle xen, each of them a file
	echo "what,socle min,xen min,ratio,socle median,xen median,note"
	awk -F';' -v OFS=',' 'FILENAME == ARGV[1] { x[$1] = $2; xm[$1] = $3; next }
		{ name = $1
		print name, $2, x[$1], ($2 > 0 && x[$1] > 0) ? sprintf("%.2f", $2 / x[$1]) : "", $3, xm[$1], $4; seen[$1] = 1 }' "$2" "$1"
	awk -F';' -v OFS=',' 'FILENAME == ARGV[1] { s[$1] = 1; next } !($1 in s) { print $1, "", $2, "", "", $3, $4 }' "$1" "$2"
}

bench_table() { # csv unit
	awk -F, -v unit="$2" 'NR == 1 { printf "%-48s %14s %14s %7s\n", unit, "Socle", "Xen", "ratio"; next }
		{ mark = $4 == "" ? "" : $4 > 1 ? "  MORE THAN XEN" : $4 > 0.7 ? "  more than 0.7" : ""
		printf "%-48s %14s %14s %7s%s%s\n", $1, $2, $3, $4, mark, $7 == "" ? "" : "  (" $7 ")" }' "$1"
}

# A bar a line, Xen = 1, as SVG; the lines at 0.7 and 1.0 are the limits.
bench_plot() { # csv title
	awk -F, -v title="$2" '
	NR > 1 && $4 != "" { name[++n] = $1; ratio[n] = $4; if ($4 > top) top = $4 }
	END {
		if (top < 1.2) top = 1.2
		if (top > 3) top = 3
		left = 330; width = 560; row = 18; bottom = 50 + n * row; scale = width / top
		printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", left + width + 60, bottom + 20
		printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/><text x=\"10\" y=\"20\" font-size=\"14\">%s (ratio to Xen)</text>\n", title
		for (i = 1; i <= n; i++) {
			y = 35 + (i - 1) * row; w = (ratio[i] > top ? top : ratio[i]) * scale
			colour = ratio[i] > 1 ? "#b03030" : ratio[i] > 0.7 ? "#c8a030" : "#3a7a3a"
			gsub(/&/, "\\&amp;", name[i]); gsub(/</, "\\&lt;", name[i])
			printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", left - 8, y + 13, name[i]
			printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", left, y + 3, w, row - 5, colour
			printf "<text x=\"%.1f\" y=\"%d\">%s</text>\n", left + w + 4, y + 13, ratio[i]
		}
		split("0.7 1.0", limit, " ")
		for (i = 1; i <= 2; i++)
			printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"30\" y2=\"%d\" stroke=\"#404040\" stroke-dasharray=\"4 3\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", left + limit[i] * scale, left + limit[i] * scale, bottom, left + limit[i] * scale, bottom + 14, limit[i]
		print "</svg>"
	}' "$1"
}

# A note says that the cost is the hardware's, which excuses more than 0.7 but not more than Xen's.
bench_judge() { # csv
	awk -F, 'NR > 1 && $4 != "" && ($4 > 1 || ($4 > 0.7 && $7 == "")) { bad++ } END { if (bad) { print bad " above their limit"; exit 1 } }' "$1"
}

# The boots of one comparison, in turns, and what comes of them: NAME.csv, .table, .svg in build/bench.
# BENCH_RUNS: boots of each; the least of their minima counts. BENCH_ONLY: socle or xen.
bench_compare() { # name kernel unit title
	local name=$1 kernel=$2 unit=$3 title=$4 bench=$SOCLE_BUILD/bench h i
	mkdir -p "$bench"
	rm -f "$bench/$name".{socle,xen}*
	for i in $(seq "${BENCH_RUNS:-1}"); do
		for h in ${BENCH_ONLY:-socle xen}; do
			bench_boot "$h" "$kernel" "$bench/$name.$h.$i" || die "$h did not finish: $bench/$name.$h.$i.log"
		done
	done
	for h in socle xen; do
		cat "$bench/$name.$h".*.txt 2>/dev/null | awk -F';' -v OFS=';' '/^BENCH / { sub(/^BENCH /, ""); if (!($1 in min)) order[++n] = $1
			if (!($1 in min) || $3 < min[$1]) { min[$1] = $3; med[$1] = $4; note[$1] = $5 } }
			END { for (i = 1; i <= n; i++) print order[i], min[order[i]], med[order[i]], note[order[i]] }' >"$bench/$name.$h"
	done
	bench_join "$bench/$name.socle" "$bench/$name.xen" >"$bench/$name.csv"
	say "one operation, in $unit: minimum of $SOCLE_BENCH_SAMPLES samples"
	bench_table "$bench/$name.csv" "$unit" | tee "$bench/$name.table"
	[ -n "${BENCH_ONLY:-}" ] || bench_plot "$bench/$name.csv" "$title, $unit per operation" >"$bench/$name.svg"
}

# Options that micro and linux have in common -> icount, BENCH_SHIFT, BENCH_RUNS, BENCH_ONLY, unit.
bench_options() { # arguments
	icount=0 unit=ticks BENCH_SHIFT='' BENCH_RUNS='' BENCH_ONLY=''
	while [ $# -gt 0 ]; do
		case $1 in
		--icount) icount=1 BENCH_SHIFT=0 unit=instructions ;;
		--runs) shift; BENCH_RUNS=${1:-} ;;
		--socle-only) BENCH_ONLY=socle ;;
		--xen-only) BENCH_ONLY=xen ;;
		*) die "unknown argument '$1'; known: --icount, --runs N, --socle-only, --xen-only" ;;
		esac
		shift
	done
	[ -n "$BENCH_RUNS" ] || BENCH_RUNS=$((icount ? 1 : 3))
}
