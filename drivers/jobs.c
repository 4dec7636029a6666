#include "drivers/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

void jobs_init(struct jobs *jobs, const struct jobs_kind *kind, const struct device_host *host,
	void *owner)
{
	VT_ASSERT(kind->max_waiting <= JOBS_MAX_WAITING);
	*jobs = (struct jobs){.kind = kind, .host = host, .owner = owner};
}

static int64_t now_of(const struct jobs *jobs)
{
	return jobs->host->now_ms(jobs->host->owner);
}

void jobs_refuse(struct jobs *jobs, const struct bus_header *request, enum bus_completion_code code,
	const char *text)
{
	jobs->host->refuse(jobs->host->owner, request, code, text);
}

/* ---- outcomes ---- */

static void report(struct jobs *jobs, struct jobs_outcome *outcome)
{
	const struct device_host *host = jobs->host;

	if (!host->is_connected(host->owner))
		return;
	struct bus_message *message = host->message(host->owner);
	bus_make_completion(message, &outcome->header, BUS_SUCCESS, NULL);
	message->payload.print_result = outcome->result;
	outcome->is_reported = true;
	host->send(host->owner);
}

static struct jobs_outcome *find_outcome(struct jobs *jobs, const char *job)
{
	for (size_t i = 0; i < JOBS_MAX_OUTCOMES; i++)
		if (jobs->outcomes[i].result.job[0] &&
			strcmp(jobs->outcomes[i].result.job, job) == 0)
			return &jobs->outcomes[i];
	return NULL;
}

static struct jobs_outcome *remember(struct jobs *jobs, const struct bus_header *header,
	const struct printer_print_result *result)
{
	struct jobs_outcome *outcome = find_outcome(jobs, result->job);

	if (!outcome) {
		outcome = &jobs->outcomes[jobs->next_outcome];
		jobs->next_outcome = (jobs->next_outcome + 1) % JOBS_MAX_OUTCOMES;
	}
	*outcome = (struct jobs_outcome){.result = *result, .header = *header};
	outcome->header.name = BUS_PRINTER_PRINT_FORM;
	return outcome;
}

void jobs_remember(struct jobs *jobs, const struct printer_print_result *result)
{
	(void)remember(jobs, &(struct bus_header){0}, result);
}

void jobs_done(struct jobs *jobs, const struct printer_print_result *result)
{
	vt_log(result->outcome == OUTCOME_PRINTED ? VT_LOG_INFO : VT_LOG_WARNING, "%s %s: %s %s",
		jobs->kind->word, result->job, print_outcome_names[result->outcome],
		result->reason);
	jobs->current_job[0] = '\0';
	report(jobs, remember(jobs, &jobs->current, result));
}

void jobs_resolved(struct jobs *jobs, const struct printer_print_result *result)
{
	struct jobs_outcome *outcome = find_outcome(jobs, result->job);
	const struct bus_header header = outcome ? outcome->header : (struct bus_header){0};

	vt_log(VT_LOG_NOTICE, "%s %s: resolved: %s %s", jobs->kind->word, result->job,
		print_outcome_names[result->outcome], result->reason);
	report(jobs, remember(jobs, &header, result));
}

/* ---- the line ---- */

static void free_job(struct job **job)
{
	vt_wipe(*job, sizeof(**job));
	free(*job);
	*job = NULL;
}

static struct job *take_out(struct jobs *jobs, size_t i)
{
	struct job *job = jobs->waiting[i];

	jobs->waiting_count--;
	memmove(&jobs->waiting[i], &jobs->waiting[i + 1],
		(jobs->waiting_count - i) * sizeof(jobs->waiting[0]));
	return job;
}

void jobs_finish(struct jobs *jobs)
{
	while (jobs->waiting_count > 0) {
		struct job *job = take_out(jobs, 0);
		free_job(&job);
	}
}

void jobs_begin(struct jobs *jobs, const struct job *job)
{
	jobs->current = job->header;
	memcpy(jobs->current_job, job->form.job, sizeof(jobs->current_job));
}

