/* The hardened reader and the builder: what they take, and above all what they refuse. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "offline-queue/sync/soap.h"
#include "offline-queue/sync/xml.h"
#include "terminal/base/text.h"
#include "tests/sync/support.h"

static enum vt_code parse(const char *text)
{
	struct xml_doc *doc = NULL;
	struct vt_error error = {0};
	enum vt_code code = xml_parse(text, strlen(text), &doc, &error);

	assert_true((code == VT_OK) == (doc != NULL));
	assert_true(code == VT_OK || error.msg[0]);
	xml_free(&doc);
	return code;
}

static void reads_elements_attributes_and_text(void **state)
{
	(void)state;
	struct xml_doc *doc = support_parse("<a xmlns='urn:a' xmlns:b='urn:b' k='v' b:k='w'><x>1 "
					    "&amp; 2</x><b:x> 3 </b:x></a>");
	char text[16];

	assert_true(xml_is(xml_root(doc), "urn:a", "a"));
	assert_int_equal(xml_attribute(xml_root(doc), NULL, "k", text, sizeof(text)), VT_OK);
	assert_string_equal(text, "v");
	assert_int_equal(xml_attribute(xml_root(doc), "urn:b", "k", text, sizeof(text)), VT_OK);
	assert_string_equal(text, "w");
	assert_int_equal(
		xml_attribute(xml_root(doc), NULL, "z", text, sizeof(text)), VT_ERR_NOT_FOUND);
	struct xml_node *x = xml_child(xml_root(doc), "urn:a", "x");
	assert_int_equal(xml_text(x, text, sizeof(text)), VT_OK);
	assert_string_equal(text, "1 & 2");
	assert_int_equal(xml_text(x, text, 5), VT_ERR_LIMIT);
	assert_string_equal(text, "");
	assert_int_equal(xml_text(x, text, 6), VT_OK);
	assert_null(xml_next(x, "urn:a", "x"));
	assert_int_equal(xml_text(xml_next(x, "urn:b", "x"), text, sizeof(text)), VT_OK);
	assert_string_equal(text, " 3 ");
	assert_int_equal(xml_text(xml_root(doc), text, sizeof(text)), VT_ERR_PARSE);
	xml_free(&doc);
}

static void comments_vanish_and_cdata_is_text(void **state)
{
	(void)state;
	struct xml_doc *doc = support_parse("<a>user<!-- x -->@host<![CDATA[ <b> ]]></a>");
	char text[32];

	assert_int_equal(xml_text(xml_root(doc), text, sizeof(text)), VT_OK);
	assert_string_equal(text, "user@host <b> ");
	xml_free(&doc);
}

static void refuses_dtd_entities_and_instructions(void **state)
{
	(void)state;
	assert_int_equal(parse("<!DOCTYPE a><a/>"), VT_ERR_PARSE);
	assert_int_equal(parse("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"), VT_ERR_PARSE);
	assert_int_equal(parse("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), VT_ERR_PARSE);
	assert_int_equal(parse("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><a/>"),
		VT_ERR_PARSE);
	assert_int_equal(parse("<a>&e;</a>"), VT_ERR_PARSE);
	assert_int_equal(parse("<?xml-stylesheet href='x'?><a/>"), VT_ERR_PARSE);
	assert_int_equal(parse("<a><?php ?></a>"), VT_ERR_PARSE);
	assert_int_equal(parse("<a xmlns:xi='http://www.w3.org/2001/XInclude'>"
			       "<xi:include href='file:///etc/passwd' parse='text'/></a>"),
		VT_OK); /* an element like any other: nothing is included */
}

static void refuses_an_entity_bomb_quickly(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf bomb;

	vt_buf_init(&bomb, 65536);
	vt_buf_append_text(&bomb, "<!DOCTYPE a [<!ENTITY e0 'ha'>");
	for (int i = 1; i < 30; i++)
		vt_buf_printf(&bomb, "<!ENTITY e%d '&e%d;&e%d;&e%d;&e%d;'>", i, i - 1, i - 1, i - 1,
			i - 1);
	vt_buf_append_text(&bomb, "]><a>&e29;</a>");
	assert_int_equal(parse(vt_buf_text(&bomb)), VT_ERR_PARSE);
}

static void repeat(struct vt_buf *buf, const char *text, int times)
{
	for (int i = 0; i < times; i++)
		vt_buf_append_text(buf, text);
}

static enum vt_code parse_nested(int depth)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	vt_buf_init(&buf, 4 * XML_MAX_SIZE);
	repeat(&buf, "<a>", depth);
	repeat(&buf, "</a>", depth);
	return parse(vt_buf_text(&buf));
}

static void depth_is_limited(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(XML_MAX_DEPTH), VT_OK);
	assert_int_equal(parse_nested(XML_MAX_DEPTH + 1), VT_ERR_LIMIT);
	assert_int_equal(parse_nested(100000), VT_ERR_LIMIT);
}

static enum vt_code parse_elements(int count)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	vt_buf_init(&buf, XML_MAX_SIZE);
	vt_buf_append_text(&buf, "<a>");
	repeat(&buf, "<b/>", count);
	vt_buf_append_text(&buf, "</a>");
	return parse(vt_buf_text(&buf));
}

