#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2026-57231: entries of an image's Env without a value take none from the host.

load engine

# An image whose configuration is written by hand: import would not make such a one.
evil_image() {
	local dir=$BATS_TEST_TMPDIR/oci layer config manifest

	mkdir -p "$dir/blobs/sha256"
	cp "$BATS_FILE_TMPDIR/image.tar" "$dir/layer"
	layer=$(sha256sum <"$dir/layer" | cut -d' ' -f1)
	mv "$dir/layer" "$dir/blobs/sha256/$layer"
	blob() {
		local digest
		digest=$(printf %s "$1" | sha256sum | cut -d' ' -f1)
		printf %s "$1" >"$dir/blobs/sha256/$digest"
		echo "$digest"
	}
	config=$(blob '{"architecture":"amd64","os":"linux","config":{"Env":["SECRET","SEC*","*","=x","PLAIN=1"],"Cmd":["env"]},"rootfs":{"type":"layers","diff_ids":["sha256:'"$layer"'"]}}')
	manifest=$(blob '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:'"$config"'","size":'"$(stat -c %s "$dir/blobs/sha256/$config")"'},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:'"$layer"'","size":'"$(stat -c %s "$dir/blobs/sha256/$layer")"'}]}')
	echo '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
	echo '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:'"$manifest"'","size":'"$(stat -c %s "$dir/blobs/sha256/$manifest")"',"annotations":{"org.opencontainers.image.ref.name":"localhost/evil:latest"}}]}' >"$dir/index.json"
	co load -i "$dir" >/dev/null
}

@test "only what is declared with a value gets in" {
	export SECRET=of-the-host
	evil_image
	run -0 --separate-stderr r localhost/evil
	[[ $output != *of-the-host* ]]
	[[ $output != *SEC* ]]
	grep -qx PLAIN=1 <<<"$output"
	co run -d --name "$C" --network none localhost/evil sleep 1000
	run -0 --separate-stderr co exec "$C" env
	[[ $output != *of-the-host* ]]
	run -0 --separate-stderr r -e SECRET localhost/evil
	grep -qx SECRET=of-the-host <<<"$output"
}
