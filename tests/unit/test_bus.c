#include "tests/lib/cmocka_prelude.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "terminal/base/text.h"
#include "terminal/bus/conn.h"
#include "terminal/bus/permit.h"

static enum vt_code decode(const char *json, struct bus_message *msg, struct vt_error *error)
{
	return bus_message_decode(json, strlen(json), msg, error);
}

static void every_message_survives_a_round_trip_when_empty(void **state)
{
	struct bus_message *msg = calloc(1, sizeof(*msg)), *back = malloc(sizeof(*back));
	struct vt_error error;

	(void)state;
	for (int name = 0; name < BUS_NAME_COUNT; name++) {
		for (int type = 0; type < BUS_TYPE_COUNT; type++) {
			struct vt_buf buf;
			vt_buf_init(&buf, VT_MAX_MESSAGE);
			msg->header = (struct bus_header){.type = (enum bus_type)type,
				.name = (enum bus_name)name,
				.request_id = 42};
			assert_int_equal(bus_message_encode(msg, &buf, &error), VT_OK);
			assert_int_equal(
				bus_message_decode(vt_buf_text(&buf), buf.length, back, &error),
				VT_OK);
			assert_memory_equal(msg, back, sizeof(*msg));
			vt_buf_finish(&buf);
		}
	}
	free(msg);
	free(back);
}

static void set(char *dst, size_t size, const char *text)
{
	assert_true(vt_copy(dst, size, text));
}

/* Member by member: the message was zeroed whole, and bytes between members are compared too. */
static void fill_model(struct screen_model *model)
{
	model->screen = SCREEN_CURP;
	model->revision = 7;
	set(model->lang, sizeof(model->lang), "es-MX");
	set(model->title, sizeof(model->title), "Escriba su \"CURP\"\n\\ñ");
	model->has_field = true;
	model->field.type = FIELD_CURP;
	set(model->field.name, sizeof(model->field.name), "curp");
	model->field.max_length = 18;
	model->item_count = 2;
	model->items[1].kind = ITEM_ROW;
	set(model->items[1].value, sizeof(model->items[1].value), "Ñ");
	model->warning_ms = 45000;
	model->settings.text_size = 2;
	model->settings.reach = true;
}

static void a_screen_model_survives_a_round_trip(void **state)
{
	struct bus_message *msg = calloc(1, sizeof(*msg)), *back = malloc(sizeof(*back));
	struct vt_error error;
	struct vt_buf buf;

	(void)state;
	msg->header =
		(struct bus_header){.type = BUS_COMMAND, .name = BUS_SCREEN_SHOW, .request_id = 1};
	fill_model(&msg->payload.screen_model);
	vt_buf_init(&buf, VT_MAX_MESSAGE);
	assert_int_equal(bus_message_encode(msg, &buf, &error), VT_OK);
	assert_int_equal(bus_message_decode(vt_buf_text(&buf), buf.length, back, &error), VT_OK);
	assert_memory_equal(msg, back, sizeof(*msg));
	vt_buf_finish(&buf);
	free(msg);
	free(back);
}

/* The largest answer a card can give still fits into one packet. */
static void a_card_full_of_certificates_survives_a_round_trip(void **state)
{
	struct bus_message *msg = calloc(1, sizeof(*msg)), *back = malloc(sizeof(*back));
	struct certificate_list *list = &msg->payload.certificate_list;
	struct vt_error error;
	struct vt_buf buf;

	(void)state;
	msg->header = (struct bus_header){
		.type = BUS_COMPLETION, .name = BUS_CERTIFICATE_LIST, .request_id = 9};
	list->application = CARD_PIV;
	list->pin.tries_left = -1;
	list->count = CARD_MAX_CERTIFICATES;
	for (size_t i = 0; i < list->count; i++) {
		memset(list->certificates[i].certificate, 'M', CERTIFICATE_TEXT_SIZE - 1);
		memset(list->certificates[i].label, 'l', sizeof(list->certificates[i].label) - 1);
		memset(list->certificates[i].id, 'f', CARD_CERTIFICATE_ID_SIZE - 1);
	}
	vt_buf_init(&buf, VT_MAX_MESSAGE);
	assert_int_equal(bus_message_encode(msg, &buf, &error), VT_OK);
	assert_int_equal(bus_message_decode(vt_buf_text(&buf), buf.length, back, &error), VT_OK);
	assert_memory_equal(msg, back, sizeof(*msg));
	vt_buf_finish(&buf);
	free(msg);
	free(back);
}

