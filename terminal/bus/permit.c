#include "terminal/bus/permit.h"

struct permit {
	enum bus_name name;
	enum bus_type type;
	unsigned roles; /* bit per enum bus_role */
	unsigned phases;
};

#define ROLE(r) (1u << (r))
#define ALL	(ROLE(ROLE_UI) | ROLE(ROLE_DEVICES) | ROLE(ROLE_SYNC) | ROLE(ROLE_CTL))

/* An Intent.Act while idle is the touch that opens a session (or the language and help buttons of
 * attract): the session machine judges it further by screen and revision. */
static const struct permit permits[] = {
	{BUS_TERMINAL_HELLO, BUS_UNSOLICITED, ALL, PERMIT_ANY},
	{BUS_SCREEN_SHOW, BUS_COMPLETION, ROLE(ROLE_UI), PERMIT_ANY},
	{BUS_INTENT_ACT, BUS_UNSOLICITED, ROLE(ROLE_UI), PERMIT_ANY},
	{BUS_INTENT_ACTIVITY, BUS_UNSOLICITED, ROLE(ROLE_UI), PERMIT_ANY},
	{BUS_COMMON_STATUS_CHANGED, BUS_UNSOLICITED, ROLE(ROLE_DEVICES), PERMIT_ANY},
	{BUS_PRINTER_PRINT_FORM, BUS_COMPLETION, ROLE(ROLE_DEVICES), PERMIT_ANY},
	{BUS_WORK_DELIVER, BUS_COMPLETION, ROLE(ROLE_SYNC), PERMIT_ANY},
	{BUS_WORK_LINK, BUS_UNSOLICITED, ROLE(ROLE_SYNC), PERMIT_ANY},
	{BUS_TERMINAL_STATUS, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
	{BUS_DEVICE_LIST, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
	{BUS_QUEUE_LIST, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
	{BUS_QUEUE_SHOW, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
	{BUS_QUEUE_RETRY, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
	{BUS_QUEUE_DISCARD, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
	{BUS_QUEUE_EXPORT, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
	{BUS_WORK_SEAL, BUS_COMPLETION, ROLE(ROLE_SYNC), PERMIT_ANY},
	{BUS_QUEUE_RECONCILE, BUS_COMMAND, ROLE(ROLE_CTL), PERMIT_ANY},
};

bool permit_check(
	enum bus_role role, enum bus_name name, enum bus_type type, enum permit_phase phase)
{
	for (size_t i = 0; i < VT_ELEMENTS(permits); i++) {
		const struct permit *permit = &permits[i];
		if (permit->name == name && permit->type == type)
			return (permit->roles & ROLE(role)) != 0 && (permit->phases & phase) != 0;
	}
	return false;
}
