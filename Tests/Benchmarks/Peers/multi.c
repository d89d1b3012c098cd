/* The notifier's limit: libcurl's multi interface with nothing around it, as many requests under way as given.

   usage: multi PORT COUNT UNDER-WAY */
#include "http.h"
#include <curl/curl.h>

static size_t discard(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes, (void)context;
    return size * count;
}

static const char body[] =
    "{\"classroom_id\":\"classroom-1\",\"payload\":{\"title\":\"A reminder of the benchmark\",\"body\":\"Page twelve, exercises three "
    "to five\",\"item_id\":\"item-1\",\"created_at\":1794990000,\"created_by\":\"teacher-1\",\"classroom_id\":\"classroom-1\",\"kind\":1,"
    "\"image\":\"\",\"action\":false,\"action_path\":[],\"extra_path\":\"\"}}";

int main(int count, char **arguments) {
    if (count < 4) {
        fprintf(stderr, "usage: multi PORT COUNT UNDER-WAY\n");
        return 2;
    }
    allow_files();
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%s/notifications/classroom", arguments[1]);
    long total = atol(arguments[2]), under_way = atol(arguments[3]), started = 0, finished = 0, failed = 0;
    struct curl_slist *headers = NULL;
    headers = curl_slist_append(headers, "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.benchmark");
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Idempotency-Key: 01932c07-209c-7123-8abc-0123456789ab:1794990000");
    headers = curl_slist_append(headers, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    headers = curl_slist_append(headers, "User-Agent: task-scheduler/1.0.0");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, under_way);
    int64_t begin = nanoseconds(CLOCK_MONOTONIC);
    for (; started < under_way && started < total; started++) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(sizeof body - 1));
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
        curl_multi_add_handle(multi, easy);
    }
    while (finished < total) {
        int running, left;
        curl_multi_perform(multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
            CURL *easy = message->easy_handle;
            finished++;
            if (message->data.result != CURLE_OK) failed++;
            curl_multi_remove_handle(multi, easy);
            if (started < total) {
                started++;
                curl_multi_add_handle(multi, easy);
            }
        }
        if (finished < total) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    double seconds = (double)(nanoseconds(CLOCK_MONOTONIC) - begin) / 1e9;
    printf("{\"count\":%ld,\"failed\":%ld,\"per_second\":%.0f}\n", finished, failed, (double)finished / seconds);
    return 0;
}
