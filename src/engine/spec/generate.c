/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/spec/spec_priv.h"

#include <stdio.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"

static void set_annotations(const struct spec_facts *f, struct oci_spec *spec)
{
	const struct wish *w = &f->record->wish;
	char created[TIME_STR_MAX], number[16];
	int sig = w->process.stop_signal ? num_signal(w->process.stop_signal) : num_signal("TERM");

	strmap_copy(&spec->annotations, &w->annotations);
	time_format_rfc3339_utc(f->record->created_nsec, created);
	strmap_set(&spec->annotations, "io.kubernetes.cri-o.Created", created);
	strmap_set(&spec->annotations, "io.container.manager", "coracle");
	snprintf(number, sizeof(number), "%d", sig);
	strmap_set(&spec->annotations, "org.opencontainers.image.stopSignal", number);
}

int spec_generate(const struct spec_facts *f, struct oci_spec *ret, char ***warnings,
		  struct error *err)
{
	const struct wish *w = &f->record->wish;
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	int r;

	spec.oci_version =
		xstrdup("1.0.2"); /* oldest that has all we write: any runtime takes it */
	spec.linux_ = xnew(struct oci_linux);
	spec.root = xnew(struct oci_root);
	spec.root->path = xstrdup(f->rootfs);
	spec.root->readonly = w->security.read_only;
	if (!spec_mode_is_host(w->namespaces.uts) && !f->joined_uts_path)
		spec.hostname = xstrdup_opt(f->hostname);
	set_annotations(f, &spec);
	r = spec_process(f, &spec, warnings, err);
	if (r >= 0)
		r = spec_linux(f, &spec, warnings, err);
	if (r >= 0)
		r = spec_mounts(f, &spec, err);
	if (r < 0)
		return r;
	*ret = spec;
	spec = (struct oci_spec){ 0 };
	return 0;
}
