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
	{"scan-unreadable", "scan", N_("The code could not be read"),
		N_("The scanner saw a code but could not read it whole."),
		N_("Nothing was taken from your document."),
		N_("Hold it flat and still and try again, or write your CURP.")},
	{"scan-no-curp", "scan", N_("There is no CURP in that code"),
		N_("The code was read, but it does not hold a CURP."),
		N_("A document can have several codes, and not all of them hold the CURP."),
		N_("Show another code of the document, or write your CURP.")},
	{"scan-wrong", "identification-card", N_("The CURP that was read is not right"),
		N_("The characters of that CURP do not match each other."),
		N_("The print may be damaged, or the CURP was copied wrongly."),
		N_("Try again, or write the CURP as it stands on your birth certificate.")},
	{"scan-several", "scan", N_("More than one CURP was read"),
		N_("The code holds the CURP of several persons."),
		N_("We cannot know which of them is yours."),
		N_("Show a document that is only yours, or write your CURP.")},
	{"scan-nothing", "hourglass", N_("The scanner saw no code"),
		N_("The time ran out before a code was under the light."),
		N_("What you wrote before is still there."),
		N_("Try again with the code closer to the light, or write your CURP.")},
	{"scan-gone", "plugs", N_("The scanner is not working now"),
		N_("The scanner of this terminal does not answer."),
		N_("Your service goes on: the CURP can be written, too."),
		N_("Write your CURP with the keys on the screen.")},
	{"card-no-reader", "plugs", N_("There is no card reader here"),
		N_("This terminal has no card reader, or it is not connected."),
		N_("You cannot sign in with your e.firma here."),
		N_("Go on without the card, or use another terminal.")},
	{"card-reader", "plugs", N_("The card reader is not working"),
		N_("The card reader does not answer as it should."),
		N_("Your card was not changed."),
		N_("Try again. If it happens again, go on without the card.")},
	{"card-unreadable", "identification-badge", N_("We cannot read this card"),
		N_("The card does not answer. It may be the wrong way round."),
		N_("Nothing was read and nothing was changed."),
		N_("Take it out and insert it with the chip in front and facing up.")},
	{"card-none", "identification-badge", N_("This card has no certificate"),
		N_("We found no certificate that can sign on this card."),
		N_("Bank cards and the voter card do not serve to sign in."),
		N_("Take it out and insert the card with your e.firma.")},
	{"card-seal", "seal-check", N_("This certificate is a seal, not an e.firma"),
		N_("The card carries a digital seal certificate (CSD)."),
		N_("A seal signs invoices. It does not say who you are."),
		N_("Insert the card with your e.firma, or go on without the card.")},
	{"card-not-efirma", "certificate", N_("This certificate is not an e.firma"),
		N_("The card carries a certificate of another kind."),
		N_("Only an e.firma of SAT says who you are here."),
		N_("Insert the card with your e.firma, or go on without the card.")},
	{"card-purpose", "certificate", N_("This certificate is not for signing"),
		N_("Its issuer gave it out for another use."),
		N_("You cannot sign in with it here."),
		N_("Insert the card with your e.firma, or go on without the card.")},
	{"card-identity", "identification-badge", N_("This certificate does not say who you are"),
		N_("The RFC or the CURP in it is missing or malformed."),
		N_("You cannot sign in with it here."),
		N_("Renew your e.firma at SAT, or go on without the card.")},
	{"card-bad-chain", "shield-warning", N_("This certificate cannot be trusted"),
		N_("It names an authority that we know, but was not signed by it."),
		N_("You cannot sign in with it here."),
		N_("Insert the card with your e.firma of SAT, or go on without the card.")},
	{"card-expired", "calendar-blank", N_("Your certificate has expired"),
		N_("The date until which your certificate is valid is over."),
		N_("You cannot sign with it any more."),
		N_("Renew your e.firma at SAT, or go on without the card.")},
	{"card-not-yet", "calendar-blank", N_("Your certificate is not valid yet"),
		N_("Your certificate begins to be valid on a later date."),
		N_("You cannot sign with it today."),
		N_("Come back when it is valid, or go on without the card.")},
	{"card-revoked", "prohibit", N_("Your certificate was revoked"),
		N_("Its issuer says that this certificate is not valid any more."),
		N_("You cannot sign with it any more."),
		N_("Ask for a new one at SAT. If you did not revoke it, tell SAT today.")},
	{"card-unknown-issuer", "shield-warning", N_("We do not know who issued this certificate"),
		N_("It was not issued by an authority that this terminal trusts."),
		N_("You cannot sign in with it here."),
		N_("Insert the card with your e.firma of SAT, or go on without the card.")},
	{"card-weak", "shield-warning", N_("This certificate is not safe enough"),
		N_("Its key or its signature is of an old kind."),
		N_("You cannot sign in with it here."),
		N_("Renew your e.firma at SAT, or go on without the card.")},
	{"card-not-checked", "cloud-slash", N_("We cannot check your certificate now"),
		N_("We could not ask its issuer whether it is still valid."),
		N_("Without that answer we cannot take it as proof of who you are."),
		N_("Try again in a few minutes, or go on without the card.")},
	{"card-last-try", "warning", N_("One try is left for your PIN"),
		N_("The PIN was wrong before. The card allows one more try."),
		N_("If the PIN is wrong again, the card locks itself."),
		N_("If you are not sure of your PIN, take out the card and look it up first.")},
	{"card-blocked", "lock-key", N_("The PIN of your card is locked"),
		N_("A wrong PIN was written too many times and the card locked itself."),
		N_("Your certificate is still valid, but the card does not sign."),
		N_("Unlock it with its PUK where you got it, or go on without the card.")},
	{"card-other-person", "users", N_("This card belongs to another person"),
		N_("The certificate does not name the person whom the request is about."),
		N_("Only the holder can sign this request."),
		N_("Take it out and insert your own card, or change your answers.")},
	{"card-removed", "identification-badge", N_("The card was taken out too early"),
		N_("The card left the reader before the step was finished."),
		N_("Nothing was signed in your name."),
		N_("Insert it again and leave it in until we tell you.")},
	{"card-timeout", "hourglass", N_("The time for the card ran out"),
		N_("The PIN was not written, or the card did not answer in time."),
		N_("Nothing was signed in your name."),
		N_("Try again, or go on without the card.")},
	{"card-refused", "prohibit", N_("The card does not sign with this key"),
		N_("The card accepted the PIN but not the signature."),
		N_("Nothing was signed in your name."),
		N_("Use another card, or go on without the card.")},
	{"card-failed", "warning-circle", N_("The signature could not be verified"),
		N_("What the card answered does not belong to your certificate."),
		N_("We cannot take it as proof of who you are."),
		N_("Try again. If it happens again, go on without the card.")},
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
	{"name", N_("A name has only letters, spaces, hyphen, point, slash and apostrophe.")},
	{"name.long", N_("The name is too long. Write at most 50 letters.")},
	{"long", N_("The answer is too long. Write it with fewer letters.")},
	{"choice", N_("Choose one of the options to go on.")},
	{"consent", N_("Tick the box to confirm that your data are correct.")},
	{"number", N_("Write only numbers.")},
	{"pin.wrong", N_("The PIN is not right. Write it again.")},
	{"pin.required", N_("Write the PIN of your card.")},
	{"pin.short", N_("The PIN is not complete.")},
	{"pin.long", N_("The PIN is too long.")},
	{"pin.form", N_("The PIN has not the length that your card asks for. No try was used.")},
	{"pin.canceled", N_("You canceled on the reader. No try was used.")},
	{"staff.wrong", N_("The PIN is not right. Write it again.")},
	{"staff.wait", N_("The PIN was not right. Wait before the next try.")},
	{"staff.height", N_("Write a height between 200 and 1600 mm.")},
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
	"restarting", "not-mine", "maintenance", "scan-unreadable", "scan-no-curp", "scan-wrong",
	"scan-several", "scan-nothing", "scan-gone", "card-no-reader", "card-reader",
	"card-unreadable", "card-none", "card-seal", "card-expired", "card-not-yet", "card-revoked",
	"card-unknown-issuer", "card-weak", "card-not-efirma", "card-purpose", "card-identity",
	"card-bad-chain", "card-not-checked", "card-last-try", "card-blocked", "card-removed",
	"card-timeout", "card-refused", "card-failed", "card-other-person", NULL};
