# SPDX-License-Identifier: Apache-2.0
# bundle.md, glossary.md: what a bundle and its configuration are.

# B-001: config.json lies at the top of the bundle, under this name
t_bundle_without_config() {
	rm -f "$B/config.json"
	create_refused
}

# B-002: the root file system of a bundle is found inside the bundle's directory, wherever the caller stands
t_bundle_found_from_anywhere() {
	conf . sh -c 'cat /etc/passwd'
	cd /
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	grep -q root "$T/out"
}

# G-001: configuration is UTF-8: bytes that are not are an error
t_config_not_utf8() {
	conf '.process.env += ["A=@"]'
	sed -i "s/A=@/A=$(printf '\377')/" "$B/config.json"
	create_refused
}

# G-002: configuration is UTF-8: such text goes through unchanged
t_config_utf8() {
	inside '.process.env += ["A=gr\u00fcn \u2713"]' 'echo "$A"'
	out_is 'grün ✓'
}

# G-003: objects have no name twice: such a configuration is an error
t_config_duplicate_names() {
	conf .
	sed -i '0,/"hostname"/s//"hostname": "other", "hostname"/' "$B/config.json"
	create_refused
}

# G-004: the order of names in objects means nothing
t_config_order_of_names() {
	conf . sh -c 'hostname'
	jq -S 'to_entries | reverse | from_entries' "$B/config.json" >"$B/c"
	mv "$B/c" "$B/config.json"
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	out_is conform
}
