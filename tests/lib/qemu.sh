# SPDX-License-Identifier: BSD-2-Clause
# Starting QEMU: which accelerator, which CPU, how a run is bounded.

# A stock kernel must print its banner within seconds under KVM, else TCG. The answer is kept in the build folder.
qemu_accel() {
	local kept=$SOCLE_BUILD/accel log=$SOCLE_BUILD/accel.log
	if [ ! -e "$kept" ]; then
		echo "tcg,thread=multi" >"$kept"
		if [ -w /dev/kvm ]; then
			timeout -k 1 12 qemu-system-x86_64 -accel kvm -cpu host -m 256 -nodefaults -no-reboot -display none -serial "file:$log" \
				-kernel "$KERNEL_IMAGE" -append "console=ttyS0 panic=-1" </dev/null >/dev/null 2>&1
			grep -q 'Unable to mount root fs\|Run /init\|VFS:' "$log" 2>/dev/null && echo kvm >"$kept"
		fi
	fi
	cat "$kept"
}

qemu_cpu() { case $(qemu_accel) in kvm) echo host ;; *) echo qemu64 ;; esac; }

# The machine all runs have in common; more arguments follow.
qemu_run() {
	qemu-system-x86_64 -accel "$(qemu_accel)" -cpu "${QEMU_CPU:-$(qemu_cpu)}" -machine "${QEMU_MACHINE:-pc}" \
		-smp "${QEMU_CPUS:-2}" -m "${QEMU_MEMORY:-1536}" -display none -no-reboot -net none "$@"
}

# A bootable ISO: GRUB, the hypervisor, dom0's kernel and image. BIOS and UEFI.
make_iso() { # output hypervisor-gz kernel initrd "hypervisor options" "dom0 options"
	local dir=$SOCLE_BUILD/image/iso
	rm -rf "$dir"
	mkdir -p "$dir/boot/grub"
	cp "$2" "$dir/boot/socle.gz" && cp "$3" "$dir/boot/vmlinuz" && cp "$4" "$dir/boot/initrd.img" || die "a part of the ISO is missing"
	cat >"$dir/boot/grub/grub.cfg" <<-GRUB
		serial --unit=0 --speed=115200
		terminal_input serial console
		terminal_output serial console
		set timeout=0
		menuentry "Socle" {
			if [ "\$grub_platform" = efi ]; then
				insmod all_video
				multiboot2 /boot/socle.gz socle $5
				module2 /boot/vmlinuz vmlinuz $6
				module2 /boot/initrd.img initrd
			else
				multiboot /boot/socle.gz socle $5
				module /boot/vmlinuz vmlinuz $6
				module /boot/initrd.img initrd
			fi
		}
	GRUB
	grub-mkrescue -o "$1" "$dir" >"$SOCLE_BUILD/iso.log" 2>&1 || { tail -n 5 "$SOCLE_BUILD/iso.log" >&2; die "grub-mkrescue failed"; }
}
