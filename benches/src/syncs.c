/* Counts what a program asks of its disk, and can make the disk slower. Laid over a program with LD_PRELOAD.
 *
 * RA_DESK_SYNCS      a file of eight bytes: how many fsync and fdatasync were called, as it happens
 * RA_DESK_SYNC_TAKES how many microseconds each of them takes at least; 0 or unset: as long as it takes
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic unsigned long *count;
static long at_least;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("RA_DESK_SYNCS"), *takes = getenv("RA_DESK_SYNC_TAKES");
    at_least = takes ? atol(takes) : 0;
    int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *page = mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) count = page;
    close(fd);
}

static long micros(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int counted(int (*real)(int), int fd) {
    long began = micros();
    int done = real(fd), why = errno;
    if (count) atomic_fetch_add(count, 1);
    long rest = at_least - (micros() - began);
    if (rest > 0) {
        struct timespec wait = { rest / 1000000, rest % 1000000 * 1000 };
        nanosleep(&wait, 0);
    }
    errno = why;
    return done;
}

int fsync(int fd) {
    return counted((int (*)(int))dlsym(RTLD_NEXT, "fsync"), fd);
}

int fdatasync(int fd) {
    return counted((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"), fd);
}
