/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "cli/template/template.h"
#include "harness/test.h"

static const char document[] =
	"{\"Id\":\"abc123\",\"Name\":\"web\",\"N\":3,\"Zero\":0,\"Pi\":1.5,\"Yes\":true,"
	"\"No\":false,\"Null\":null,\"Empty\":[],\"List\":[\"a\",\"b\",\"c\"],"
	"\"Numbers\":[1,2],\"Labels\":{\"b\":\"2\",\"a\":\"1\",\"x.y\":\"dotted\"},"
	"\"State\":{\"Status\":\"running\",\"Pid\":42,\"Health\":{\"Log\":[{\"Exit\":1},"
	"{\"Exit\":2}]}},\"Ports\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]},"
	"\"Uni\":\"h\\u00e9llo\",\"Html\":\"<a href='x'>&</a>\"}";

static json_t *parse_document(void)
{
	json_t *doc = NULL;
	struct error err = ERROR_INIT;

	if (json_text_parse(document, strlen(document), "document", &doc, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return doc;
}

/* What a template makes of the document; *r is the result. */
static char *expand(const char *text, int *r, struct error *err)
{
	scoped_json json_t *doc = parse_document();
	scoped(template_free) struct template *t = NULL;
	scoped(buf_done) struct buf out = BUF_INIT;

	*r = template_parse(text, &t, err);
	if (*r >= 0)
		*r = template_execute(t, doc, &out, err);
	return buf_take(&out);
}

struct row {
	const char *text, *want;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct error err = ERROR_INIT;
		int r;
		scoped_free char *got = expand(rows[i].text, &r, &err);

		if (r < 0)
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].text, err.msg);
		else if (!streq(got, rows[i].want))
			test_fail(__FILE__, __LINE__, "%s: got \"%s\", want \"%s\"", rows[i].text,
				  got, rows[i].want);
	}
}
#define ROWS(...)                                                 \
	do {                                                      \
		static const struct row rows[] = { __VA_ARGS__ }; \
		check_rows(rows, ARRAY_SIZE(rows));               \
	} while (0)

TEST(text_and_fields)
{
	ROWS({ "plain", "plain" }, { "", "" }, { "{{.Name}}", "web" }, { "{{ .Name }}!", "web!" },
	     { "<{{.State.Status}}>", "<running>" }, { "{{.State.Pid}}", "42" },
	     { "{{.Pi}} {{.Yes}} {{.No}}", "1.5 true false" }, { "{{.Labels.a}}", "1" },
	     { "{{.Labels.missing}}", "<no value>" }, { "{{.List}}", "[a b c]" },
	     { "{{.Numbers}}", "[1 2]" }, { "{{.Labels}}", "map[a:1 b:2 x.y:dotted]" },
	     { "{{.Empty}}", "[]" }, { "{{.ID}}", "abc123" }, { "{{$.Name}}", "web" },
	     { "{ {.Name} }", "{ {.Name} }" }, { "{{.Name}}{{.Id}}", "webabc123" },
	     { "{{(.State).Status}}", "running" });
}

TEST(literals)
{
	ROWS({ "{{\"a\\tb\"}}", "a\tb" }, { "{{`raw\\n`}}", "raw\\n" }, { "{{42}}", "42" },
	     { "{{-7}}", "-7" }, { "{{1.25}}", "1.25" }, { "{{true}}", "true" },
	     { "{{'a'}}", "97" }, { "{{\"}}\"}}", "}}" }, { "{{\"q\\\"q\"}}", "q\"q" });
}

TEST(trim_markers_and_comments)
{
	ROWS({ "a  {{- .Name -}}  b", "awebb" }, { "a {{- \" \" -}} b", "a b" },
	     { "x{{/* a }} comment */}}y", "xy" }, { "x {{- /* c */ -}} y", "xy" },
	     { "a\n{{- if .Yes}}b{{end -}}\nc", "abc" });
}

TEST(conditions)
{
	ROWS({ "{{if .Yes}}y{{end}}", "y" }, { "{{if .No}}y{{end}}", "" },
	     { "{{if .Zero}}y{{else}}n{{end}}", "n" }, { "{{if .Empty}}y{{else}}n{{end}}", "n" },
	     { "{{if .Null}}y{{else}}n{{end}}", "n" }, { "{{if .Labels}}y{{else}}n{{end}}", "y" },
	     { "{{if .No}}1{{else if .Yes}}2{{else}}3{{end}}", "2" },
	     { "{{if .No}}1{{else if .Zero}}2{{else}}3{{end}}", "3" },
	     { "{{if .No}}1{{else if .Zero}}2{{else if eq .N 3}}3{{end}}", "3" },
	     { "{{if and .Yes (eq .Name \"web\")}}y{{end}}", "y" },
	     { "{{if or .No .Zero .Name}}y{{end}}", "y" }, { "{{if not .No}}y{{end}}", "y" },
	     { "{{if .Yes}}{{if .No}}a{{else}}b{{end}}{{end}}", "b" });
}

