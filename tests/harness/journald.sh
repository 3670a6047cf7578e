#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# journald.sh: becomes a systemd-journald of its own; only in a mount namespace of its own:
#
#	unshare -m sh tests/harness/journald.sh DIR [RUNTIME_MAX_USE]	DIR is there, and empty
#
# It listens at /run/systemd/journal/socket and keeps all in /run/log/journal, both on a tmpfs.
set -e
mkdir -p /run/systemd /run/log
mount -t tmpfs tmpfs /run/systemd
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d
mount -t tmpfs -o size=90% tmpfs /run/log
mkdir /run/log/journal
cat >/run/systemd/journald.conf.d/own.conf <<END
[Journal]
Storage=volatile
ReadKMsg=no
RateLimitIntervalSec=0
ForwardToSyslog=no
RuntimeMaxUse=${2:-1G}
END
# It names its directory; a container image may have none.
if [ ! -s /etc/machine-id ]; then
	mount -t tmpfs tmpfs "$1"
	mkdir "$1/upper" "$1/work"
	mount -t overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" overlay /etc
	echo 0123456789abcdef0123456789abcdef >/etc/machine-id
fi
exec /usr/lib/systemd/systemd-journald
