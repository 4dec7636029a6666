#include "offline-queue/sync/xml.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>

#include "offline-queue/sync/xml_internal.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* struct xml_node is xmlNode by another name; struct xml_doc owns an xmlDoc and hangs on its
 * _private, so that a node leads to the sticky failure of its document. */
struct xml_doc {
	xmlDoc *doc;	     /* owned */
	enum vt_code failed; /* building: first failure */
};

/* ---- reading ---- */

/* Lives on the stack of xml_parse(), reached through the parser context's _private. */
struct guard {
	int depth, elements;
	enum vt_code code;
	char why[48];
	int line;
};

static void refuse(xmlParserCtxt *ctxt, enum vt_code code, const char *why)
{
	struct guard *guard = ctxt->_private;

	if (!guard->code) {
		guard->code = code;
		guard->line = xmlSAX2GetLineNumber(ctxt);
		vt_copy_cut(guard->why, sizeof(guard->why), why);
	}
	xmlStopParser(ctxt);
}

static size_t length_of(const xmlChar *text)
{
	return text ? strlen((const char *)text) : 0;
}

static bool too_many(
	int ns_count, const xmlChar **namespaces, int count, const xmlChar **attributes)
{
	if (ns_count + count > XML_MAX_ATTRIBUTES)
		return true;
	for (int i = 0; i < ns_count; i++)
		if (length_of(namespaces[2 * i]) > XML_MAX_NAME ||
			length_of(namespaces[2 * i + 1]) > XML_MAX_ATTRIBUTE_VALUE)
			return true;
	/* libxml2 gives localname, prefix, URI, value, end for each attribute. */
	for (int i = 0; i < count; i++) {
		const xmlChar **a = attributes + 5 * i;
		if (length_of(a[0]) > XML_MAX_NAME || a[4] - a[3] > XML_MAX_ATTRIBUTE_VALUE)
			return true;
	}
	return false;
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int ns_count, const xmlChar **namespaces, int count, int defaulted,
	const xmlChar **attributes)
{
	xmlParserCtxt *ctxt = user;
	struct guard *guard = ctxt->_private;

	if (guard->code)
		return;
	if (++guard->depth > XML_MAX_DEPTH)
		refuse(ctxt, VT_ERR_LIMIT, "nested too deep");
	else if (++guard->elements > XML_MAX_ELEMENTS)
		refuse(ctxt, VT_ERR_LIMIT, "too many elements");
	else if (length_of(name) > XML_MAX_NAME || length_of(prefix) > XML_MAX_NAME)
		refuse(ctxt, VT_ERR_LIMIT, "name too long");
	else if (too_many(ns_count, namespaces, count, attributes))
		refuse(ctxt, VT_ERR_LIMIT, "attributes too many or too long");
	else
		xmlSAX2StartElementNs(user, name, prefix, uri, ns_count, namespaces, count,
			defaulted, attributes);
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct guard *guard = ((xmlParserCtxt *)user)->_private;

	if (guard->code)
		return;
	guard->depth--;
	xmlSAX2EndElementNs(user, name, prefix, uri);
}

static void on_dtd(void *user, const xmlChar *name, const xmlChar *public, const xmlChar *system)
{
	(void)name, (void)public, (void)system;
	refuse(user, VT_ERR_PARSE, "document type declaration");
}

static void on_instruction(void *user, const xmlChar *target, const xmlChar *data)
{
	(void)target, (void)data;
	refuse(user, VT_ERR_PARSE, "processing instruction");
}

static void on_reference(void *user, const xmlChar *name)
{
	(void)name;
	refuse(user, VT_ERR_PARSE, "entity reference");
}

static xmlParserInput *no_entity(void *user, const xmlChar *public, const xmlChar *system)
{
	(void)public, (void)system;
	refuse(user, VT_ERR_PARSE, "external entity");
	return NULL;
}

static void on_error(void *user, xmlError *error)
{
	xmlParserCtxt *ctxt = user;
	struct guard *guard = ctxt->_private;

	/* libxml2's own text may quote the document: only its number is kept. Warnings (a relative
	 * namespace name) are refused as well: nobody we speak with needs them. */
	if (guard->code)
		return;
	guard->line = error->line;
	guard->code = error->code == XML_ERR_NO_MEMORY ? VT_ERR_NOMEM : VT_ERR_PARSE;
	if (!vt_format(guard->why, sizeof(guard->why), "not well-formed (%d)", error->code))
		guard->why[0] = '\0';
	xmlStopParser(ctxt);
}

/* One wrong byte among valid UTF-8 becomes the Latin-1 character of its number: a document whose
 * envelope is UTF-8 and whose inner text is Latin-1 comes out right, which reading all of it as
 * Latin-1 would not. */
