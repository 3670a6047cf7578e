# SPDX-License-Identifier: Apache-2.0
# wait.bash: waiting for what happens elsewhere.
#
#	until_ok COMMAND...	repeat it until it succeeds, at most a minute: the machine may be busy.
#				The step is short and nothing depends on it.  The command's words are
#				expanded once: what is to be looked at anew each time is a function.

until_ok() {
	local end=$((SECONDS + 60))

	until "$@"; do
		((SECONDS < end)) || {
			echo "in vain for a minute: $*" >&2
			return 1
		}
		read -rt 0.02 <> <(:) || :
	done
}