TEST(with_changes_dot)
{
	ROWS({ "{{with .State}}{{.Status}} {{$.Name}}{{end}}", "running web" },
	     { "{{with .Empty}}x{{else}}none{{end}}", "none" },
	     { "{{with $s := .State}}{{$s.Pid}}{{.Pid}}{{end}}", "4242" },
	     { "{{with .Null}}x{{else with .State}}{{.Pid}}{{end}}", "42" });
}

TEST(ranges)
{
	ROWS({ "{{range .List}}{{.}},{{end}}", "a,b,c," },
	     { "{{range $i, $e := .List}}{{$i}}={{$e}} {{end}}", "0=a 1=b 2=c " },
	     { "{{range $e := .List}}{{$e}}{{end}}", "abc" },
	     { "{{range $k, $v := .Labels}}{{$k}}:{{$v}};{{end}}", "a:1;b:2;x.y:dotted;" },
	     { "{{range .Empty}}x{{else}}none{{end}}", "none" },
	     { "{{range .Null}}x{{else}}none{{end}}", "none" },
	     { "{{range .List}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a" },
	     { "{{range .List}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "ac" },
	     { "{{range .State.Health.Log}}{{.Exit}}{{end}}", "12" },
	     { "{{range $p, $b := .Ports}}{{$p}}->{{(index $b 0).HostPort}}{{end}}",
	       "80/tcp->8080" },
	     { "{{range .List}}{{range $.Numbers}}{{.}}{{end}}-{{end}}", "12-12-12-" },
	     { "{{$n := 0}}{{range .List}}{{$n = .}}{{end}}{{$n}}", "c" });
}

TEST(variables)
{
	ROWS({ "{{$x := .Name}}{{$x}}", "web" }, { "{{$x := 1}}{{$x = 2}}{{$x}}", "2" },
	     { "{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1" },
	     { "{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2" },
	     { "{{$s := .State}}{{$s.Health.Log | len}}", "2" });
}

TEST(pipelines_and_functions)
{
	ROWS({ "{{.Name | upper}}", "WEB" }, { "{{upper .Name | lower | title}}", "Web" },
	     { "{{len .List}} {{len .Name}} {{len .Labels}}", "3 3 3" },
	     { "{{index .List 1}}", "b" }, { "{{index .Labels \"x.y\"}}", "dotted" },
	     { "{{index .Ports \"80/tcp\" 0}}", "map[HostPort:8080]" },
	     { "{{(index (index .Ports \"80/tcp\") 0).HostPort}}", "8080" },
	     { "{{slice .Name 1}} {{slice .Name 0 2}} {{slice .List 1 3}}", "eb we [b c]" },
	     { "{{join .List \"-\"}}", "a-b-c" }, { "{{join .Empty \",\"}}", "" },
	     { "{{split \"a,b,c\" \",\"}}", "[a b c]" },
	     { "{{json .State.Health}}", "{\"Log\":[{\"Exit\":1},{\"Exit\":2}]}" },
	     { "{{json .Name}} {{json .N}} {{json .Null}}", "\"web\" 3 null" },
	     { "{{.List | json}}", "[\"a\",\"b\",\"c\"]" }, { "{{pad .Name 1 2}}|", " web  |" },
	     { "{{truncate .Id 3}}", "abc" }, { "{{truncate .Id 100}}", "abc123" },
	     { "{{print 1 2 \"x\" 3}}", "1 2x3" }, { "{{println .Name}}", "web\n" },
	     { "{{html .Html}}", "&lt;a href=&#39;x&#39;&gt;&amp;&lt;/a&gt;" },
	     { "{{urlquery \"a b&c\"}}", "a+b%26c" });
}

TEST(comparisons)
{
	ROWS({ "{{eq .N 3}} {{ne .N 3}} {{lt .N 4}} {{le .N 3}} {{gt .N 2}} {{ge .N 4}}",
	       "true false true true true false" },
	     { "{{eq .Name \"a\" \"web\"}}", "true" }, { "{{lt \"a\" \"b\"}}", "true" },
	     { "{{and 0 1}} {{and 1 2}} {{or 0 3}} {{or 4 5}}", "0 2 3 4" },
	     { "{{if and .Null .Null.x}}a{{else}}b{{end}}", "b" });
}

TEST(printf_verbs)
{
	ROWS({ "{{printf \"%s-%d\" .Name .N}}", "web-3" },
	     { "{{printf \"%5d|%-5d|%05d\" 7 7 7}}", "    7|7    |00007" },
	     { "{{printf \"%-6s|%6s|\" \"ab\" \"cd\"}}", "ab    |    cd|" },
	     { "{{printf \"%.2s\" \"abcdef\"}}", "ab" }, { "{{printf \"%.12s\" .Id}}", "abc123" },
	     { "{{printf \"%q\" .Name}}", "\"web\"" },
	     { "{{printf \"%v %t\" .List .Yes}}", "[a b c] true" },
	     { "{{printf \"%x %X %o\" 255 255 8}}", "ff FF 10" },
	     { "{{printf \"%.2f\" .Pi}}", "1.50" }, { "{{printf \"100%%\"}}", "100%" },
	     { "{{printf \"%d\"}}", "%!d(MISSING)" },
	     { "{{.Uni | printf \"%-7s|\"}}", "h\303\251llo  |" });
}

TEST(errors_name_what_is_wrong)
{
	static const struct {
		const char *text, *message;
		enum error_kind kind;
	} bad[] = {
		{ "{{.Nope}}", "can't evaluate field Nope", ERROR_INVALID },
		{ "{{.State.Nope}}", "can't evaluate field Nope", ERROR_INVALID },
		{ "{{.Name.X}}", "can't evaluate field X", ERROR_INVALID },
		{ "{{frob .Name}}", "function \"frob\" not defined", ERROR_INVALID },
		{ "{{.Name", "unclosed action", ERROR_INVALID },
		{ "{{if .Yes}}x", "missing {{end}}", ERROR_INVALID },
		{ "{{end}}", "unexpected {{end}}", ERROR_INVALID },
		{ "{{else}}", "unexpected {{end}} or {{else}}", ERROR_INVALID },
		{ "{{}}", "missing value", ERROR_INVALID },
		{ "{{if}}x{{end}}", "missing value", ERROR_INVALID },
		{ "{{\"open}}", "unclosed action", ERROR_INVALID },
		{ "{{(.Name}}", "missing )", ERROR_INVALID },
		{ "{{.Name)}}", "unexpected", ERROR_INVALID },
		{ "{{.Name | }}", "missing value", ERROR_INVALID },
		{ "{{$x}}", "undefined variable \"$x\"", ERROR_INVALID },
		{ "{{$x = 1}}", "undefined variable \"$x\"", ERROR_INVALID },
		{ "{{break}}", "outside range", ERROR_INVALID },
		{ "{{define \"x\"}}{{end}}", "not supported", ERROR_UNSUPPORTED },
		{ "{{index .List 7}}", "out of range", ERROR_INVALID },
		{ "{{index .List -1}}", "out of range", ERROR_INVALID },
		{ "{{slice .Name 2 1}}", "out of range", ERROR_INVALID },
		{ "{{len .N}}", "no length", ERROR_INVALID },
		{ "{{lt .Name .N}}", "incompatible types", ERROR_INVALID },
		{ "{{join .Name}}", "join", ERROR_INVALID },
		{ "{{upper .N}}", "upper wants a string", ERROR_INVALID },
		{ "{{.Name .Id}}", "can't give argument", ERROR_INVALID },
		{ "{{range .N}}x{{end}}", "range can't iterate", ERROR_INVALID },
		{ "{{12abc}}", "bad number", ERROR_INVALID },
		{ "{{.Name ~ 1}}", "unexpected character", ERROR_INVALID },
		{ "{{if .Yes}}a{{else}}b{{else}}c{{end}}", "missing {{end}}", ERROR_INVALID },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err = ERROR_INIT;
		int r;
		scoped_free char *got = expand(bad[i].text, &r, &err);

		if (r >= 0)
			test_fail(__FILE__, __LINE__, "%s: no error, but \"%s\"", bad[i].text, got);
		else if (!strstr(err.msg, bad[i].message) || err.kind != bad[i].kind)
			test_fail(__FILE__, __LINE__, "%s: \"%s\" lacks \"%s\"", bad[i].text,
				  err.msg, bad[i].message);
	}
}

TEST(hostile_depth_and_length_are_bounded)
{
	scoped(buf_done) struct buf deep = BUF_INIT, longer = BUF_INIT, parens = BUF_INIT;
	struct error err = ERROR_INIT;
	int r;

	for (int i = 0; i < 5000; i++) {
		buf_adds(&deep, "{{if 1}}");
		buf_adds(&longer, "0123456789abcdef");
	}
	free(expand(buf_str(&deep), &r, &err));
	CHECK_FAILS(r, err, ERROR_LIMIT, "nested deeper");
	free(expand(buf_str(&longer), &r, &err));
	CHECK_FAILS(r, err, ERROR_LIMIT, "longer than");
	buf_adds(&parens, "{{");
	for (int i = 0; i < 5000; i++)
		buf_addc(&parens, '(');
	buf_adds(&parens, "}}");
	free(expand(buf_str(&parens), &r, &err));
	CHECK_FAILS(r, err, ERROR_LIMIT, "nested deeper");
}

TEST(else_if_chains_are_bounded_or_work)
{
	scoped(buf_done) struct buf chain = BUF_INIT;
	scoped_free char *got = NULL;
	struct error err = ERROR_INIT;
	int r;

	buf_adds(&chain, "{{if .No}}x");
	for (int i = 0; i < 3000; i++)
		buf_adds(&chain, "{{else if .No}}y");
	buf_adds(&chain, "{{else}}z{{end}}");
	got = expand(buf_str(&chain), &r, &err);
	if (r < 0)
		CHECK_INT(err.kind, ERROR_LIMIT);
	else
		CHECK_STR(got, "z");
}