#define SIGN_HEAD                                                                          \
	"{\"header\":{\"type\":\"command\",\"name\":\"Certificate.Sign\",\"requestId\":5," \
	"\"timeout\":60000,\"version\":\"1.0\"},\"payload\":{\"device\":\"reader\","       \
	"\"certificate\":\"9c\",\"pin\":"
#define SIGN_TAIL ",\"hash\":\"sha256\",\"digest\":\"00ff\"}}"

/* The PIN is longer than any card's: refused, and no error says what it was. */
static void a_pin_that_is_too_long_is_refused_unseen(void **state)
{
	struct bus_message *msg = malloc(sizeof(*msg)), *zero = calloc(1, sizeof(*zero));
	struct vt_error error = {0};

	(void)state;
	assert_int_equal(decode(SIGN_HEAD "\"271828\"" SIGN_TAIL, msg, &error), VT_OK);
	assert_string_equal(msg->payload.certificate_sign.pin, "271828");
	assert_int_not_equal(
		decode(SIGN_HEAD "\"271828271828271828271828271828271828\"" SIGN_TAIL, msg, &error),
		VT_OK);
	assert_null(strstr(error.msg, "2718"));
	assert_memory_equal(msg, zero, sizeof(*msg));
	assert_int_not_equal(decode(SIGN_HEAD "271828" SIGN_TAIL, msg, &error), VT_OK);
	assert_null(strstr(error.msg, "2718"));
	free(msg);
	free(zero);
}

#define HELLO_HEADER \
	"\"header\":{\"type\":\"unsolicited\",\"name\":\"Terminal.Hello\",\"version\":\"1.0\"}"
#define HELLO_PAYLOAD "\"payload\":{\"program\":\"p\",\"version\":\"v\",\"pid\":1}"

static void malformed_messages_are_refused_and_leave_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"nonsense",
		"{" HELLO_HEADER "," HELLO_PAYLOAD "} ,",
		"{" HELLO_HEADER "," HELLO_PAYLOAD ",\"extra\":1}",
		"{" HELLO_HEADER ",\"payload\":{\"program\":\"p\",\"version\":\"v\"}}",
		"{" HELLO_HEADER
		",\"payload\":{\"program\":\"p\",\"version\":\"v\",\"pid\":\"1\"}}",
		"{" HELLO_HEADER ",\"payload\":{\"program\":\"p\",\"version\":\"v\",\"pid\":1.5}}",
		"{" HELLO_HEADER
		",\"payload\":{\"program\":\"p\",\"version\":\"v\",\"pid\":1,\"pid\":2}}",
		"{" HELLO_HEADER
		",\"payload\":{\"program\":\"p\",\"version\":\"v\",\"pid\":1,\"x\":2}}",
		"{" HELLO_HEADER
		",\"payload\":{\"program\":\"p\\u0000q\",\"version\":\"v\",\"pid\":1}}",
		"{" HELLO_HEADER ",\"payload\":{\"program\":\"ppppppppppppppppppppppppppppppppp\","
		"\"version\":\"v\",\"pid\":1}}",
		"{\"header\":{\"type\":\"unsolicited\",\"name\":\"No.Such\",\"version\":\"1.0\"},"
		"\"payload\":{}}",
		"{\"header\":{\"type\":\"shout\",\"name\":\"Terminal.Hello\",\"version\":\"1.0\"},"
		"\"payload\":{}}",
		"{\"header\":{\"type\":\"unsolicited\",\"name\":\"Terminal.Hello\",\"version\":\"2."
		"0\"},"
		"\"payload\":{\"program\":\"p\",\"version\":\"v\",\"pid\":1}}",
		"{" HELLO_HEADER ",\"payload\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]"
		"]]]]]]]]]]]]]]]]}",
	};
	struct bus_message *msg = malloc(sizeof(*msg)), *zero = calloc(1, sizeof(*zero));
	struct vt_error error;

	(void)state;
	assert_int_equal(decode("{" HELLO_HEADER "," HELLO_PAYLOAD "}", msg, &error), VT_OK);
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		memset(msg, 0xaa, sizeof(*msg));
		error = (struct vt_error){0};
		assert_int_not_equal(decode(bad[i], msg, &error), VT_OK);
		assert_true(error.msg[0] != 0);
		assert_memory_equal(msg, zero, sizeof(*msg));
	}
	free(msg);
	free(zero);
}

