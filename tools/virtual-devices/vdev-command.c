/* Switches in words: the same for tests, scripts and `virtual-devices control`. */

#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/vdev.h"

#define MAX_WORDS 12

static const char *const fault_names[VDEV_FAULT_COUNT] = {
	[VDEV_FAULT_STALL] = "stall",
	[VDEV_FAULT_ERROR] = "error",
	[VDEV_FAULT_BABBLE] = "babble",
	[VDEV_FAULT_SHORT] = "short",
	[VDEV_FAULT_SPLIT] = "split",
	[VDEV_FAULT_ZERO] = "zero",
	[VDEV_FAULT_DELAY] = "delay",
	[VDEV_FAULT_LOST] = "lost",
	[VDEV_FAULT_REPEAT] = "repeat",
	[VDEV_FAULT_GARBAGE] = "garbage",
	[VDEV_FAULT_UNPLUG] = "unplug",
	[VDEV_FAULT_POWER] = "power",
	[VDEV_FAULT_SEQUENCE] = "sequence",
};

static bool number(const char *text, int64_t max, int64_t *ret)
{
	return text && vt_parse_i64(text, 0, max, ret) == VT_OK;
}

static bool event_from_name(const char *name, enum vdev_event *ret)
{
	static const char *const names[] = {"any", "control", "out", "in"};

	for (size_t i = 0; i < VT_ELEMENTS(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum vdev_event)i;
			return true;
		}
	}
	return false;
}

/* The words behind "fault TYPE". */
static bool parse_fault(
	struct vdev_fault *fault, size_t count, const char *const *words, struct vt_buf *reply)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value;
		if (event_from_name(words[i], &fault->event))
			continue;
		if (i + 1 == count || !number(words[i + 1], 1000000000, &value)) {
			vt_buf_printf(reply, "fault: %s: a number is missing\n", words[i]);
			return false;
		}
		if (strcmp(words[i], "at") == 0 && value > 0) {
			fault->at = (unsigned)value;
		} else if (strcmp(words[i], "times") == 0) {
			fault->times = (unsigned)value;
		} else if (strcmp(words[i], "bytes") == 0 || strcmp(words[i], "ms") == 0) {
			fault->amount = (size_t)value;
		} else {
			vt_buf_printf(reply, "fault: %s: unknown word\n", words[i]);
			return false;
		}
		i++;
	}
	return true;
}

static enum vt_code command_fault(
	struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct vdev_fault fault = {.type = VDEV_FAULT_COUNT, .at = 1, .times = 1};

	if (count == 1 && strcmp(words[0], "clear") == 0) {
		vdev_clear_faults(dev);
		return VT_OK;
	}
	for (int i = 0; i < VDEV_FAULT_COUNT && count > 0; i++) {
		if (strcmp(words[0], fault_names[i]) == 0)
			fault.type = (enum vdev_fault_type)i;
	}
	if (fault.type == VDEV_FAULT_COUNT) {
		vt_buf_append_text(reply, "fault: one of: clear");
		for (int i = 0; i < VDEV_FAULT_COUNT; i++)
			vt_buf_printf(reply, " %s", fault_names[i]);
		vt_buf_append_byte(reply, '\n');
		return VT_ERR_INVALID;
	}
	if (!parse_fault(&fault, count - 1, words + 1, reply))
		return VT_ERR_INVALID;
	enum vt_code code = vdev_add_fault(dev, &fault);
	if (code != VT_OK)
		vt_buf_append_text(reply, "fault: too many; try: fault clear\n");
	return code;
}

static void give_state(const struct vdev *dev, struct vt_buf *reply)
{
	vt_buf_printf(reply, "device: %s\nkind: %s\nplugged: %s\npower: %s\ntransfers: %llu\n",
		dev->id, dev->ops->name, dev->plugged ? "yes" : "no", dev->powered ? "on" : "off",
		(unsigned long long)dev->transfers);
	for (size_t i = 0; i < dev->fault_count; i++) {
		static const char *const events[] = {"any", "control", "out", "in"};
		const struct vdev_fault *f = &dev->faults[i];
		vt_buf_printf(reply, "fault: %s %s at %u times %u amount %zu\n",
			fault_names[f->type], events[f->event], f->at, f->times, f->amount);
	}
	if (dev->ops->status)
		dev->ops->status(dev, reply);
}

/* Splits line in place of copy; returns the number of words, or MAX_WORDS + 1 for too many. */
static size_t split_words(char *copy, const char **words)
{
	size_t count = 0;
	char *save = NULL;

	for (char *word = strtok_r(copy, " \t\r\n", &save); word;
		word = strtok_r(NULL, " \t\r\n", &save)) {
		if (count == MAX_WORDS)
			return MAX_WORDS + 1;
		words[count++] = word;
	}
	return count;
}

enum vt_code vdev_text_command(struct vdev *dev, const char *line, struct vt_buf *reply)
{
	char verb[16];
	size_t length = strcspn(line, " ");

	if (!dev->ops->text || length == 0 || length >= sizeof(verb) || line[length] == '\0')
		return VT_ERR_NOT_FOUND;
	memcpy(verb, line, length);
	verb[length] = '\0';
	return dev->ops->text(dev, verb, line + length + 1, reply);
}

enum vt_code vdev_command(struct vdev *dev, const char *line, struct vt_buf *reply)
{
	char copy[400];
	const char *words[MAX_WORDS];

	enum vt_code text = vdev_text_command(dev, line, reply);
	if (text != VT_ERR_NOT_FOUND)
		return text;
	if (!vt_copy(copy, sizeof(copy), line)) {
		vt_buf_append_text(reply, "command too long\n");
		return VT_ERR_LIMIT;
	}
	size_t count = split_words(copy, words);
	if (count == 0 || count > MAX_WORDS) {
		vt_buf_append_text(reply, count == 0 ? "no command\n" : "too many words\n");
		return VT_ERR_INVALID;
	}
	bool alone = count == 1;
	bool pair = count == 2;
	if (alone && strcmp(words[0], "plug") == 0)
		vdev_plug(dev, true);
	else if (alone && strcmp(words[0], "unplug") == 0)
		vdev_plug(dev, false);
	else if (pair && strcmp(words[0], "power") == 0 && strcmp(words[1], "on") == 0)
		vdev_power(dev, true);
	else if (pair && strcmp(words[0], "power") == 0 && strcmp(words[1], "off") == 0)
		vdev_power(dev, false);
	else if (alone && strcmp(words[0], "status") == 0)
		give_state(dev, reply);
	else if (strcmp(words[0], "fault") == 0)
		return command_fault(dev, count - 1, words + 1, reply);
	else {
		enum vt_code code = dev->ops->command ? dev->ops->command(dev, count, words, reply)
						      : VT_ERR_NOT_FOUND;
		if (code == VT_ERR_NOT_FOUND)
			vt_buf_printf(reply, "%s: no such switch: %s\n", dev->ops->name, line);
		return code;
	}
	return VT_OK;
}
