/* A disk that fails: preloaded, it counts what is written below a folder and fails one of it.

   The control file is shared by all processes of an Outpost: how many operations there were, the
   number of the first one to fail, how many fail, with which errno (0: half of it is written), and
   whether anything is counted at the moment. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct control { int64_t armed, count, first, times, error, failed; };
static struct control *control;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("DISK_CONTROL");
    folder = getenv("DISK_FOLDER");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0 || !folder) return;
    void *place = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (place != MAP_FAILED) control = place;
}

static int fails(const char *path) {
    if (!control || !control->armed || strncmp(path, folder, strlen(folder))) return 0;
    int64_t number = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
    if (number < control->first || number >= control->first + control->times) return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    return 1;
}

static int fails_on(int file) {
    char link[64], path[4096];
    if (!control || !control->armed) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define FAIL { errno = control->error ? (int)control->error : EIO; return -1; }

ssize_t write(int file, const void *from, size_t size) {
    REAL(write);
    if (!fails_on(file)) return real(file, from, size);
    if (!control->error && size > 1) return real(file, from, size / 2);
    FAIL
}
ssize_t pwrite(int file, const void *from, size_t size, off_t at) {
    REAL(pwrite);
    if (!fails_on(file)) return real(file, from, size, at);
    if (!control->error && size > 1) return real(file, from, size / 2, at);
    FAIL
}
ssize_t pwrite64(int file, const void *from, size_t size, off64_t at) {
    REAL(pwrite64);
    if (!fails_on(file)) return real(file, from, size, at);
    if (!control->error && size > 1) return real(file, from, size / 2, at);
    FAIL
}
ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    if (!fails_on(file)) return real(file, parts, count);
    FAIL
}
int fsync(int file) { REAL(fsync); if (!fails_on(file)) return real(file); FAIL }
int fdatasync(int file) { REAL(fdatasync); if (!fails_on(file)) return real(file); FAIL }
int ftruncate(int file, off_t size) {
    REAL(ftruncate); if (!fails_on(file)) return real(file, size); FAIL
}
int ftruncate64(int file, off64_t size) {
    REAL(ftruncate64); if (!fails_on(file)) return real(file, size); FAIL
}
int rename(const char *old, const char *new) {
    REAL(rename); if (!fails(new)) return real(old, new); FAIL
}
int renameat(int a, const char *old, int b, const char *new) {
    REAL(renameat); if (!fails(new)) return real(a, old, b, new); FAIL
}