static void elements_are_limited(void **state)
{
	(void)state;
	assert_int_equal(parse_elements(XML_MAX_ELEMENTS - 1), VT_OK);
	assert_int_equal(parse_elements(XML_MAX_ELEMENTS), VT_ERR_LIMIT);
}

static enum vt_code parse_attribute(int length)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	vt_buf_init(&buf, XML_MAX_SIZE);
	vt_buf_append_text(&buf, "<a k='");
	repeat(&buf, "x", length);
	vt_buf_append_text(&buf, "'/>");
	return parse(vt_buf_text(&buf));
}

static enum vt_code parse_attributes(int count)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	vt_buf_init(&buf, XML_MAX_SIZE);
	vt_buf_append_text(&buf, "<a");
	for (int i = 0; i < count; i++)
		vt_buf_printf(&buf, " k%d='1'", i);
	vt_buf_append_text(&buf, "/>");
	return parse(vt_buf_text(&buf));
}

static void attributes_are_limited(void **state)
{
	(void)state;
	assert_int_equal(parse_attribute(XML_MAX_ATTRIBUTE_VALUE), VT_OK);
	assert_int_equal(parse_attribute(XML_MAX_ATTRIBUTE_VALUE + 1), VT_ERR_LIMIT);
	assert_int_equal(parse_attribute(1000000), VT_ERR_LIMIT);
	assert_int_equal(parse_attributes(XML_MAX_ATTRIBUTES), VT_OK);
	assert_int_equal(parse_attributes(XML_MAX_ATTRIBUTES + 1), VT_ERR_LIMIT);
}

static void size_is_limited(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	vt_buf_init(&buf, 2 * XML_MAX_SIZE);
	vt_buf_append_text(&buf, "<a>");
	repeat(&buf, "x", XML_MAX_SIZE - 7);
	vt_buf_append_text(&buf, "</a>");
	assert_int_equal(parse(vt_buf_text(&buf)), VT_OK);
	vt_buf_append_text(&buf, "\n");
	assert_int_equal(parse(vt_buf_text(&buf)), VT_ERR_LIMIT);
}

static void refuses_what_is_not_well_formed(void **state)
{
	(void)state;
	static const char *const bad[] = {"", " ", "x", "<a>", "<a></b>", "<a/><b/>", "<a k=1/>",
		"<a k='1' k='2'/>", "<a>&#0;</a>", "<a>&#x1;</a>", "<b:a/>", "<a>]]></a>",
		"<a xmlns:x='u' xmlns:y='u' x:k='1' y:k='2'/>", "<a><![CDATA[</a>", "<a/>x"};

	for (size_t i = 0; i < VT_ELEMENTS(bad); i++)
		assert_int_equal(parse(bad[i]), VT_ERR_PARSE);
	struct xml_doc *doc = NULL;
	assert_int_equal(xml_parse("<a>\0</a>", 8, &doc, NULL), VT_ERR_PARSE);
	assert_null(doc);
}

/* Leaves non-zero bytes where the next function's variables will lie. */
static void soil_stack(void)
{
	volatile char soil[4096];

	for (size_t i = 0; i < sizeof(soil); i++)
		soil[i] = 0x31;
}

static void a_document_of_no_bytes_is_refused_on_a_used_stack(void **state)
{
	(void)state;
	struct xml_doc *doc = NULL;

	soil_stack();
	assert_int_equal(xml_parse("", 0, &doc, NULL), VT_ERR_PARSE);
	soil_stack();
	assert_int_equal(xml_parse("x", XML_MAX_SIZE + 1, &doc, NULL), VT_ERR_LIMIT);
	assert_null(doc);
}

static void errors_do_not_quote_the_document(void **state)
{
	(void)state;
	static const char text[] = "<a>\n<PERSONA></OTRA></a>";
	struct xml_doc *doc = NULL;
	struct vt_error error = {0};

	assert_int_equal(xml_parse(text, strlen(text), &doc, &error), VT_ERR_PARSE);
	assert_null(strstr(error.msg, "PERSONA"));
	assert_non_null(strstr(error.msg, "line 2"));
}

static void check_repair(const char *input, const char *expected)
{
	struct xml_doc *doc = support_parse(input);
	char text[64];

	assert_int_equal(xml_text(xml_root(doc), text, sizeof(text)), VT_OK);
	assert_string_equal(text, expected);
	xml_free(&doc);
}

static void latin1_bytes_are_read_as_latin1(void **state)
{
	(void)state;
	check_repair(
		"<?xml version='1.0' encoding='UTF-8'?><a>MU\xD1OZ P\xC9REZ</a>", "MUÑOZ PÉREZ");
	check_repair("<?xml version='1.0' encoding='ISO-8859-1'?><a>MU\xD1OZ</a>", "MUÑOZ");
	/* Right UTF-8 is believed, whatever the declaration says. */
	check_repair("<?xml version='1.0' encoding='ISO-8859-1'?><a>MUÑOZ</a>", "MUÑOZ");
	/* Both in one document. */
	check_repair("<a>MUÑOZ \xD1U\xD1"
		     "EZ</a>",
		"MUÑOZ ÑUÑEZ");
	check_repair("<a>\xD1</a>", "Ñ");
	check_repair("\xEF\xBB\xBF<a>con marca</a>", "con marca");
}

