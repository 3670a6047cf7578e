/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"

#include "base/str.h"
#include "base/strv.h"
#include "cli/completion_names.h"
#include "cli/globals.h"
#include "cli/help.h"

static const char bash_script[] =
	"# bash completion for coracle: source this file or put it in "
	"/usr/share/bash-completion/completions.\n"
	"_coracle() {\n"
	"  local IFS=$'\\n' out\n"
	"  out=$(\"${COMP_WORDS[0]}\" __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null | "
	"cut -f1)\n"
	"  if [ \"$out\" = ':files' ]; then COMPREPLY=($(compgen -f -- "
	"\"${COMP_WORDS[COMP_CWORD]}\")); return; fi\n"
	"  COMPREPLY=($(compgen -W \"$out\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
	"}\n"
	"complete -o default -F _coracle coracle\n";

static const char zsh_script[] =
	"#compdef coracle\n"
	"_coracle() {\n"
	"  local -a out; local line\n"
	"  for line in \"${(@f)$(${words[1]} __complete ${words[2,CURRENT]} 2>/dev/null)}\"; do\n"
	"    [[ $line == ':files' ]] && { _files; return }\n"
	"    [[ -n $line ]] && out+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
	"  done\n"
	"  _describe 'coracle' out\n"
	"}\n"
	"compdef _coracle coracle\n";

static const char fish_script[] =
	"# fish completion for coracle\n"
	"function __coracle_complete\n"
	"  set -l words (commandline -opc) (commandline -ct)\n"
	"  set -l out (command $words[1] __complete $words[2..-1] 2>/dev/null)\n"
	"  if test \"$out[1]\" = ':files'; __fish_complete_path (commandline -ct); return; end\n"
	"  printf '%s\\n' $out\n"
	"end\n"
	"complete -c coracle -f -a '(__coracle_complete)'\n";

int completion_script(const char *shell, struct buf *out, struct error *err)
{
	if (streq(shell, "bash"))
		buf_adds(out, bash_script);
	else if (streq(shell, "zsh"))
		buf_adds(out, zsh_script);
	else if (streq(shell, "fish"))
		buf_adds(out, fish_script);
	else
		return error_set(err, ERROR_INVALID,
				 "no completion for shell '%s': choose bash, zsh or fish", shell);
	return 0;
}

static void add_flags(const struct option *rows, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		if (!(rows[i].flags & (OPTION_HIDDEN | OPTION_ALIAS)))
			buf_addf(out, "--%s\t%s\n", rows[i].name, rows[i].help);
}

static const struct option *find_flag(const struct option *rows, size_t n, const char *word)
{
	const char *name = str_skip_prefix(word, "--");

	for (size_t i = 0; i < n; i++) {
		bool letter = !name && word[0] == '-' && word[1] == rows[i].letter &&
			      rows[i].letter && !word[2];
		if (letter || (name && streq(name, rows[i].name)))
			return rows[i].arg ? &rows[i] : NULL;
	}
	return NULL;
}

static int add_words(struct engine *e, enum option_words kind, const char *choices, struct buf *out,
		     struct error *err)
{
	scoped_strv char **list = NULL;
	int r = 0;

	if (kind == WORDS_FILES || kind == WORDS_DIRS) {
		buf_adds(out, ":files\n");
		return 0;
	}
	if (kind == WORDS_LIST)
		list = strv_split(choices, " ", false);
	else if (kind != WORDS_NONE)
		r = completion_names(e, kind, &list, err);
	STRV_FOREACH (w, list) {
		buf_addf(out, "%s\t\n", *w);
	}
	return r;
}

int completion_candidates(struct engine *e, int argc, char *const *argv, struct buf *out,
			  struct error *err)
{
	const char *current = argc > 0 ? argv[argc - 1] : "";
	const struct option *flag = NULL;
	const struct command *row, *c;
	int used = 0;
	bool group = false;

	row = argc > 1 ? command_find(argc - 1, argv, &used, &group) : NULL;
	if (!row) {
		if (current[0] == '-')
			add_flags(globals_rows, globals_n_rows, out);
		else
			help_command_lines(group ? argv[0] : NULL, out);
		return 0;
	}
	c = command_target(row);
	if (argc - 2 >= used) {
		flag = find_flag(c->options, c->n_options, argv[argc - 2]);
		if (!flag)
			flag = c->more ? find_flag(c->more->rows, c->more->n, argv[argc - 2])
				       : NULL;
	}
	if (flag)
		return add_words(e, flag->words, flag->choices, out, err);
	if (current[0] == '-') {
		add_flags(c->options, c->n_options, out);
		if (c->more)
			add_flags(c->more->rows, c->more->n, out);
		return 0;
	}
	return add_words(e, c->words, NULL, out, err);
}