static enum vt_code repair(const uint8_t *data, size_t length, struct vt_buf *out)
{
	for (size_t i = 0; i < length;) {
		size_t n = data[i] < 0x80 ? 1 : data[i] >= 0xF0 ? 4 : data[i] >= 0xE0 ? 3 : 2;

		if (n <= length - i && vt_utf8_valid(data + i, n)) {
			vt_buf_append(out, data + i, n);
			i += n;
			continue;
		}
		char encoded[4];
		vt_buf_append(out, encoded, vt_utf8_encode(data[i], encoded));
		i++;
	}
	return out->failed;
}

static xmlDoc *run_parser(const char *data, size_t length, struct guard *guard)
{
	xmlParserCtxt *ctxt = xmlNewParserCtxt();

	if (!ctxt) {
		guard->code = VT_ERR_NOMEM;
		return NULL;
	}
	ctxt->_private = guard;
	ctxt->sax->startElementNs = on_start;
	ctxt->sax->endElementNs = on_end;
	ctxt->sax->internalSubset = on_dtd;
	ctxt->sax->externalSubset = on_dtd;
	ctxt->sax->processingInstruction = on_instruction;
	ctxt->sax->reference = on_reference;
	ctxt->sax->resolveEntity = no_entity;
	ctxt->sax->comment = NULL;
	ctxt->sax->serror = on_error;
	/* XML_PARSE_NOENT is deliberately absent: it is what expands entities. */
	xmlDoc *doc = xmlCtxtReadMemory(ctxt, data, (int)length, NULL, "UTF-8",
		XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT);
	if (guard->code || !ctxt->wellFormed) {
		if (!guard->code)
			guard->code = VT_ERR_PARSE;
		xmlFreeDoc(doc);
		doc = NULL;
	}
	/* After a stop libxml2 leaves the half tree with the context. */
	if (!doc && ctxt->myDoc)
		xmlFreeDoc(ctxt->myDoc);
	ctxt->myDoc = NULL;
	xmlFreeParserCtxt(ctxt);
	return doc;
}

static struct xml_doc *wrap(xmlDoc *doc)
{
	struct xml_doc *wrapped = calloc(1, sizeof(*wrapped));

	if (wrapped) {
		wrapped->doc = doc;
		doc->_private = wrapped;
	}
	return wrapped;
}

enum vt_code xml_parse(
	const void *data, size_t length, struct xml_doc **ret_doc, struct vt_error *error)
{
	/* Finished on every way out, also before it is initialised below. */
	VT_CLEANUP(vt_buf_finish) struct vt_buf repaired = {0};
	struct guard guard = {0};

	VT_ASSERT(data || length == 0);
	if (length > XML_MAX_SIZE)
		return vt_fail(error, VT_ERR_LIMIT, 0, "xml: document of %zu bytes", length);
	if (length == 0 || memchr(data, 0, length))
		return vt_fail(error, VT_ERR_PARSE, 0, "xml: empty or with NUL bytes");
	/* One Latin-1 byte becomes two of UTF-8. */
	vt_buf_init(&repaired, 2 * XML_MAX_SIZE);
	if (!vt_utf8_valid(data, length)) {
		enum vt_code code = repair(data, length, &repaired);
		if (code)
			return vt_fail(error, code, 0, "xml: repair of the encoding");
		data = repaired.data;
		length = repaired.length;
	}
	xmlDoc *doc = run_parser(data, length, &guard);
	if (!doc)
		return vt_fail(error, guard.code, 0, "xml: line %d: %s", guard.line,
			guard.why[0] ? guard.why : "not well-formed");
	struct xml_doc *wrapped = wrap(doc);
	if (!wrapped) {
		xmlFreeDoc(doc);
		return vt_fail(error, VT_ERR_NOMEM, 0, "xml: out of memory");
	}
	*ret_doc = wrapped;
	return VT_OK;
}

void xml_free(struct xml_doc **doc)
{
	if (*doc) {
		xmlFreeDoc((*doc)->doc);
		free(*doc);
		*doc = NULL;
	}
}

void *xml_libxml_doc(const struct xml_doc *doc)
{
	return doc->doc;
}

static const xmlNode *cnode(const struct xml_node *node)
{
	return (const xmlNode *)(const void *)node;
}

/* libxml2 takes nodes that it does not change as non-const. */
static xmlNode *unconst(const struct xml_node *node)
{
	xmlNode *n;

	memcpy(&n, &node, sizeof(n));
	return n;
}

static xmlNode *mnode(struct xml_node *node)
{
	return (xmlNode *)(void *)node;
}

static struct xml_node *ours(xmlNode *node)
{
	return (struct xml_node *)(void *)node;
}

