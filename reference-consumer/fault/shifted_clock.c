/* A real-time clock that is KOLLECT_CLOCK_SHIFT seconds off, for the program that it is preloaded into. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long shift(void) {
  const char* text = getenv("KOLLECT_CLOCK_SHIFT");
  return text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*real)(clockid_t, struct timespec*);
  if (!real)
    real = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, now);
  if (clock == CLOCK_REALTIME && result == 0)
    now->tv_sec += shift();
  return result;
}

int gettimeofday(struct timeval* now, void* zone) {
  struct timespec precise;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0)
    return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* now) {
  struct timespec precise;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0)
    return -1;
  if (now)
    *now = precise.tv_sec;
  return precise.tv_sec;
}

/* Who computes a deadline from the shifted clock waits by the kernel's: the deadline is translated. */
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const struct timespec* deadline) {
  static int (*real)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
  const time_t least_of_real_time = 1000000000; /* a monotonic clock is far below */
  struct timespec translated = *deadline;
  if (!real) {
    void* found = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    real = (int (*)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*))(
        found ? found : dlsym(RTLD_NEXT, "pthread_cond_timedwait"));
  }
  if (translated.tv_sec > least_of_real_time)
    translated.tv_sec -= shift();
  return real(condition, mutex, &translated);
}