void jobs_fail(struct jobs *jobs, const struct job *job, const char *reason)
{
	struct printer_print_result result = {.outcome = OUTCOME_FAILED};

	memcpy(result.job, job->form.job, sizeof(result.job));
	vt_copy_cut(result.reason, sizeof(result.reason), reason);
	report(jobs, remember(jobs, &job->header, &result));
}

static void give_up_late(struct jobs *jobs, int64_t now_ms)
{
	for (size_t i = jobs->waiting_count; i-- > 0;) {
		if (jobs->waiting[i]->until_ms > now_ms)
			continue;
		struct job *job = take_out(jobs, i);
		jobs_refuse(jobs, &job->header, BUS_TIME_OUT, "printer was not ready in time");
		free_job(&job);
	}
}

void jobs_pump(struct jobs *jobs)
{
	if (jobs->is_pumping)
		return;
	jobs->is_pumping = true;
	give_up_late(jobs, now_of(jobs));
	while (jobs->waiting_count > 0 && jobs->kind->is_free(jobs->owner)) {
		struct job *job = take_out(jobs, 0);
		jobs->kind->start(jobs->owner, job);
		free_job(&job);
	}
	jobs->is_pumping = false;
}

/* A job that was seen before: its first command lives on, and its end answers whoever asked last.
 */
static bool is_repeated(struct jobs *jobs, const struct bus_header *header, const char *job)
{
	struct jobs_outcome *known = find_outcome(jobs, job);

	if (known) {
		known->header = *header;
		report(jobs, known);
		return true;
	}
	if (strcmp(jobs->current_job, job) == 0) {
		jobs->current = *header;
		return true;
	}
	for (size_t i = 0; i < jobs->waiting_count; i++)
		if (strcmp(jobs->waiting[i]->form.job, job) == 0) {
			jobs->waiting[i]->header = *header;
			return true;
		}
	return false;
}

void jobs_take(struct jobs *jobs, const struct bus_message *msg)
{
	const struct printer_print_form *form = &msg->payload.print_form;
	const struct bus_header *header = &msg->header;

	if (!vt_uuid_valid(form->job)) {
		jobs_refuse(jobs, header, BUS_INVALID_DATA, "job is no UUID");
		return;
	}
	if (is_repeated(jobs, header, form->job))
		return;
	struct job *job =
		jobs->waiting_count < jobs->kind->max_waiting ? calloc(1, sizeof(*job)) : NULL;
	if (!job) {
		jobs_refuse(jobs, header, BUS_DEVICE_NOT_READY, jobs->kind->too_many);
		return;
	}
	job->header = *header;
	job->form = *form;
	job->until_ms =
		now_of(jobs) + (header->timeout_ms > 0 ? header->timeout_ms : jobs->kind->wait_ms);
	jobs->waiting[jobs->waiting_count++] = job;
}

/* ---- core and time ---- */

bool jobs_is_busy(const struct jobs *jobs)
{
	return jobs->current_job[0] || jobs->waiting_count > 0;
}

void jobs_core_came(struct jobs *jobs)
{
	const struct device_host *host = jobs->host;

	for (size_t i = 0; i < JOBS_MAX_OUTCOMES && host->is_connected(host->owner); i++)
		if (jobs->outcomes[i].result.job[0] && !jobs->outcomes[i].is_reported)
			report(jobs, &jobs->outcomes[i]);
}

void jobs_core_went(struct jobs *jobs)
{
	while (jobs->waiting_count > 0) {
		struct job *job = take_out(jobs, 0);
		jobs_fail(jobs, job, "device");
		free_job(&job);
	}
}

int64_t jobs_wake_ms(const struct jobs *jobs, int64_t wake_ms)
{
	for (size_t i = 0; i < jobs->waiting_count; i++)
		if (jobs->waiting[i]->until_ms < wake_ms)
			wake_ms = jobs->waiting[i]->until_ms;
	return wake_ms;
}
