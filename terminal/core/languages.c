/* The languages of packs, which the session offers beside those of the image. Looked at before each
 * citizen; checked again (signature, hashes, texts) only when the store has changed. */

#include <string.h>
#include <sys/stat.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"
#include "terminal/language/store.h"

enum vt_code languages_open(struct core *core, struct vt_error *error)
{
	core->languages.store = vt_config_get(core->config, "languages", "store", NULL);
	return vt_config_bool(core->config, "languages", "allow_unsigned", false,
		&core->languages.allow_unsigned, error);
}

static void offer(struct core *core, const struct store_language *list, size_t count)
{
	struct session_language offered[STORE_MAX_LANGUAGES];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct pack *pack = &list[i].pack;

		if (list[i].code != VT_OK) {
			vt_log(VT_LOG_WARNING, "language %s is not offered: %s", pack->lang,
				list[i].reason);
			continue;
		}
		struct session_language *one = &offered[used++];
		*one = (struct session_language){0};
		vt_copy_cut(one->code, sizeof(one->code), pack->lang);
		vt_copy_cut(one->endonym, sizeof(one->endonym), pack->name);
		vt_copy_cut(one->spanish, sizeof(one->spanish), pack->name_spanish);
		vt_log(VT_LOG_INFO, "language %s %s%s", pack->lang, pack->version,
			pack->is_signed ? "" : ", not signed");
	}
	session_set_languages(core->session, offered, used);
}

void languages_look(struct core *core)
{
	struct store store = {.folder = core->languages.store};
	struct store_language list[STORE_MAX_LANGUAGES];
	struct vt_error error = {0};
	struct stat st;
	size_t count = 0;

	if (!store.folder || stat(store.folder, &st) != 0)
		return;
	if (st.st_mtim.tv_sec == core->languages.seen.tv_sec &&
		st.st_mtim.tv_nsec == core->languages.seen.tv_nsec)
		return;
	core->languages.seen = st.st_mtim;
	store.trust = (struct pack_trust){
		.signers = vt_config_get(core->config, "languages", "signers", NULL),
		.allow_unsigned = core->languages.allow_unsigned,
		.now_unix_ms = core_unix_ms(core)};
	if (store_list(&store, list, &count, &error) == VT_OK)
		offer(core, list, count);
	else
		vt_log(VT_LOG_WARNING, "%s", error.msg);
}
