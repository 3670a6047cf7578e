# SPDX-License-Identifier: Apache-2.0
# podman.bash: Debian's podman on a store of the test's own.
#
#	podman_store_release STORE	when nobody works on it any more, unmount what podman keeps mounted there

# shellcheck source=tests/harness/wait.bash
source "$(dirname "${BASH_SOURCE[0]}")/wait.bash"

podman_store_unused() {
	! pgrep -f -- "$1" >/dev/null
}

# What a monitor starts at a container's end would mount the store again.
podman_store_release() {
	until_ok podman_store_unused "$1"
	while umount -l "$1/overlay" 2>/dev/null; do :; done
}