static void builder_escapes_everything(void **state)
{
	(void)state;
	static const char hostile[] = "</b><c a=\"'\">&amp; ]]> Ñ";
	struct xml_doc *doc = xml_create("urn:a", "a", "a");
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	char text[64];

	xml_set_attribute(xml_root(doc), NULL, NULL, "k", hostile);
	(void)xml_add_same(xml_root(doc), "b", hostile);
	support_serialize(&doc, &out);
	doc = support_parse(vt_buf_text(&out));
	assert_int_equal(xml_attribute(xml_root(doc), NULL, "k", text, sizeof(text)), VT_OK);
	assert_string_equal(text, hostile);
	assert_int_equal(
		xml_text(xml_child(xml_root(doc), "urn:a", "b"), text, sizeof(text)), VT_OK);
	assert_string_equal(text, hostile);
	assert_null(xml_child_local(xml_root(doc), "c"));
	xml_free(&doc);
}

static void builder_refuses_what_xml_cannot_carry(void **state)
{
	(void)state;
	static const char *const bad[] = {"\x01", "a\x0B", "\xFF", "\xED\xA0\x80", "\xEF\xBF\xBF"};

	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		struct xml_doc *doc = xml_create(NULL, NULL, "a");
		VT_CLEANUP(vt_buf_finish) struct vt_buf out;

		vt_buf_init(&out, 1000);
		xml_add_text(xml_root(doc), bad[i]);
		assert_null(xml_add_same(xml_root(doc), "later", NULL));
		assert_int_equal(xml_serialize(doc, &out, NULL), VT_ERR_INVALID);
		assert_int_equal(out.length, 0);
		xml_free(&doc);
	}
}

static void envelope_comes_back_as_it_was_built(void **state)
{
	(void)state;
	struct xml_doc *doc = soap_create("urn:uuid:1", "urn:uuid:2");
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	struct soap_fault fault;
	char text[32];

	soap_add_fault(soap_body(doc), WSU_NS, "MessageExpired", "Vuelva <luego>");
	support_serialize(&doc, &out);
	doc = support_parse(vt_buf_text(&out));
	assert_int_equal(
		xml_text(xml_child(soap_header(doc), WSA_NS, "RelatesTo"), text, sizeof(text)),
		VT_OK);
	assert_string_equal(text, "urn:uuid:2");
	assert_true(soap_get_fault(soap_body(doc), &fault));
	assert_string_equal(fault.code, "MessageExpired");
	assert_string_equal(fault.code_uri, WSU_NS);
	assert_string_equal(fault.text, "Vuelva <luego>");
	xml_free(&doc);
}

#define ENVELOPE(content) \
	"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>" content "</s:Envelope>"

static bool has_body(const char *text)
{
	struct xml_doc *doc = support_parse(text);
	const bool found = soap_body(doc) != NULL;

	xml_free(&doc);
	return found;
}

static void only_the_plain_shape_of_an_envelope_has_a_body(void **state)
{
	(void)state;
	assert_true(has_body(ENVELOPE("<s:Body/>")));
	assert_true(has_body(ENVELOPE("<s:Header/><s:Body/>")));
	assert_false(has_body(ENVELOPE("")));
	assert_false(has_body(ENVELOPE("<s:Body/><s:Body/>")));
	assert_false(has_body(ENVELOPE("<s:Body/><s:Header/>")));
	assert_false(has_body(ENVELOPE("<s:Header/><s:Header/><s:Body/>")));
	assert_false(has_body(ENVELOPE("<x/><s:Body/>")));
	assert_false(has_body(ENVELOPE("<s:Body/><x/>")));
	assert_false(has_body(ENVELOPE("<x><s:Body/></x>")));
	assert_false(has_body("<Envelope><Body/></Envelope>"));
	assert_false(
		has_body("<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body/>"
			 "</s:Envelope>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_elements_attributes_and_text),
		cmocka_unit_test(comments_vanish_and_cdata_is_text),
		cmocka_unit_test(refuses_dtd_entities_and_instructions),
		cmocka_unit_test(refuses_an_entity_bomb_quickly),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(elements_are_limited),
		cmocka_unit_test(attributes_are_limited),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(refuses_what_is_not_well_formed),
		cmocka_unit_test(a_document_of_no_bytes_is_refused_on_a_used_stack),
		cmocka_unit_test(errors_do_not_quote_the_document),
		cmocka_unit_test(latin1_bytes_are_read_as_latin1),
		cmocka_unit_test(builder_escapes_everything),
		cmocka_unit_test(builder_refuses_what_xml_cannot_carry),
		cmocka_unit_test(envelope_comes_back_as_it_was_built),
		cmocka_unit_test(only_the_plain_shape_of_an_envelope_has_a_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
