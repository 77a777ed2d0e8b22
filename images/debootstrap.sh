#!/bin/sh
# debootstrap.sh <suite> <folder>
# Makes Debian's root file system in a new folder, without what an image does not need. Runs as root in a mount namespace of its own.
set -eu
umask 022
suite=$1
root=$2

debootstrap --variant=minbase "$suite" "$root"

# debootstrap writes one line, "deb <mirror>/debian <suite> main": security updates and stable updates are beside it.
line=$(cat "$root/etc/apt/sources.list")
{
  printf '%s\n' "$line"
  printf '%s\n' "$line" | sed "s# $suite # $suite-updates #"
  printf '%s\n' "$line" | sed "s#/debian/* $suite #/debian-security $suite-security #"
} > "$root/etc/apt/sources.list.new"
mv "$root/etc/apt/sources.list.new" "$root/etc/apt/sources.list"

# Licences stay.
find "$root/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
rm -rf "$root"/usr/share/man/* "$root"/usr/share/info/* "$root"/usr/share/locale/* "$root"/usr/share/lintian
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/*-old "$root"/var/log/* "$root"/debootstrap
: > "$root/etc/machine-id"
rm -f "$root/etc/hostname" "$root/etc/resolv.conf"
