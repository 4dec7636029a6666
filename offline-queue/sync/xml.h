#ifndef SYNC_XML_H
#define SYNC_XML_H

/* XML for SOAP, both ways: a hardened reader of hostile documents and a builder that cannot forget
 * to escape. libxml2 inside; no libxml2 type leaves this header.
 *
 * Reader: no DTD, no entities beyond the five of XML, no processing instructions, no network, no
 * files; size, depth, element, attribute and value limits below. Comments are dropped and CDATA
 * becomes text while reading, so that what is read is what exclusive C14N signs. The text is UTF-8
 * whatever the declaration says; bytes that are not UTF-8 are read as Latin-1 one by one
 * (domain.md §3: accents arrive as Latin-1 though UTF-8 is declared).
 *
 * Builder: a failure (no memory, text that is not XML) sticks to the document and comes out of
 * xml_serialize(); functions accept NULL nodes and then do nothing, so a chain needs no checks.
 *
 * Nodes are borrowed from their document and live as long as it. Not thread-safe per document. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"
#include "terminal/base/limits.h"

/* Largest document: what a service may answer. */
#define XML_MAX_SIZE VT_MAX_HTTP_BODY
/* Deepest element; a signed envelope nests 8, a RENAPO answer 3. */
#define XML_MAX_DEPTH 32
/* Elements of one document: ten records of 25 fields fit many times. */
#define XML_MAX_ELEMENTS 20000
/* Attributes and namespace declarations of one element. */
#define XML_MAX_ATTRIBUTES 32
/* Bytes of one attribute value or namespace name. */
#define XML_MAX_ATTRIBUTE_VALUE 2048
/* Bytes of an element or attribute name. */
#define XML_MAX_NAME 128

struct xml_doc;
struct xml_node; /* an element; borrowed from its xml_doc */

/* Reads a document of length bytes. Errors: VT_ERR_LIMIT (a limit above), VT_ERR_PARSE (not well
 * formed, a DTD, an entity, a processing instruction, a NUL byte), VT_ERR_NOMEM. error names the
 * rule and the line, never content. *ret_doc is untouched on failure. */
VT_MUST_USE enum vt_code xml_parse(
	const void *data, size_t length, struct xml_doc **ret_doc, struct vt_error *error);

/* New document with one root element. prefix may be NULL (default namespace), uri may be NULL (no
 * namespace; then prefix is NULL too). NULL: no memory. */
struct xml_doc *xml_create(const char *uri, const char *prefix, const char *name);

/* Frees the document and all its nodes. Accepts NULL in *doc; sets it to NULL. Fits VT_CLEANUP. */
void xml_free(struct xml_doc **doc);

/* The root element; never NULL for a document that was read or created. */
struct xml_node *xml_root(const struct xml_doc *doc);

/* True if node is {uri}name; uri "" or NULL: in no namespace. False for a NULL node. */
bool xml_is(const struct xml_node *node, const char *uri, const char *name);
/* First element child {uri}name; name NULL: any element. NULL if none or node is NULL. */
struct xml_node *xml_child(const struct xml_node *node, const char *uri, const char *name);
/* Next element sibling {uri}name after node; name NULL: any element. */
struct xml_node *xml_next(const struct xml_node *node, const char *uri, const char *name);
/* The first child element called name in whatever namespace, or in none: for answers whose
 * receivers do not agree with their own WSDL about elementFormDefault. */
struct xml_node *xml_child_local(const struct xml_node *node, const char *name);
/* Local name, namespace name ("" if none); borrowed. */
const char *xml_name(const struct xml_node *node);
const char *xml_uri(const struct xml_node *node);

/* Text of an element that has no element children, into dst[size] (with NUL). Leading and trailing
 * white space is kept. VT_ERR_NOT_FOUND: node is NULL; VT_ERR_PARSE: it has element children;
 * VT_ERR_LIMIT: too long. dst is empty after a failure. */
VT_MUST_USE enum vt_code xml_text(const struct xml_node *node, char *dst, size_t size);
/* The same, appended to buf (whose maximum rules). */
VT_MUST_USE enum vt_code xml_text_append(const struct xml_node *node, struct vt_buf *buf);
/* Value of the attribute {uri}name, uri NULL or "" for none. VT_ERR_NOT_FOUND (also for a NULL
 * node), VT_ERR_LIMIT. dst is empty after a failure. */
VT_MUST_USE enum vt_code xml_attribute(
	const struct xml_node *node, const char *uri, const char *name, char *dst, size_t size);

/* Namespace name that prefix (NULL: the default one) stands for at node, into dst: for QNames in
 * content. False, dst empty, if it is not declared. */
VT_MUST_USE bool xml_namespace_of(
	const struct xml_node *node, const char *prefix, char *dst, size_t size);

/* New last child element of parent. If uri is not in scope under that prefix it is declared here;
 * prefix NULL means the default namespace, uri NULL no namespace. NULL if parent is NULL or after a
 * failure. */
struct xml_node *xml_add(
	struct xml_node *parent, const char *uri, const char *prefix, const char *name);
/* xml_add() in the namespace of parent, and text in it unless NULL. */
struct xml_node *xml_add_same(struct xml_node *parent, const char *name, const char *text);
/* Appends text, escaped. text must be UTF-8 of characters that XML allows: anything else fails the
 * document (VT_ERR_INVALID), so that no control character of a citizen's form reaches a receiver.
 */
void xml_add_text(struct xml_node *node, const char *text);
/* Sets an attribute; with uri it gets prefix, declared if needed. */
void xml_set_attribute(struct xml_node *node, const char *uri, const char *prefix, const char *name,
	const char *value);
/* Declares a prefix on node for its descendants; existing ones are left alone. */
void xml_declare(struct xml_node *node, const char *uri, const char *prefix);
/* Puts child (of the same document) as the first child of parent. */
void xml_move_first(struct xml_node *parent, struct xml_node *child);

/* The sticky failure of a document that is being built; VT_OK if there is none. */
enum vt_code xml_failed(const struct xml_doc *doc);

/* Appends the document with its declaration, UTF-8, no white space added. Fails with the sticky
 * failure of the document or of out. */
VT_MUST_USE enum vt_code xml_serialize(
	const struct xml_doc *doc, struct vt_buf *out, struct vt_error *error);

#endif
