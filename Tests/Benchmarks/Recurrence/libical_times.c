/* Nanoseconds per occurrence of libical: reads lines "occurrences start rule", writes a number for each. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static double measure(const char *text, long start, long count)
{
    double best = -1;
    struct icaltimetype first = icaltime_from_timet_with_zone(start, 0, icaltimezone_get_utc_timezone());
    for (int round = 0; round < 3; round++) {
        struct icalrecurrencetype rule = icalrecurrencetype_from_string(text);
        double before = now();
        icalrecur_iterator *iterator = icalrecur_iterator_new(rule, first);
        long found = 0;
        if (!iterator) return -1;
        while (found < count && !icaltime_is_null_time(icalrecur_iterator_next(iterator))) found++;
        icalrecur_iterator_free(iterator);
        if (!found) return -1;
        double took = (now() - before) / found;
        if (best < 0 || took < best) best = took;
    }
    return best;
}

int main(void)
{
    long count, start;
    char text[1024];
    while (scanf("%ld %ld %1023s", &count, &start, text) == 3) {
        double took = measure(text, start, count);
        if (took < 0) puts("-"); else printf("%.1f\n", took);
    }
    return 0;
}
