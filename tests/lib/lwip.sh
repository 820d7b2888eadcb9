# SPDX-License-Identifier: BSD-2-Clause
# lwIP's source as Debian has it, for the guest webd; Debian's binary package holds a library for hosts only. apt checks the
# signature of the index and the sums of the files. Its index of sources is kept in a folder of its own, so that the machine's
# own sources stay as they are. After fetch_lwip: LWIP_DIR, for configure's --with-lwip.

lwip_sources_list() { # the machine's own Debian mirror and keyring, or Debian's
	local suite
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${SOCLE_MIRROR:-http://deb.debian.org/debian} $suite main"
}

lwip_apt() { # folder, then apt-get's arguments
	local dir=$1
	shift
	apt-get -o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$dir/lists" \
		-o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o APT::Sandbox::User=root "$@"
}

fetch_lwip() {
	local dir=$SOCLE_CACHE/lwip
	LWIP_DIR=$dir/source
	[ -e "$dir/.done" ] && return 0
	say "fetching Debian's source package lwip"
	rm -rf "$dir"
	mkdir -p "$dir/lists/partial" "$dir/files" "$dir/source"
	lwip_sources_list >"$dir/sources.list"
	lwip_apt "$dir" update -qq >"$dir/log" 2>&1 &&
		(cd "$dir/files" && lwip_apt "$dir" source -qq --download-only lwip >>"$dir/log" 2>&1) ||
		{ cat "$dir/log" >&2; die "cannot fetch the source package lwip"; }
	tar -xf "$dir"/files/lwip_*.orig.tar.* -C "$dir/source" --strip-components=1 || die "cannot unpack lwip"
	[ -e "$dir/source/src/include/lwip/init.h" ] || die "Debian's lwip is not the source that was expected (see $dir/source)"
	rm -rf "$dir/lists"
	touch "$dir/.done"
}