static void an_error_text_never_quotes_the_value(void **state)
{
	struct bus_message *msg = malloc(sizeof(*msg));
	struct vt_error error;

	(void)state;
	assert_int_not_equal(decode("{\"header\":{\"type\":\"SABC560626MDFLRN01\",\"name\":\"x\","
				    "\"version\":\"1.0\"},"
				    "\"payload\":{}}",
				     msg, &error),
		VT_OK);
	assert_null(strstr(error.msg, "SABC"));
	assert_int_not_equal(decode("{\"header\":SABC560626MDFLRN01}", msg, &error), VT_OK);
	assert_null(strstr(error.msg, "SABC"));
	free(msg);
}

static void a_list_longer_than_its_array_is_refused(void **state)
{
	struct bus_message *msg = malloc(sizeof(*msg));
	struct vt_error error;
	struct vt_buf buf;

	(void)state;
	vt_buf_init(&buf, VT_MAX_MESSAGE);
	vt_buf_append_text(&buf,
		"{\"header\":{\"type\":\"command\",\"name\":\"Screen.Show\",\"version\":\"1.0\"},"
		"\"payload\":{\"screen\":\"home\",\"revision\":1,\"lang\":\"en\",\"items\":[");
	for (int i = 0; i <= SCREEN_MAX_ITEMS; i++)
		vt_buf_printf(&buf, "%s{\"kind\":\"card\"}", i ? "," : "");
	vt_buf_append_text(&buf, "]}}");
	assert_int_equal(
		bus_message_decode(vt_buf_text(&buf), buf.length, msg, &error), VT_ERR_LIMIT);
	vt_buf_finish(&buf);
	free(msg);
}

static void a_connection_carries_messages_both_ways(void **state)
{
	char dir[] = "/tmp/vt-bus-XXXXXX", path[64];
	struct bus_conn *client = NULL, *server = NULL;
	struct bus_message *msg = malloc(sizeof(*msg));
	struct vt_error error;
	int listener = -1;
	pid_t pid = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ui.sock", dir);
	assert_int_equal(bus_connect(path, &client, &error), VT_ERR_NETWORK);
	assert_int_equal(bus_listen(path, &listener, &error), VT_OK);
	assert_int_equal(bus_accept(listener, &server, NULL, &pid, &error), VT_ERR_AGAIN);
	assert_int_equal(bus_connect(path, &client, &error), VT_OK);
	assert_int_equal(bus_accept(listener, &server, NULL, &pid, &error), VT_OK);
	assert_int_equal(pid, getpid());
	assert_int_equal(bus_conn_read(server, msg, &error), VT_ERR_AGAIN);
	assert_int_equal(bus_conn_send_hello(client, "ventanilla-ui", &error), VT_OK);
	assert_int_equal(bus_conn_read(server, msg, &error), VT_OK);
	assert_string_equal(msg->payload.terminal_hello.program, "ventanilla-ui");
	bus_conn_close(&client);
	assert_int_equal(bus_conn_read(server, msg, &error), VT_ERR_CLOSED);
	bus_conn_close(&server);
	close(listener);
	unlink(path);
	rmdir(dir);
	free(msg);
}

