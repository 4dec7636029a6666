#include "terminal/base/secret.h"

#include "terminal/base/text.h"

bool vt_secret_set(struct vt_secret *secret, const char *text)
{
	vt_wipe(secret->value, sizeof(secret->value));
	return vt_copy(secret->value, sizeof(secret->value), text);
}

void vt_secret_finish(struct vt_secret *secret)
{
	vt_wipe(secret->value, sizeof(secret->value));
}

const char *vt_secret_get(const struct vt_secret *secret)
{
	return secret->value;
}
