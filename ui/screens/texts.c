#include "ui/screens/texts.h"

#include <string.h>

#include "terminal/base/attributes.h"
#include "ui/screens/locale.h"

struct problem_row {
	const char *id, *icon, *title, *what, *means, *now;
};

/* The last row is for ids we do not know. Whether money was charged is said by the screen itself,
 * from model.no_charge, and so is the folio that is safe. */
static const struct problem_row problems[] = {
	{"curp-inactive", "identification-card", N_("This CURP is not active"),
		N_("The national registry marks this CURP as not active."),
		N_("For that reason it cannot be printed here."),
		N_("Go to the Civil Registry or a RENAPO module with your birth certificate.")},
	{"service-rejected", "warning-circle", N_("The agency did not accept the request"),
		N_("The agency received your data and answered that it cannot go on with them."),
		N_("Your request was not registered."),
		N_("Check that your data are correct and try again, or ask at the agency's "
		   "office.")},
	{"service-unavailable", "cloud-slash", N_("The service is not answering"),
		N_("We could not reach the agency that keeps this service."),
		N_("Your request could not be completed here."),
		N_("Try again in a few minutes, or call 079 free of charge.")},
	{"storage", "floppy-disk", N_("We cannot save requests now"),
		N_("This terminal has a fault and cannot save new requests."),
		N_("Requests already registered are safe and their folios remain valid."),
		N_("Use another terminal, or call 079 free of charge.")},
	{"paper", "printer", N_("The printer has no paper"),
		N_("The paper ran out before your sheet was printed."),
		N_("Your request is safe: only the paper is missing."),
		N_("Take a photo of the folio, or ask the staff to add paper.")},
	{"printer", "printer", N_("The printer is not working"),
		N_("The printer of this terminal is not answering."),
		N_("Your request is safe: only the paper is missing."),
		N_("Take a photo of the folio and print it at another terminal.")},
	{"unknown-print", "printer", N_("We do not know if your sheet was printed"),
		N_("The printer stopped answering while it was printing."),
		N_("Your request is safe, whether or not the sheet came out."),
		N_("Look at the paper slot. If the sheet is missing, ask for it with your folio.")},
	{"defect", "wrench", N_("Something went wrong in this terminal"),
		N_("This terminal had a fault and stopped your request."),
		N_("What you had not sent was erased for your safety."),
		N_("Start again, or use another terminal.")},
	{"expired", "hourglass", N_("The time for this request ran out"),
		N_("The agency did not answer within its time limit."),
		N_("This request is no longer valid."), N_("Start a new request.")},
	{"core-lost", "plugs-connected", N_("The terminal was interrupted"),
		N_("One part of the terminal stopped and started again."),
		N_("Your request had already been registered: nothing is lost."),
		N_("Write down the folio or take a photo. With it you can ask about your "
		   "request.")},
	{"restarting", "plugs", N_("We are restoring the terminal"),
		N_("One part of the terminal stopped and is starting again."),
		N_("Requests already registered are safe and their folios remain valid."),
		N_("Wait a moment. If this screen stays, use another terminal.")},
	{"not-mine", "identification-card", N_("These data are not yours"),
		N_("You told us that the data we found belong to somebody else."),
		N_("Nothing was printed and we do not keep those data."),
		N_("Check the data you wrote and try again, or go to a RENAPO module.")},
	{"maintenance", "wrench", N_("This terminal is under maintenance"),
		N_("A technician is working on this terminal."),
		N_("Requests already registered are safe and their folios remain valid."),
		N_("Come back later, or use another terminal.")},
	{"", "wrench", N_("This terminal is not available"),
		N_("This terminal has a fault and we have already told the technical team."),
		N_("Requests already registered are safe and their folios remain valid."),
		N_("Use another terminal, or call 079 free of charge.")},
};

struct id_row {
	const char *id, *text;
};

static const struct id_row errors[] = {
	{"required", N_("This answer is missing. Write it or choose it to go on.")},
	{"curp.SHORT", N_("The CURP is not complete. It has 18 letters and numbers.")},
	{"curp.FORMAT", N_("The CURP does not have the right form. Check it letter by letter.")},
	{"curp.DATE", N_("The birth date inside the CURP does not exist. Check numbers 5 to 10.")},
	{"curp.FUTURE",
		N_("The birth date inside the CURP has not come yet. Check numbers 5 to 10.")},
	{"curp.STATE", N_("The letters of the state are not right. Check letters 12 and 13.")},
	{"curp.WORD",
		N_("The first four letters are not right. Copy them again from your document.")},
	{"curp.CHECK", N_("The last character does not match the others. Check that you copied it "
			  "whole.")},
	{"date",
		N_("That date does not exist. Write day, month and year, for example 27 03 1985.")},
	{"date.future", N_("The date has not come yet. Write a date up to today.")},
	{"name", N_("A name has only letters, spaces, hyphen and apostrophe.")},
	{"name.long", N_("The name is too long. Write at most 50 letters.")},
	{"long", N_("The answer is too long. Write it with fewer letters.")},
	{"choice", N_("Choose one of the options to go on.")},
	{"consent", N_("Tick the box to confirm that your data are correct.")},
	{"number", N_("Write only numbers.")},
	{"email", N_("The e-mail address is not complete, for example nombre@correo.mx.")},
	{"", N_("Check this answer and write it again.")},
};