static void a_peer_that_does_not_read_is_cut_off(void **state)
{
	struct bus_message *msg = calloc(1, sizeof(*msg));
	struct vt_error error;
	enum vt_code code = VT_OK;
	int pair[2], sent = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	struct bus_conn *conn = bus_conn_create(pair[0]);
	bus_make_unsolicited(msg, BUS_WORK_LINK);
	while (code == VT_OK && sent < 100000) {
		code = bus_conn_send(conn, msg, &error);
		sent++;
	}
	assert_int_equal(code, VT_ERR_BUSY);
	assert_true(bus_conn_wants_write(conn));
	/* What was accepted arrives once the peer reads again. */
	struct bus_conn *peer = bus_conn_create(pair[1]);
	int received = 0;
	for (;;) {
		code = bus_conn_read(peer, msg, &error);
		if (code == VT_ERR_AGAIN) {
			if (!bus_conn_wants_write(conn))
				break;
			assert_int_equal(bus_conn_flush(conn, &error), VT_OK);
			continue;
		}
		assert_int_equal(code, VT_OK);
		received++;
	}
	assert_int_equal(received, sent - 1);
	bus_conn_close(&conn);
	bus_conn_close(&peer);
	free(msg);
}

static void an_oversized_packet_is_refused(void **state)
{
	char *big = malloc(VT_MAX_MESSAGE + 100);
	struct bus_message *msg = malloc(sizeof(*msg));
	struct vt_error error;
	int pair[2];

	(void)state;
	memset(big, ' ', VT_MAX_MESSAGE + 100);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	struct bus_conn *conn = bus_conn_create(pair[0]);
	assert_true(send(pair[1], big, VT_MAX_MESSAGE + 100, 0) > 0);
	assert_int_equal(bus_conn_read(conn, msg, &error), VT_ERR_LIMIT);
	bus_conn_close(&conn);
	close(pair[1]);
	free(big);
	free(msg);
}