struct xml_node *xml_root(const struct xml_doc *doc)
{
	return ours(xmlDocGetRootElement(doc->doc));
}

const char *xml_name(const struct xml_node *node)
{
	return (const char *)cnode(node)->name;
}

const char *xml_uri(const struct xml_node *node)
{
	const xmlNs *ns = cnode(node)->ns;

	return ns && ns->href ? (const char *)ns->href : "";
}

bool xml_is(const struct xml_node *node, const char *uri, const char *name)
{
	return node && strcmp(xml_name(node), name) == 0 &&
	       strcmp(xml_uri(node), uri ? uri : "") == 0;
}

static struct xml_node *find_from(xmlNode *node, const char *uri, const char *name)
{
	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && (!name || xml_is(ours(node), uri, name)))
			return ours(node);
	return NULL;
}

struct xml_node *xml_child(const struct xml_node *node, const char *uri, const char *name)
{
	return node ? find_from(cnode(node)->children, uri, name) : NULL;
}

struct xml_node *xml_next(const struct xml_node *node, const char *uri, const char *name)
{
	return node ? find_from(cnode(node)->next, uri, name) : NULL;
}

struct xml_node *xml_child_local(const struct xml_node *node, const char *name)
{
	struct xml_node *child = xml_child(node, NULL, NULL);

	while (child && strcmp(xml_name(child), name) != 0)
		child = xml_next(child, NULL, NULL);
	return child;
}

enum vt_code xml_text_append(const struct xml_node *node, struct vt_buf *buf)
{
	if (!node)
		return VT_ERR_NOT_FOUND;
	for (const xmlNode *n = cnode(node)->children; n; n = n->next)
		if (n->type != XML_TEXT_NODE)
			return VT_ERR_PARSE;
	for (const xmlNode *n = cnode(node)->children; n; n = n->next)
		if (n->content)
			vt_buf_append_text(buf, (const char *)n->content);
	return buf->failed;
}

enum vt_code xml_text(const struct xml_node *node, char *dst, size_t size)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	VT_ASSERT(size > 0);
	dst[0] = '\0';
	vt_buf_init(&buf, size - 1);
	enum vt_code code = xml_text_append(node, &buf);
	if (!code && !vt_copy(dst, size, vt_buf_text(&buf)))
		code = VT_ERR_LIMIT;
	return code;
}

enum vt_code xml_attribute(
	const struct xml_node *node, const char *uri, const char *name, char *dst, size_t size)
{
	VT_ASSERT(size > 0);
	dst[0] = '\0';
	if (!node)
		return VT_ERR_NOT_FOUND;
	for (const xmlAttr *a = cnode(node)->properties; a; a = a->next) {
		const char *href = a->ns && a->ns->href ? (const char *)a->ns->href : "";
		if (strcmp((const char *)a->name, name) != 0 || strcmp(href, uri ? uri : "") != 0)
			continue;
		/* One text node: there are no entities, and CDATA cannot stand in attributes. */
		const char *value =
			a->children && a->children->content ? (char *)a->children->content : "";
		return vt_copy(dst, size, value) ? VT_OK : VT_ERR_LIMIT;
	}
	return VT_ERR_NOT_FOUND;
}

bool xml_namespace_of(const struct xml_node *node, const char *prefix, char *dst, size_t size)
{
	dst[0] = '\0';
	xmlNode *n = unconst(node);
	const xmlNs *ns = xmlSearchNs(cnode(node)->doc, n, (const xmlChar *)prefix);

	return ns && ns->href && vt_copy(dst, size, (const char *)ns->href);
}

/* ---- building ---- */

static struct xml_doc *doc_of(const struct xml_node *node)
{
	return cnode(node)->doc->_private;
}

static void fail_doc(struct xml_doc *doc, enum vt_code code)
{
	if (!doc->failed)
		doc->failed = code;
}

static const xmlChar *chars(const char *text)
{
	return (const xmlChar *)text;
}

struct xml_doc *xml_create(const char *uri, const char *prefix, const char *name)
{
	xmlDoc *doc = xmlNewDoc(chars("1.0"));
	struct xml_doc *wrapped = doc ? wrap(doc) : NULL;
	xmlNode *root = wrapped ? xmlNewDocNode(doc, NULL, chars(name), NULL) : NULL;

	if (root) {
		xmlDocSetRootElement(doc, root);
		if (uri) {
			xmlNs *ns = xmlNewNs(root, chars(uri), chars(prefix));
			xmlSetNs(root, ns);
			if (!ns)
				root = NULL;
		}
	}
	if (!root) {
		xmlFreeDoc(doc);
		free(wrapped);
		return NULL;
	}
	return wrapped;
}

