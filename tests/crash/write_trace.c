/* Preloaded into a program: writes down, in their order, what it asks of the files below TRACED_FOLDER.
 *
 * One record an operation, in TRACE_FILE: 1 byte kind, 3 x int64 (descriptor or 0, place, length of what follows), then
 * the bytes written or the path. A record is made after its operation has succeeded, under one lock, so that the trace
 * has the order in which the kernel did them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static const char *folder;
static unsigned char watched[MOST_DESCRIPTORS];

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("TRACE_FILE");
    folder = getenv("TRACED_FOLDER");
    if (file == NULL || folder == NULL) return;
    int (*real_open)(const char *, int, ...) = next("open");
    trace = real_open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(char kind, int64_t descriptor, int64_t place, const void *data, int64_t length) {
    ssize_t (*real_write)(int, const void *, size_t) = next("write");
    int64_t numbers[3] = {descriptor, place, length};
    if (real_write(trace, &kind, 1) != 1 || real_write(trace, numbers, sizeof numbers) != sizeof numbers) abort();
    if (length > 0 && real_write(trace, data, length) != length) abort();
}

static int below(const char *path) { return trace >= 0 && strncmp(path, folder, strlen(folder)) == 0; }
static int is_watched(int fd) { return trace >= 0 && fd >= 0 && fd < MOST_DESCRIPTORS && watched[fd]; }

static int opened(int fd, const char *path, int flags) {
    if (fd >= 0 && fd < MOST_DESCRIPTORS && below(path)) {
        watched[fd] = 1;
        put('o', fd, flags & (O_CREAT | O_TRUNC), path, strlen(path));
    }
    return fd;
}

#define OPEN(name)                                                                   \
    int name(const char *path, int flags, ...) {                                     \
        int (*real)(const char *, int, ...) = next(#name);                           \
        va_list rest;                                                                \
        va_start(rest, flags);                                                       \
        int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0;          \
        va_end(rest);                                                                \
        pthread_mutex_lock(&lock);                                                   \
        int fd = opened(real(path, flags, mode), path, flags);                       \
        pthread_mutex_unlock(&lock);                                                 \
        return fd;                                                                   \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                 \
    int name(int at, const char *path, int flags, ...) {                             \
        int (*real)(int, const char *, int, ...) = next(#name);                      \
        va_list rest;                                                                \
        va_start(rest, flags);                                                       \
        int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0;          \
        va_end(rest);                                                                \
        pthread_mutex_lock(&lock);                                                   \
        int fd = opened(real(at, path, flags, mode), path, flags);                   \
        pthread_mutex_unlock(&lock);                                                 \
        return fd;                                                                   \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    int (*real)(int) = next("close");
    pthread_mutex_lock(&lock);
    if (is_watched(fd)) {
        watched[fd] = 0;
        put('c', fd, 0, NULL, 0);
    }
    int done = real(fd);
    pthread_mutex_unlock(&lock);
    return done;
}

#define PWRITE(name, offset_type)                                                    \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) {      \
        ssize_t (*real)(int, const void *, size_t, offset_type) = next(#name);       \
        if (!is_watched(fd)) return real(fd, data, length, offset);                  \
        pthread_mutex_lock(&lock);                                                   \
        ssize_t done = real(fd, data, length, offset);                               \
        if (done > 0) put('w', fd, offset, data, done);                              \
        pthread_mutex_unlock(&lock);                                                 \
        return done;                                                                 \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    ssize_t (*real)(int, const void *, size_t) = next("write");
    if (!is_watched(fd)) return real(fd, data, length);
    pthread_mutex_lock(&lock);
    off_t place = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real(fd, data, length);
    if (done > 0) put('w', fd, place, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

#define TRUNCATE(name, offset_type)                                                  \
    int name(int fd, offset_type length) {                                           \
        int (*real)(int, offset_type) = next(#name);                                 \
        if (!is_watched(fd)) return real(fd, length);                                \
        pthread_mutex_lock(&lock);                                                   \
        int done = real(fd, length);                                                 \
        if (done == 0) put('t', fd, length, NULL, 0);                                \
        pthread_mutex_unlock(&lock);                                                 \
        return done;                                                                 \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                                   \
    int name(int fd) {                                                               \
        int (*real)(int) = next(#name);                                              \
        if (!is_watched(fd)) return real(fd);                                        \
        pthread_mutex_lock(&lock);                                                   \
        int done = real(fd);                                                         \
        if (done == 0) put('s', fd, 0, NULL, 0);                                     \
        pthread_mutex_unlock(&lock);                                                 \
        return done;                                                                 \
    }
SYNC(fsync)
SYNC(fdatasync)

static int named(int done, char kind, const char *from, const char *to) {
    char both[2 * PATH_MAX];
    if (done != 0 || !below(to)) return done;
    size_t first = strlen(from) + 1, second = strlen(to);
    memcpy(both, from, first);
    memcpy(both + first, to, second);
    put(kind, 0, 0, both, first + second);
    return done;
}

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = next("rename");
    pthread_mutex_lock(&lock);
    int done = named(real(from, to), 'r', from, to);
    pthread_mutex_unlock(&lock);
    return done;
}

int renameat(int at, const char *from, int to_at, const char *to) {
    int (*real)(int, const char *, int, const char *) = next("renameat");
    pthread_mutex_lock(&lock);
    int done = named(real(at, from, to_at, to), 'r', from, to);
    pthread_mutex_unlock(&lock);
    return done;
}

int link(const char *from, const char *to) {
    int (*real)(const char *, const char *) = next("link");
    pthread_mutex_lock(&lock);
    int done = named(real(from, to), 'l', from, to);
    pthread_mutex_unlock(&lock);
    return done;
}

int unlink(const char *path) {
    int (*real)(const char *) = next("unlink");
    pthread_mutex_lock(&lock);
    int done = real(path);
    if (done == 0 && below(path)) put('u', 0, 0, path, strlen(path));
    pthread_mutex_unlock(&lock);
    return done;
}