static const struct id_row reasons[] = {
	{"offline", N_("Not available now: no connection")},
	{"paper", N_("Not available now: no paper")},
	{"printer", N_("Not available now: no printer")},
	{"storage", N_("Not available now: fault in the terminal")},
	{"session", N_("Not available in this session")},
	{"soon", N_("Coming soon")},
	{"", N_("Not available now")},
};

static const struct id_row print_reasons[] = {
	{"paper", N_("The printer ran out of paper.")},
	{"cover", N_("The cover of the printer is open.")},
	{"cutter", N_("The paper is jammed in the printer.")},
	{"power", N_("The printer has no power.")},
	{"absent", N_("This terminal has no printer now.")},
	{"printer", N_("The printer is not answering.")},
	{"device", N_("The printer is not answering.")},
	{"storage", N_("This terminal has a fault and cannot print now.")},
	{"limit", N_("No more sheets can be printed for this request.")},
	{"", N_("The sheet could not be printed.")},
};

const char *const text_problem_ids[] = {"curp-inactive", "service-rejected", "service-unavailable",
	"storage", "paper", "printer", "unknown-print", "defect", "expired", "core-lost",
	"restarting", "not-mine", "maintenance", NULL};
const char *const text_error_ids[] = {"required", "curp.SHORT", "curp.FORMAT", "curp.DATE",
	"curp.FUTURE", "curp.STATE", "curp.WORD", "curp.CHECK", "date", "date.future", "name",
	"name.long", "long", "choice", "consent", "number", "email", NULL};
const char *const text_reason_ids[] = {
	"offline", "paper", "printer", "storage", "session", "soon", NULL};
const char *const text_print_ids[] = {"paper", "cover", "cutter", "power", "absent", "printer",
	"device", "storage", "limit", NULL};

void text_problem(const char *id, struct text_problem *ret)
{
	const struct problem_row *row = problems;

	while (row->id[0] != '\0' && strcmp(row->id, id) != 0)
		row++;
	*ret = (struct text_problem){.title = _(row->title),
		.what = _(row->what),
		.means = _(row->means),
		.now = _(row->now),
		.icon = row->icon};
}

static const char *find(const struct id_row *row, const char *id)
{
	while (row->id[0] != '\0' && strcmp(row->id, id) != 0)
		row++;
	return _(row->text);
}

const char *text_error(const char *id)
{
	return find(errors, id);
}

const char *text_reason(const char *id, enum item_state state)
{
	return find(reasons, state == ITEM_SOON ? "soon" : id);
}

const char *text_print_reason(const char *id)
{
	return find(print_reasons, id);
}

static const char *title_of_done(const char *outcome)
{
	if (strcmp(outcome, "provisional") == 0)
		return _("Your request is safe and will be sent");
	if (strcmp(outcome, "none") == 0)
		return _("No CURP was found with your data");
	if (strcmp(outcome, "several") == 0)
		return _("There are several records with your data");
	return _("Your request was registered");
}

const char *text_title(const struct screen_model *model)
{
	struct text_problem problem;

	if (model->title[0] != '\0')
		return model->title;
	switch (model->screen) {
	case SCREEN_ATTRACT:
		return _("Citizen Window");
	case SCREEN_LANGUAGE:
		return _("Choose your language");
	case SCREEN_HOME:
		return _("What would you like to do?");
	case SCREEN_INTRO:
		return model->service_name;
	case SCREEN_QUESTION:
		return model->field.label;
	case SCREEN_CURP:
		return _("Write your CURP");
	case SCREEN_WAIT:
		return _("We are consulting your data");
	case SCREEN_RESULTS:
		return model->asks_identity ? _("Are these your data?")
					    : _("This is what we found");
	case SCREEN_REVIEW:
		return _("Check your answers");
	case SCREEN_DONE:
		return title_of_done(model->outcome);
	case SCREEN_PROBLEM:
	case SCREEN_OUT_OF_SERVICE:
		text_problem(model->problem, &problem);
		return problem.title;
	case SCREEN_ACCESS:
		return _("Adjust this screen");
	case SCREEN_HELP:
		return _("Help");
	case SCREEN_KIND_COUNT:
		break;
	}
	return "";
}