/* The declaration of uri under prefix in scope at node, made there if there is none. */
static xmlNs *namespace_at(xmlNode *node, const char *uri, const char *prefix)
{
	xmlNs *ns = xmlSearchNs(node->doc, node, chars(prefix));

	if (ns && ns->href && strcmp((const char *)ns->href, uri) == 0)
		return ns;
	return xmlNewNs(node, chars(uri), chars(prefix));
}

struct xml_node *xml_add(
	struct xml_node *parent, const char *uri, const char *prefix, const char *name)
{
	if (!parent || doc_of(parent)->failed)
		return NULL;
	xmlNode *node = xmlNewDocNode(cnode(parent)->doc, NULL, chars(name), NULL);
	if (!node) {
		fail_doc(doc_of(parent), VT_ERR_NOMEM);
		return NULL;
	}
	(void)xmlAddChild(mnode(parent), node);
	/* xmlAddChild() gives a node without namespace that of its parent. */
	xmlSetNs(node, NULL);
	if (uri) {
		xmlNs *ns = namespace_at(node, uri, prefix);
		if (!ns)
			fail_doc(doc_of(parent), VT_ERR_NOMEM);
		xmlSetNs(node, ns);
	}
	return ours(node);
}

struct xml_node *xml_add_same(struct xml_node *parent, const char *name, const char *text)
{
	if (!parent)
		return NULL;
	struct xml_node *node = xml_add(parent, NULL, NULL, name);
	if (node)
		xmlSetNs(mnode(node), cnode(parent)->ns);
	if (text)
		xml_add_text(node, text);
	return node;
}

/* UTF-8 of the characters of XML 1.0 §2.2: no control characters but tab, LF, CR; not FFFE, FFFF.
 */
static bool is_xml_text(const char *text)
{
	if (!vt_utf8_valid(text, strlen(text)))
		return false;
	for (uint32_t c; (c = vt_utf8_next(&text)) != 0;)
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE || c == 0xFFFF)
			return false;
	return true;
}

void xml_add_text(struct xml_node *node, const char *text)
{
	if (!node)
		return;
	if (!is_xml_text(text)) {
		fail_doc(doc_of(node), VT_ERR_INVALID);
		return;
	}
	xmlNode *leaf = xmlNewDocText(cnode(node)->doc, chars(text));
	if (!leaf || !xmlAddChild(mnode(node), leaf)) {
		xmlFreeNode(leaf);
		fail_doc(doc_of(node), VT_ERR_NOMEM);
	}
}

void xml_set_attribute(struct xml_node *node, const char *uri, const char *prefix, const char *name,
	const char *value)
{
	if (!node)
		return;
	if (!is_xml_text(value)) {
		fail_doc(doc_of(node), VT_ERR_INVALID);
		return;
	}
	xmlNs *ns = uri ? namespace_at(mnode(node), uri, prefix) : NULL;
	if ((uri && !ns) || !xmlSetNsProp(mnode(node), ns, chars(name), chars(value)))
		fail_doc(doc_of(node), VT_ERR_NOMEM);
}

void xml_declare(struct xml_node *node, const char *uri, const char *prefix)
{
	if (node && !namespace_at(mnode(node), uri, prefix))
		fail_doc(doc_of(node), VT_ERR_NOMEM);
}

void xml_move_first(struct xml_node *parent, struct xml_node *child)
{
	if (!parent || !child || cnode(parent)->children == cnode(child))
		return;
	xmlUnlinkNode(mnode(child));
	if (cnode(parent)->children)
		(void)xmlAddPrevSibling(cnode(parent)->children, mnode(child));
	else
		(void)xmlAddChild(mnode(parent), mnode(child));
}

enum vt_code xml_failed(const struct xml_doc *doc)
{
	return doc->failed;
}

enum vt_code xml_serialize(const struct xml_doc *doc, struct vt_buf *out, struct vt_error *error)
{
	xmlChar *text = NULL;
	int length = 0;

	if (doc->failed)
		return vt_fail(error, doc->failed, 0, "xml: text that XML cannot carry");
	xmlDocDumpFormatMemoryEnc(doc->doc, &text, &length, "UTF-8", 0);
	if (!text)
		return vt_fail(error, VT_ERR_NOMEM, 0, "xml: out of memory");
	/* libxml2 ends the document with a line feed: no part of it, but of nobody's use. */
	while (length > 0 && text[length - 1] == '\n')
		length--;
	vt_buf_append(out, text, (size_t)length);
	vt_wipe(text, (size_t)length);
	xmlFree(text);
	if (out->failed)
		return vt_fail(error, out->failed, 0, "xml: document too large");
	return VT_OK;
}
