# SPDX-License-Identifier: BSD-2-Clause
# Completion of socle for bash.  What may stand at the cursor is asked of the program, which knows its table of commands, guests and
# devices; ":files" among its answers stands for names of files.
_socle() {
	local line=${COMP_LINE:0:COMP_POINT} word candidate cut=
	local -a words
	read -ra words <<<"$line"
	# A blank before the cursor begins another word.
	case $line in *[[:blank:]]) words+=("") ;; esac
	word=${words[${#words[@]} - 1]}
	# bash ends words at "=" and ":" too, and replaces what comes after the last of them only.
	if [[ $word == *[=:]* && $COMP_WORDBREAKS == *[=:]* ]]; then
		cut=${word%"${word##*[=:]}"}
	fi
	COMPREPLY=()
	while IFS=$'\t' read -r candidate _; do
		if [ "$candidate" = :files ]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "${word#"$cut"}")
		else
			COMPREPLY+=("${candidate#"$cut"}")
		fi
	done < <("${words[0]}" __complete -- line "${words[@]:1}" 2>/dev/null)
	if [ "${#COMPREPLY[@]}" = 1 ] && [[ ${COMPREPLY[0]} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}
complete -F _socle socle
