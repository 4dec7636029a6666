#include "tools/agency/tls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* One open connection; hangs on its SSL object, whose end is the only sure sign of its own. */
struct connection {
	TAILQ_ENTRY(connection) entry;
	TAILQ_HEAD(connections, connection) * list;
	struct bufferevent *bev;
};

struct tls {
	SSL_CTX *ctx;
	struct connections open;
	int slot; /* where an SSL keeps its struct connection */
};

static void forget(
	void *parent, void *pointer, CRYPTO_EX_DATA *data, int slot, long argl, void *argp)
{
	struct connection *connection = pointer;

	(void)parent, (void)data, (void)slot, (void)argl, (void)argp;
	if (connection) {
		TAILQ_REMOVE(connection->list, connection, entry);
		free(connection);
	}
}

static enum vt_code fail(struct vt_error *error, const char *what)
{
	const unsigned long reason = ERR_peek_last_error();

	ERR_clear_error();
	return vt_fail(error, VT_ERR_CRYPTO, 0, "tls: %s: %s", what,
		reason ? ERR_reason_error_string(reason) : "failed");
}

enum vt_code tls_create(const char *cert_file, const char *key_file, const char *ca_file,
	struct tls **ret_tls, struct vt_error *error)
{
	VT_CLEANUP(tls_destroy) struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return vt_fail(error, VT_ERR_NOMEM, 0, "tls: out of memory");
	TAILQ_INIT(&tls->open);
	tls->slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, forget);
	tls->ctx = SSL_CTX_new(TLS_server_method());
	if (!tls->ctx || tls->slot < 0 ||
		SSL_CTX_set_min_proto_version(tls->ctx, TLS1_3_VERSION) != 1)
		return fail(error, "context");
	if (SSL_CTX_use_certificate_chain_file(tls->ctx, cert_file) != 1)
		return fail(error, cert_file);
	if (SSL_CTX_use_PrivateKey_file(tls->ctx, key_file, SSL_FILETYPE_PEM) != 1)
		return fail(error, key_file);
	if (SSL_CTX_load_verify_file(tls->ctx, ca_file) != 1)
		return fail(error, ca_file);
	SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	/* Resumed sessions keep the peer's certificate, but only under a context of our own. */
	if (SSL_CTX_set_session_id_context(tls->ctx, (const unsigned char *)"agency", 6) != 1)
		return fail(error, "session context");
	*ret_tls = tls;
	tls = NULL;
	return VT_OK;
}

void tls_destroy(struct tls **tls)
{
	if (*tls) {
		SSL_CTX_free((*tls)->ctx);
		if ((*tls)->slot >= 0)
			CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, (*tls)->slot);
		free(*tls);
		*tls = NULL;
	}
}

struct bufferevent *tls_accept(struct tls *tls, struct event_base *base)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	SSL *ssl = SSL_new(tls->ctx);

	if (!connection || !ssl || SSL_set_ex_data(ssl, tls->slot, connection) != 1) {
		SSL_free(ssl);
		free(connection);
		return NULL;
	}
	connection->list = &tls->open;
	TAILQ_INSERT_TAIL(&tls->open, connection, entry);
	connection->bev = bufferevent_openssl_socket_new(
		base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (!connection->bev) {
		SSL_free(ssl); /* and, through forget(), the connection */
		return NULL;
	}
	/* Terminals that lose power say no good-bye. */
	bufferevent_openssl_set_allow_dirty_shutdown(connection->bev, 1);
	return connection->bev;
}

bool tls_peer(struct bufferevent *connection, char ret_name[TERMINAL_SIZE])
{
	SSL *ssl = bufferevent_openssl_get_ssl(connection);
	X509 *cert = ssl ? SSL_get0_peer_certificate(ssl) : NULL;
	const X509_NAME *subject = cert ? X509_get_subject_name(cert) : NULL;
	const int length = subject ? X509_NAME_get_text_by_NID(
					     subject, NID_commonName, ret_name, TERMINAL_SIZE)
				   : -1;

	/* An embedded NUL would make two names look alike. */
	if (length <= 0 || strlen(ret_name) != (size_t)length ||
		strspn(ret_name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789.-") != (size_t)length) {
		ret_name[0] = '\0';
		return false;
	}
	return true;
}

void tls_cut_all(struct tls *tls)
{
	struct connection *connection;

	TAILQ_FOREACH(connection, &tls->open, entry)
	(void)shutdown(bufferevent_getfd(connection->bev), SHUT_RDWR);
}
