#ifndef SYNC_XML_INTERNAL_H
#define SYNC_XML_INTERNAL_H

/* What wsse.c may know of xml.c: the libxml2 document (xmlDocPtr) under ours. A struct xml_node *
 * is an xmlNodePtr. void *, so that no third-party type stands in a header of ours. */

#include "offline-queue/sync/xml.h"

void *xml_libxml_doc(const struct xml_doc *doc);

#endif