static void each_role_may_send_only_its_own_messages(void **state)
{
	(void)state;
	assert_true(permit_check(ROLE_UI, BUS_INTENT_ACT, BUS_UNSOLICITED, PERMIT_IDLE));
	assert_false(permit_check(ROLE_DEVICES, BUS_INTENT_ACT, BUS_UNSOLICITED, PERMIT_CITIZEN));
	assert_false(permit_check(ROLE_UI, BUS_WORK_DELIVER, BUS_COMPLETION, PERMIT_CITIZEN));
	assert_false(permit_check(ROLE_SYNC, BUS_WORK_DELIVER, BUS_COMMAND, PERMIT_CITIZEN));
	assert_false(permit_check(ROLE_UI, BUS_QUEUE_LIST, BUS_COMMAND, PERMIT_ANY));
	static const enum bus_name of_technicians[] = {BUS_QUEUE_RETRY, BUS_QUEUE_DISCARD,
		BUS_QUEUE_RECONCILE, BUS_QUEUE_EXPORT, BUS_JOURNAL_SHOW, BUS_JOURNAL_VERIFY,
		BUS_JOURNAL_CHECKPOINT};
	assert_true(permit_check(ROLE_SYNC, BUS_WORK_SEAL, BUS_COMPLETION, PERMIT_IDLE));
	assert_false(permit_check(ROLE_CTL, BUS_WORK_SEAL, BUS_COMMAND, PERMIT_IDLE));
	for (size_t i = 0; i < VT_ELEMENTS(of_technicians); i++) {
		for (int role = 0; role < ROLE_COUNT; role++)
			assert_int_equal(permit_check((enum bus_role)role, of_technicians[i],
						 BUS_COMMAND, PERMIT_IDLE),
				role == ROLE_CTL);
		assert_false(
			permit_check(ROLE_CTL, of_technicians[i], BUS_COMPLETION, PERMIT_IDLE));
	}
	/* Devices: ctl asks core, devices answer core. */
	static const enum bus_name orders[] = {BUS_DEVICE_RESET, BUS_DEVICE_TEST};
	for (size_t i = 0; i < VT_ELEMENTS(orders); i++) {
		for (int role = 0; role < ROLE_COUNT; role++) {
			assert_int_equal(permit_check((enum bus_role)role, orders[i], BUS_COMMAND,
						 PERMIT_IDLE),
				role == ROLE_CTL);
			assert_int_equal(permit_check((enum bus_role)role, orders[i],
						 BUS_COMPLETION, PERMIT_IDLE),
				role == ROLE_DEVICES);
		}
	}
	/* Cards: devices tell, ctl asks, nobody but core signs or checks. */
	static const enum bus_name of_devices[] = {BUS_CARD_INSERTED, BUS_CARD_REMOVED};
	for (size_t i = 0; i < VT_ELEMENTS(of_devices); i++) {
		for (int role = 0; role < ROLE_COUNT; role++)
			assert_int_equal(permit_check((enum bus_role)role, of_devices[i],
						 BUS_UNSOLICITED, PERMIT_CITIZEN),
				role == ROLE_DEVICES);
	}
	static const enum bus_name of_core[] = {BUS_CERTIFICATE_LIST, BUS_CERTIFICATE_SIGN,
		BUS_CERTIFICATE_CHECK, BUS_COMMON_CANCEL, BUS_CARD_READ_STRIPE, BUS_BARCODE_READ};
	for (size_t i = 0; i < VT_ELEMENTS(of_core); i++) {
		const enum bus_role answers =
			of_core[i] == BUS_CERTIFICATE_CHECK ? ROLE_SYNC : ROLE_DEVICES;
		for (int role = 0; role < ROLE_COUNT; role++) {
			assert_false(permit_check(
				(enum bus_role)role, of_core[i], BUS_COMMAND, PERMIT_ANY));
			assert_int_equal(permit_check((enum bus_role)role, of_core[i],
						 BUS_COMPLETION, PERMIT_ANY),
				role == (int)answers);
		}
	}
	for (int role = 0; role < ROLE_COUNT; role++) {
		const enum bus_role its = (enum bus_role)role;
		assert_int_equal(permit_check(its, BUS_CARD_SIGN, BUS_COMMAND, PERMIT_IDLE),
			its == ROLE_CTL);
		assert_int_equal(permit_check(its, BUS_CARD_SHOW, BUS_COMMAND, PERMIT_IDLE),
			its == ROLE_CTL);
		assert_int_equal(
			permit_check(its, BUS_CERTIFICATE_PIN_ENTRY, BUS_EVENT, PERMIT_ANY),
			its == ROLE_DEVICES);
	}
	/* Core's own commands are nobody's to send. */
	for (int role = 0; role < ROLE_COUNT; role++) {
		assert_false(permit_check(
			(enum bus_role)role, BUS_SCREEN_SHOW, BUS_COMMAND, PERMIT_CITIZEN));
		assert_false(permit_check(
			(enum bus_role)role, BUS_PRINTER_PRINT_FORM, BUS_COMMAND, PERMIT_CITIZEN));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_survives_a_round_trip_when_empty),
		cmocka_unit_test(a_screen_model_survives_a_round_trip),
		cmocka_unit_test(a_card_full_of_certificates_survives_a_round_trip),
		cmocka_unit_test(a_pin_that_is_too_long_is_refused_unseen),
		cmocka_unit_test(malformed_messages_are_refused_and_leave_nothing),
		cmocka_unit_test(an_error_text_never_quotes_the_value),
		cmocka_unit_test(a_list_longer_than_its_array_is_refused),
		cmocka_unit_test(a_connection_carries_messages_both_ways),
		cmocka_unit_test(a_peer_that_does_not_read_is_cut_off),
		cmocka_unit_test(an_oversized_packet_is_refused),
		cmocka_unit_test(each_role_may_send_only_its_own_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
