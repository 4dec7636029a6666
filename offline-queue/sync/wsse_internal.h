#ifndef SYNC_WSSE_INTERNAL_H
#define SYNC_WSSE_INTERNAL_H

/* Shared by wsse.c (keys, signing) and wsse_verify.c. OpenSSL's and xmlsec's objects are void *, so
 * that no third-party header stands in a header of ours. */

#include "offline-queue/sync/wsse.h"

#define DS_NS		    "http://www.w3.org/2000/09/xmldsig#"
#define EXC_C14N	    "http://www.w3.org/2001/10/xml-exc-c14n#"
#define DIGEST_SHA256	    "http://www.w3.org/2001/04/xmlenc#sha256"
#define DIGEST_SHA384	    "http://www.w3.org/2001/04/xmldsig-more#sha384"
#define DIGEST_SHA512	    "http://www.w3.org/2001/04/xmlenc#sha512"
#define DSIG_MORE	    "http://www.w3.org/2001/04/xmldsig-more#"
#define WSSE_MAX_CERT	    8192 /* DER bytes of a certificate; ours have about 600 to 1,500 */
#define WSSE_MAX_ID	    128	 /* an xml id */
#define WSSE_MAX_REFERENCES 3

struct wsse_identity {
	void *key;	    /* xmlSecKey, owned */
	char *token;	    /* owned: certificate, DER in base64 without line breaks */
	const char *method; /* URI of the signature algorithm */
};

struct wsse_trust {
	void *store;	  /* X509_STORE, owned; only what ca_file holds */
	char signer[128]; /* "" = any */
};

/* Starts libxml2 and xmlsec once per process, silent and without their file and network access. */
enum vt_code wsse_start(struct vt_error *error);
/* Makes the attribute wsu:Id of node known to xmlsec as the id *value*. False if that id is taken
 * or there is no memory. */
bool wsse_register_id(struct xml_doc *doc, struct xml_node *node, const char *value);
/* An xmlSecKey that takes ownership of the EVP_PKEY pkey (also on failure). NULL on failure. */
void *wsse_make_key(void *pkey);
/* True for RSA of 2048 bits or more and EC on P-256 or P-384. */
bool wsse_key_is_strong(const void *pkey);

#endif
