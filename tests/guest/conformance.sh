#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In the virtual machine: the conformance suite on pure cgroup v2.
#
#	conformance.sh RUNTIME
export RUNTIME=$1
exec "$(dirname "$0")/../conformance/run"
