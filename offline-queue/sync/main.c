/* ventanilla-sync: carries work from core to the web services and their answers back. */

#include "offline-queue/sync/sync.h"
#include "terminal/base/daemon.h"

static enum vt_code create(void *event, const char *socket_path, const struct vt_config *config,
	void **ret_self, struct vt_error *error)
{
	struct sync *sync = NULL;
	const enum vt_code code = sync_create(event, socket_path, config, &sync, error);

	*ret_self = sync;
	return code;
}

static void destroy(void **self)
{
	struct sync *sync = *self;

	sync_destroy(&sync);
	*self = NULL;
}

int main(int argc, char **argv)
{
	static const struct vt_daemon daemon = {.name = "ventanilla-sync",
		.socket = "sync",
		.config = "[sync], [adapter NAME] …",
		.create = create,
		.destroy = destroy};

	return vt_daemon_main(&daemon, argc, argv);
}
