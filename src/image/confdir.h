/* SPDX-License-Identifier: Apache-2.0 */
/* confdir: where the user's copies of the containers configuration files lie. */
#ifndef CORACLE_IMAGE_CONFDIR_H
#define CORACLE_IMAGE_CONFDIR_H

/* "$XDG_CONFIG_HOME/containers/<name>" or "$HOME/.config/containers/<name>"; NULL without a home.
 * New string. */
char *confdir_user(const char *name);
/* "$HOME/<name>"; NULL without a home.  New string. */
char *confdir_home(const char *name);

#endif
