#include "tests/ui/app_stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "terminal/base/text.h"

struct profile app_stage_small(void)
{
	return (struct profile){540, 960, 2.0, 600, 800};
}

void app_stage_open(const struct profile *profile, struct app **ret_app, struct app_time *ret_time)
{
	const char *source = getenv("VT_SOURCE_DIR"), *build = getenv("VT_BUILD_DIR");
	char assets[512], locales[512];
	const struct app_options options = {
		.ui = {.profile = *profile, .assets = assets}, .locales = locales};
	struct vt_error error = {.msg = "VT_SOURCE_DIR, VT_BUILD_DIR: too long"};

	*ret_time = (struct app_time){.now_ms = 1000000, .unix_ms = APP_STAGE_UNIX_MS};
	if (!vt_format(assets, sizeof(assets), "%s/assets", source ? source : ".") ||
		!vt_format(locales, sizeof(locales), "%s/locales", build ? build : "build") ||
		app_create(&options, ret_time, ret_app, &error) != VT_OK) {
		fprintf(stderr, "app_stage: %s\n", error.msg);
		exit(2);
	}
}
