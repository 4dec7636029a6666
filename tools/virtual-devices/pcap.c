/* Capture file in the form of usbmon (link type 220, 64-byte header; Linux
 * Documentation/usb/usbmon.rst). */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/virtual-devices/server-internal.h"

#define LINKTYPE_USB_LINUX_MMAPPED 220
#define SNAP_LENGTH		   (VDEV_MAX_TRANSFER + 64)

struct pcap {
	FILE *file;
};

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)value);
	put16(at + 2, (uint16_t)(value >> 16));
}

static void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)value);
	put32(at + 4, (uint32_t)(value >> 32));
}

enum vt_code pcap_open(const char *path, struct pcap **ret, struct vt_error *error)
{
	uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
	struct pcap *pcap = calloc(1, sizeof(*pcap));

	if (!pcap)
		return vt_fail(error, VT_ERR_NOMEM, 0, "pcap");
	pcap->file = fopen(path, "wbe");
	put32(header + 16, SNAP_LENGTH);
	put32(header + 20, LINKTYPE_USB_LINUX_MMAPPED);
	if (!pcap->file || fwrite(header, sizeof(header), 1, pcap->file) != 1) {
		int os = errno;
		pcap_close(&pcap);
		return vt_fail(error, VT_ERR_IO, os, "pcap: %s: %s", path, strerror(os));
	}
	*ret = pcap;
	return VT_OK;
}

void pcap_close(struct pcap **pcap)
{
	if (!pcap || !*pcap)
		return;
	if ((*pcap)->file)
		fclose((*pcap)->file);
	free(*pcap);
	*pcap = NULL;
}

/* usbfs and usbmon share the numbers of transfer types: iso 0, interrupt 1, control 2, bulk 3. */
static void write_record(
	struct pcap *pcap, const struct vurb *urb, int devnum, char type, size_t data_length)
{
	uint8_t record[16] = {0};
	uint8_t h[64] = {0};
	struct timespec now;
	bool in = urb->type == 2 ? urb->setup.type & 0x80 : urb->endpoint & 0x80;
	bool has_data = data_length > 0;

	clock_gettime(CLOCK_REALTIME, &now);
	put64(h, urb->id);
	h[8] = (uint8_t)type;
	h[9] = urb->type;
	h[10] = (uint8_t)((urb->endpoint & 0x7f) | (in ? 0x80 : 0));
	h[11] = (uint8_t)devnum;
	put16(h + 12, VSERVER_BUS);
	h[14] = type == 'S' && urb->type == 2 ? 0 : '-';
	h[15] = has_data ? 0 : in ? '<' : '>';
	put64(h + 16, (uint64_t)now.tv_sec);
	put32(h + 24, (uint32_t)(now.tv_nsec / 1000));
	put32(h + 28, (uint32_t)(type == 'S' ? -EINPROGRESS : urb->status));
	put32(h + 32, (uint32_t)(type == 'S' ? urb->length : urb->done));
	put32(h + 36, (uint32_t)data_length);
	if (h[14] == 0)
		memcpy(h + 40, urb->setup_bytes, 8);
	put32(record, (uint32_t)now.tv_sec);
	put32(record + 4, (uint32_t)(now.tv_nsec / 1000));
	put32(record + 8, (uint32_t)(sizeof(h) + data_length));
	put32(record + 12, (uint32_t)(sizeof(h) + data_length));
	fwrite(record, sizeof(record), 1, pcap->file);
	fwrite(h, sizeof(h), 1, pcap->file);
	if (has_data)
		fwrite(urb->data, data_length, 1, pcap->file);
	fflush(pcap->file);
}

static bool is_in(const struct vurb *urb)
{
	return urb->type == 2 ? urb->setup.type & 0x80 : urb->endpoint & 0x80;
}

void pcap_submit(struct pcap *pcap, const struct vurb *urb, int devnum)
{
	if (pcap)
		write_record(pcap, urb, devnum, 'S', is_in(urb) ? 0 : urb->length);
}

void pcap_complete(struct pcap *pcap, const struct vurb *urb, int devnum)
{
	if (pcap)
		write_record(pcap, urb, devnum, 'C', is_in(urb) ? urb->done : 0);
}

static void enumerate_one(
	struct pcap *pcap, struct vdev *dev, int devnum, const uint8_t setup[8], uint64_t id)
{
	uint8_t data[1024];
	struct vurb urb = {.id = id, .type = 2, .data = data};
	int result;

	memcpy(urb.setup_bytes, setup, 8);
	urb.setup = (struct vdev_setup){.type = setup[0],
		.request = setup[1],
		.value = (uint16_t)(setup[2] | setup[3] << 8),
		.index = (uint16_t)(setup[4] | setup[5] << 8),
		.length = (uint16_t)(setup[6] | setup[7] << 8)};
	urb.length = urb.setup.length;
	pcap_submit(pcap, &urb, devnum);
	/* Past the fault layer: the capture's preface must not use up a fault. */
	if (!vdev_standard_request(dev, &urb.setup, data, &result) || result < 0)
		result = 0;
	urb.done = (size_t)result;
	pcap_complete(pcap, &urb, devnum);
}

void pcap_enumerate(struct pcap *pcap, struct vdev *dev, int devnum)
{
	static const uint8_t setups[3][8] = {{0x80, 6, 0, 1, 0, 0, 18, 0},
		{0x80, 6, 0, 2, 0, 0, 0xff, 0x03}, {0x00, 9, 1, 0, 0, 0, 0, 0}};

	for (size_t i = 0; pcap && i < 3; i++)
		enumerate_one(pcap, dev, devnum, setups[i], 0xffff0000u + (uint64_t)devnum * 4 + i);
}
