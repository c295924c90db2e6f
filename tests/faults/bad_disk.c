/* A disk that goes bad, laid over a program with LD_PRELOAD.
 *
 * It counts the calls that bring bytes to a disk, of the files under one folder alone, and makes the one it is told to
 * fail. Linking SQLite into the program does not matter: it calls libc all the same.
 *
 * BAD_DISK_FOLDER  whose files
 * BAD_DISK_CALL    which call, from 1; 0 for none
 * BAD_DISK_FAULT   eio: that call fails; enospc: that one and all after it; short: that write takes half of its bytes
 *                  and the next finds no room; lie: every fsync is said to be done and is not
 * BAD_DISK_MET     a file that is made when the fault was met
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;
static atomic_int full_next;

static int ours(int fd) {
    const char *folder = getenv("BAD_DISK_FOLDER");
    char link[64], path[4096];
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int fault_is(const char *name) {
    const char *fault = getenv("BAD_DISK_FAULT");
    return fault && strcmp(fault, name) == 0;
}

static void met(void) {
    const char *file = getenv("BAD_DISK_MET");
    int fd = file ? open(file, O_CREAT | O_WRONLY, 0600) : -1;
    if (fd >= 0) close(fd);
}

/* 0: go on. 1: fail with errno. 2: take half. */
static int verdict(int fd, int is_write) {
    if (!ours(fd)) return 0;
    long call = atomic_fetch_add(&calls, 1) + 1;
    const char *text = getenv("BAD_DISK_CALL");
    long bad = text ? atol(text) : 0;
    if (atomic_exchange(&full_next, 0)) { errno = ENOSPC; return 1; }
    if (bad == 0 || call < bad) return 0;
    if (fault_is("enospc")) { met(); errno = ENOSPC; return 1; }
    if (call != bad) return 0;
    met();
    if (fault_is("eio")) { errno = EIO; return 1; }
    if (fault_is("short") && is_write) { atomic_store(&full_next, 1); return 2; }
    return 0;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t n) {
    REAL(write);
    int v = verdict(fd, n > 1);
    return v == 1 ? -1 : real(fd, bytes, v == 2 ? n / 2 : n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    REAL(pwrite);
    int v = verdict(fd, n > 1);
    return v == 1 ? -1 : real(fd, bytes, v == 2 ? n / 2 : n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    REAL(pwrite64);
    int v = verdict(fd, n > 1);
    return v == 1 ? -1 : real(fd, bytes, v == 2 ? n / 2 : n, at);
}

int fsync(int fd) {
    REAL(fsync);
    if (fault_is("lie") && ours(fd)) return 0;
    return verdict(fd, 0) == 1 ? -1 : real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    if (fault_is("lie") && ours(fd)) return 0;
    return verdict(fd, 0) == 1 ? -1 : real(fd);
}

int ftruncate(int fd, off_t length) {
    REAL(ftruncate);
    return verdict(fd, 0) == 1 ? -1 : real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    REAL(ftruncate64);
    return verdict(fd, 0) == 1 ? -1 : real(fd, length);
}
