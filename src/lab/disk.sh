# shellcheck shell=bash
# A disk that can lose its power: a file on a loop device with XFS on it. A cut drops what was written and not synced:
# the file system is shut down without its log being flushed (the ioctl GOINGDOWN with NOLOGFLUSH, which xfs_io sends),
# so that no dirty page and no open transaction reaches the file; mounted again, the log is replayed as after a real cut.
#
# XFS and not ext4, which takes the same ioctl (LAB_DISK_FS=ext4): there the size of a file that was appended to may be on
# the disk before its bytes are, whenever something else is synced. An append-only file then ends in zeros, which no Redis
# before 8.4 loads; that is so on real machines, too, and would hide what is looked for here.
#
# Each disk bears two marks: one that was synced when it was made, and one that is written before each cut and never synced.
# Whoever mends a disk looks at both: a cut that dropped nothing, or too much, is told and is none.
#
# A disk is NAME below the directory DISKS: the file NAME.img, mounted at NAME, with what belongs to it in NAME/disk.

DISK_FS=${LAB_DISK_FS:-xfs}
DISK_SIZE=${LAB_DISK_SIZE:-8G}    # sparse: it takes what is written
case $DISK_FS in
  xfs)  DISK_OPTIONS=loop,noatime DISK_MKFS=(mkfs.xfs -q -f) ;;
  # As little as possible by luck: no commit for ten minutes, no pages written because a file is renamed.
  ext4) DISK_OPTIONS=loop,noatime,commit=600,noauto_da_alloc DISK_MKFS=(mkfs.ext4 -q -F -N 65536 -m 0) ;;
  *)    printf 'LAB_DISK_FS: expected xfs or ext4, found "%s"\n' "$DISK_FS" >&2; exit 2 ;;
esac

# Whether there can be disks here: root, loop devices, and the tools.
disks_possible() {
  [ "$(id -u)" -eq 0 ] && [ -e /dev/loop-control ] && command -v losetup "${DISK_MKFS[0]}" xfs_io >/dev/null
}

# disk_mounted DISKS NAME; a disk that was cut answers nobody, so it is not asked.
disk_mounted() { grep -qF " $(realpath -m -- "$1")/$2 " /proc/self/mounts; }

# In a container the nodes of /dev may be fewer than the kernel's devices.
disk_loop_node() {
  local device
  device=$(losetup -f) || return
  [ -b "$device" ] || mknod "$device" b 7 "${device#/dev/loop}"
}

# disk_make DISKS NAME: an empty one, mounted.
disk_make() {
  local file=$1/$2.img at=$1/$2
  mkdir -p "$1"
  disk_remove "$1" "$2" && mkdir "$at" || return
  truncate -s "$DISK_SIZE" "$file" && "${DISK_MKFS[@]}" "$file" && disk_loop_node && mount -o "$DISK_OPTIONS" "$file" "$at" || return
  mkdir "$at/disk" && echo synced >"$at/synced" && disk_sync "$1" "$2"
}

# disk_sync DISKS NAME: what it holds now lasts.
disk_sync() { sync -f "$1/$2"; }

# disk_mark DISKS NAME: what the next cut has to take.
disk_mark() { echo "not synced" >"$1/$2/unsynced"; }

# disk_cut DISKS NAME: from now on nothing is read, nothing is written.
disk_cut() { xfs_io -x -c shutdown "$1/$2"; }

# disk_mend DISKS NAME: the power is back; nobody may use the disk.
disk_mend() {
  local at=$1/$2 tries=100
  until umount "$at"; do
    tries=$((tries - 1)); [ $tries -gt 0 ] || return
    sleep 0.1
  done 2>/dev/null
  # The device of a loop goes some time after its file system: two on one file would not see the same.
  until [ -z "$(losetup -j "$1/$2.img")" ]; do
    tries=$((tries - 1)); [ $tries -gt 0 ] || return
    sleep 0.1
  done
  disk_loop_node && mount -o "$DISK_OPTIONS" "$1/$2.img" "$at" || return
  [ "$(cat "$at/synced" 2>/dev/null)" = synced ] || { echo "disk $2: the cut took what had been synced" >&2; return 1; }
  [ ! -s "$at/unsynced" ] || { echo "disk $2: the cut kept what had not been synced: it was none" >&2; return 1; }
}

# disk_remove DISKS NAME: also what an earlier run, or a host that was rebooted, has left of it.
disk_remove() {
  local at=$1/$2 file=$1/$2.img device
  while disk_mounted "$1" "$2"; do umount "$at" 2>/dev/null || umount -l "$at" || return; done
  for device in $(losetup -j "$file" -O NAME -n 2>/dev/null); do losetup -d "$device"; done
  # A new file each time: one that is still in use somewhere must not be made anew under it.
  rm -rf -- "$file" "${at:?}"
}