const char *const text_error_ids[] = {"required", "curp.SHORT", "curp.FORMAT", "curp.DATE",
	"curp.FUTURE", "curp.STATE", "curp.WORD", "curp.CHECK", "date", "date.future", "name",
	"name.long", "long", "choice", "consent", "number", "pin.wrong", "pin.required",
	"pin.short", "pin.long", "pin.form", "pin.canceled", "staff.wrong", "staff.wait",
	"staff.height", "email", NULL};
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
	case SCREEN_SCAN:
		return _("Scan your CURP");
	case SCREEN_CARD:
		return _("Insert your card");
	case SCREEN_PIN:
		return _("Write the PIN of your card");
	case SCREEN_SIGNING:
		return strcmp(model->outcome, "reading") == 0 ? _("We are reading your card")
							      : _("We are signing");
	case SCREEN_PLACE:
		return _("Choose an office");
	case SCREEN_CALENDAR:
		return _("Choose a day");
	case SCREEN_HOUR:
		return _("Choose an hour");
	case SCREEN_PAYMENT:
		return _("Pay with your card");
	case SCREEN_STAFF:
		return _("Write your PIN");
	case SCREEN_MAINTENANCE:
		return _("Maintenance");
	case SCREEN_SETUP:
		return _("First start");
	case SCREEN_MEASURE:
		return _("Measure the screen with a card");
	case SCREEN_TOUCH:
		return _("Touch the middle of each cross");
	case SCREEN_KIND_COUNT:
		break;
	}
	return "";
}
