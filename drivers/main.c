/* ventanilla-devices: the terminal's USB devices for core. */

#include "drivers/service.h"
#include "terminal/base/daemon.h"

static enum vt_code create(void *event, const char *socket_path, const struct vt_config *config,
	void **ret_self, struct vt_error *error)
{
	struct service *service = NULL;
	const enum vt_code code = service_create(event, socket_path, config, &service, error);

	*ret_self = service;
	return code;
}

static void destroy(void **self)
{
	struct service *service = *self;

	service_destroy(&service);
	*self = NULL;
}

int main(int argc, char **argv)
{
	static const struct vt_daemon daemon = {.name = "ventanilla-devices",
		.socket = "devices",
		.config = "[devices] registry, fonts, state",
		.create = create,
		.destroy = destroy};

	return vt_daemon_main(&daemon, argc, argv);
}
