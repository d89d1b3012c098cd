#ifndef CCURL_H
#define CCURL_H

// libcurl for Swift. libcurl's setters and getters are variadic, which Swift cannot call; each function here
// is one of them with one fixed argument type. The option must be of that type, as libcurl's manual lists it.

#include <curl/curl.h>

// What the engine around libcurl needs of Linux and Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// Names the calling thread, as `top -H` and a debugger show it; at most 15 bytes.
void ccurl_name_thread(const char *name);

typedef size_t (*ccurl_bytes_function)(char *bytes, size_t size, size_t count, void *context);
typedef curl_socket_t (*ccurl_open_function)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*ccurl_close_function)(void *context, curl_socket_t socket);
/// Called before each time that a request is sent; CURL_PREREQFUNC_OK to go on.
typedef int (*ccurl_before_function)(void *context, char *address, char *own_address, int port, int own_port);
typedef int (*ccurl_socket_function)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*ccurl_timer_function)(CURLM *multi, long timeout_ms, void *context);

/// curl_global_init with everything; safe to call again.
CURLcode ccurl_global_init(void);

CURLcode ccurl_easy_set_long(CURL *easy, CURLoption option, long value);
/// Sets a `curl_off_t` option.
CURLcode ccurl_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value);
/// Sets an option that libcurl copies.
CURLcode ccurl_easy_set_string(CURL *easy, CURLoption option, const char *value);
/// Sets an option that libcurl does not copy: what it points to must outlive its use.
CURLcode ccurl_easy_set_pointer(CURL *easy, CURLoption option, void *value);
/// Sets the function that takes the answer's body.
CURLcode ccurl_easy_set_write(CURL *easy, ccurl_bytes_function function, void *context);
/// Sets the function that takes the answer's header, a line at a time.
CURLcode ccurl_easy_set_header(CURL *easy, ccurl_bytes_function function, void *context);
/// Sets the function that is called before a request is sent.
CURLcode ccurl_easy_set_before(CURL *easy, ccurl_before_function function, void *context);
/// Sets the functions that open and close the sockets of connections.
CURLcode ccurl_easy_set_sockets(CURL *easy, ccurl_open_function open, ccurl_close_function close, void *context);

CURLcode ccurl_easy_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode ccurl_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
/// Reads back what was set as CURLOPT_PRIVATE.
CURLcode ccurl_easy_get_private(CURL *easy, void **value);

CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
/// Sets the functions by which libcurl asks for socket events and for its timer.
CURLMcode ccurl_multi_set_events(CURLM *multi, ccurl_socket_function socket, ccurl_timer_function timer, void *context);

#endif
