/* What the printer is asked: live status, cutter counter, "worked off?". */
#include "drivers/printer/printer-internal.h"

#include <string.h>

void ask_stop(struct printer *p)
{
	p->ask = ASK_NONE;
	p->confirm = CONFIRM_NONE;
	p->stray = p->again = p->has_early = false;
	p->offline_count = 0;
	timer_stop(p, TIMER_ANSWER);
	timer_stop(p, TIMER_QUIET);
	timer_stop(p, TIMER_CONFIRM);
	timer_stop(p, TIMER_POLL);
	timer_stop(p, TIMER_STATE);
}

void ask_live(struct printer *p, uint8_t n)
{
	struct vt_buf commands;

	vt_buf_init(&commands, sizeof(p->command));
	p->ask = ASK_LIVE;
	p->live_n = n;
	escpos_live_status(&commands, n);
	stream_send_command(p, &commands);
	timer_set(p, TIMER_ANSWER, ANSWER_MS);
}

void ask_status(struct printer *p)
{
	timer_stop(p, TIMER_POLL);
	timer_stop(p, TIMER_QUIET);
	p->next_status = (struct escpos_status){0};
	p->stray = p->again = p->has_early = false;
	ask_live(p, 1);
}

void ask_counter(struct printer *p)
{
	struct vt_buf commands;

	vt_buf_init(&commands, sizeof(p->command));
	p->ask = ASK_COUNTER;
	escpos_cutter_counter(&commands);
	stream_send_command(p, &commands);
	timer_set(p, TIMER_ANSWER, ANSWER_MS);
}

/* 4 printable bytes that name seq. */
static void make_id(uint32_t seq, uint8_t id[4])
{
	for (int i = 0; i < 4; i++, seq /= 94)
		id[i] = (uint8_t)(0x21 + seq % 94);
}

uint32_t ask_read_id(const uint8_t id[4])
{
	uint32_t seq = 0;

	for (int i = 3; i >= 0; i--) {
		if (id[i] < 0x21 || id[i] > 0x7e)
			return UINT32_MAX;
		seq = seq * 94 + (uint32_t)(id[i] - 0x21);
	}
	return seq;
}

/* Appends the question "worked off?". Its answer proves that the printer has what was sent *in the
 * same transfer* before it, so it is asked once behind rows and once behind the cut; only where
 * nothing stands before it (SYNCING) it is repeated. */
void ask_append(struct printer *p, struct vt_buf *commands)
{
	uint8_t id[4];

	if (p->confirm != CONFIRM_PENDING)
		p->confirm_first_seq = p->seq;
	p->confirm = CONFIRM_PENDING;
	p->gs_r_count = 0;
	switch (p->profile.confirm) {
	case CONFIRM_PROCESS_ID:
		make_id(p->seq, id);
		escpos_process_id(commands, id);
		p->seq = (p->seq + 1) % ID_SPACE;
		break;
	case CONFIRM_GS_R:
		for (int i = 0; i < GS_R_ANSWERS; i++)
			escpos_queued_status(commands);
		break;
	}
}

void ask_confirm(struct printer *p, struct vt_buf *commands)
{
	ask_append(p, commands);
	stream_send_command(p, commands);
	timer_set(p, TIMER_CONFIRM, CONFIRM_AGAIN_MS);
	timer_set(p, TIMER_POLL, CONFIRM_POLL_MS);
}

bool ask_is_within(uint32_t seq, uint32_t first, uint32_t end)
{
	return seq < ID_SPACE &&
	       (seq + ID_SPACE - first) % ID_SPACE < (end + ID_SPACE - first) % ID_SPACE;
}
