#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "evl_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "evl_affinity.h"
#include "evl_result.h"

#ifndef __GLIBC__
#error "glibc is needed"
#elif !__GLIBC_PREREQ(2, 34)
#error "glibc 2.34 or later is needed: posix_spawn_file_actions_addclosefrom_np"
#endif

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3: without it vm.memfd_noexec forbids to execute it */
#endif

enum { STDIO_COUNT = 3, WORKER = STDIO_COUNT, HELPER, STATUS, SOURCE_COUNT };

/* Strings ---------------------------------------------------------------------------------------------------------- */

static int check_strings(const struct evl_strings *strings) {
    int length = strings->length;
    if (length < 0 || strings->count < 0) {
        return -EINVAL;
    }
    if (length == 0) {
        return strings->count == 0 ? 0 : -EINVAL;
    }
    if (strings->bytes == NULL || strings->bytes[length - 1] != '\0') {
        return -EINVAL;
    }
    int count = 0;
    for (int i = 0; i < length; i++) {
        count += strings->bytes[i] == '\0';
    }
    return count == strings->count ? 0 : -EINVAL;
}

/* Fills in pointers to checked strings, and NULL behind them. */
static void point_into(const struct evl_strings *strings, char **pointers) {
    char *next = strings->bytes;
    for (int i = 0; i < strings->count; i++) {
        pointers[i] = next;
        next += strlen(next) + 1;
    }
    pointers[strings->count] = NULL;
}

/* The arguments, NULL-terminated, to be freed by the caller; NULL: out of memory. */
static char **argument_pointers(const struct evl_strings *arguments) {
    char **pointers = malloc(((size_t) arguments->count + 1) * sizeof *pointers);
    if (pointers != NULL) {
        point_into(arguments, pointers);
    }
    return pointers;
}

static int have_same_name(const char *one, const char *other) {
    while (*one == *other && *one != '=' && *one != '\0') {
        one++;
        other++;
    }
    return (*one == '=' || *one == '\0') && (*other == '=' || *other == '\0');
}

static int has_name_of(const struct evl_strings *variables, const char *entry) {
    const char *next = variables->bytes;
    for (int i = 0; i < variables->count; i++) {
        if (have_same_name(next, entry)) {
            return 1;
        }
        next += strlen(next) + 1;
    }
    return 0;
}

/*
 * The environment of the child, as argument_pointers. What is inherited is not copied: environ(7) has no lock, and whoever
 * calls setenv(3) in another thread is as much at fault here as beside any posix_spawn(3).
 */
static char **environment_pointers(const struct evl_spawn_request *request) {
    char **inherited = request->inherit_environment ? environ : NULL;
    size_t most = 0;
    while (inherited != NULL && inherited[most] != NULL) {
        most++;
    }
    char **pointers = malloc((most + (size_t) request->environment.count + 1) * sizeof *pointers);
    if (pointers == NULL) {
        return NULL;
    }
    size_t kept = 0;
    for (size_t i = 0; i < most && inherited[i] != NULL; i++) {
        if (!has_name_of(&request->environment, inherited[i])) {
            pointers[kept++] = inherited[i];
        }
    }
    point_into(&request->environment, pointers + kept);
    return pointers;
}

/* Descriptors of the child ----------------------------------------------------------------------------------------- */

/* What dup2(2) reads from in the child, all above the target: so no dup2 overwrites the source of a later one. */
struct sources {
    int fd[SOURCE_COUNT];   /* -1: nothing to do */
    int copy[SOURCE_COUNT]; /* ours to close, or -1 */
};

static void close_sources(const struct sources *sources) {
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (sources->copy[i] >= 0) {
            close(sources->copy[i]);
        }
    }
}

/* The highest number that the child's descriptors get. */
static int last_target(const struct evl_spawn_request *request) {
    return request->helper == NULL ? request->target_fd : request->target_fd + STATUS - WORKER;
}

/* On failure nothing is left open. */
static int open_sources(const struct evl_spawn_request *request, struct sources *sources) {
    for (int i = 0; i < STDIO_COUNT; i++) {
        sources->fd[i] = request->stdio[i];
    }
    sources->fd[WORKER] = request->worker_fd;
    sources->fd[HELPER] = request->helper == NULL ? -1 : request->helper->fd;
    sources->fd[STATUS] = request->helper == NULL ? -1 : request->helper->status_fd;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        sources->copy[i] = -1;
    }
    int last = last_target(request);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (sources->fd[i] < 0 || sources->fd[i] > last) {
            continue;
        }
        int copy = fcntl(sources->fd[i], F_DUPFD_CLOEXEC, last + 1);
        if (copy < 0) {
            /* EINVAL: the lowest number asked for is above RLIMIT_NOFILE already, see fcntl(2). */
            int error = errno == EINVAL ? EMFILE : errno;
            close_sources(sources);
            return -error;
        }
        sources->fd[i] = sources->copy[i] = copy;
    }
    return 0;
}

/* Positive errno, as the functions of posix_spawn(3) have it. */
static int add_actions(posix_spawn_file_actions_t *actions, const struct evl_spawn_request *request,
        const struct sources *sources) {
    int target_fd = request->target_fd;
    int error = 0;
    if (request->directory != NULL) {
        error = posix_spawn_file_actions_addchdir_np(actions, request->directory);
    }
    for (int i = 0; error == 0 && i < STDIO_COUNT; i++) {
        if (sources->fd[i] >= 0) {
            error = posix_spawn_file_actions_adddup2(actions, sources->fd[i], i);
        }
    }
    for (int fd = STDIO_COUNT; error == 0 && fd < target_fd; fd++) {
        error = posix_spawn_file_actions_addclose(actions, fd); /* one that is not open is no error there */
    }
    for (int i = WORKER; error == 0 && i <= STATUS; i++) {
        if (sources->fd[i] >= 0) {
            error = posix_spawn_file_actions_adddup2(actions, sources->fd[i], target_fd + i - WORKER);
        }
    }
    if (error == 0) {
        error = posix_spawn_file_actions_addclosefrom_np(actions, last_target(request) + 1);
    }
    return error;
}

/* Spawning --------------------------------------------------------------------------------------------------------- */

static int set_attributes(posix_spawnattr_t *attributes, enum evl_group group) {
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    /* Not sigfillset(3): that leaves out the two signals which glibc keeps for itself, and its posix_spawn would then
     * start the child with those ignored. */
    memset(&all, 0xff, sizeof all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0) {
        error = posix_spawnattr_setsigdefault(attributes, &all);
    }
    if (error == 0) {
        if (group == EVL_GROUP_OWN) {
            flags |= POSIX_SPAWN_SETPGROUP; /* to group 0, the initial value of the attribute: its own */
        } else if (group == EVL_SESSION_OWN) {
            flags |= POSIX_SPAWN_SETSID;
        }
        error = posix_spawnattr_setflags(attributes, (short) flags);
    }
    return error;
}

/* A loop's thread may be bound to one CPU: the child is not to sit there, too. Positive errno. */
static int spawn_unbound(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
        const posix_spawnattr_t *attributes, char **argv, char **envp) {
    bool unbound = evl_unbind();
    /* Since glibc 2.24 this returns the error of any action and of execve(2) in the child, which it reaps. */
    int error = posix_spawnp(pid, file, actions, attributes, argv, envp);
    if (unbound) {
        evl_bind_again();
    }
    return error;
}

static int spawn_with(
        const struct evl_spawn_request *request, const struct sources *sources, char **argv, char **envp) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    int error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        return -error;
    }
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        goto destroy_attributes;
    }
    error = set_attributes(&attributes, request->group);
    if (error != 0) {
        goto destroy_actions;
    }
    error = add_actions(&actions, request, sources);
    if (error != 0) {
        goto destroy_actions;
    }
    char helper[sizeof "/proc/self/fd/" + 11];
    snprintf(helper, sizeof helper, "/proc/self/fd/%d", request->target_fd + HELPER - WORKER);
    error = spawn_unbound(&pid, request->helper == NULL ? argv[0] : helper, &actions, &attributes, argv, envp);

destroy_actions:
    posix_spawn_file_actions_destroy(&actions);
destroy_attributes:
    posix_spawnattr_destroy(&attributes);
    return error != 0 ? -error : pid;
}

static int check_request(const struct evl_spawn_request *request) {
    if (check_strings(&request->arguments) < 0 || check_strings(&request->environment) < 0) {
        return -EINVAL;
    }
    if (request->arguments.count == 0 || request->arguments.bytes[0] == '\0') {
        return -EINVAL;
    }
    if (request->target_fd < EVL_TARGET_FD_MIN || request->target_fd > EVL_TARGET_FD_MAX) {
        return -EINVAL;
    }
    for (int i = 0; i < STDIO_COUNT; i++) {
        if (request->stdio[i] < -1) {
            return -EBADF;
        }
    }
    if (request->helper != NULL && (request->helper->fd < 0 || request->helper->status_fd < 0)) {
        return -EBADF;
    }
    return request->worker_fd < 0 ? -EBADF : 0;
}

/*
 * Where SIGCHLD is ignored, which is inherited over execve(2), or has SA_NOCLDWAIT, the kernel throws exit statuses away, and
 * with them the pid by which a pidfd is opened. A handler stays. ProcessBuilder ends the ignoring, too.
 */
static int keep_exit_statuses(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) < 0) {
        return -errno;
    }
    bool is_ignored = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
    if (!is_ignored && (action.sa_flags & SA_NOCLDWAIT) == 0) {
        return 0;
    }
    if (is_ignored) {
        action.sa_handler = SIG_DFL;
    }
    action.sa_flags &= ~SA_NOCLDWAIT;
    return sigaction(SIGCHLD, &action, NULL) < 0 ? -errno : 0;
}

int evl_spawn(const struct evl_spawn_request *request) {
    int outcome = check_request(request);
    if (outcome == 0) {
        outcome = keep_exit_statuses();
    }
    if (outcome < 0) {
        return outcome;
    }
    char **argv = argument_pointers(&request->arguments);
    if (argv == NULL) {
        return -ENOMEM;
    }
    char **envp = environment_pointers(request);
    if (envp == NULL) {
        outcome = -ENOMEM;
        goto free_argv;
    }
    struct sources sources;
    outcome = open_sources(request, &sources);
    if (outcome < 0) {
        goto free_envp;
    }
    outcome = spawn_with(request, &sources, argv, envp);
    close_sources(&sources);

free_envp:
    free(envp);
free_argv:
    free(argv);
    return outcome;
}

int evl_memfd(const char *name) {
    if (name == NULL) {
        return -EFAULT;
    }
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create(name, MFD_CLOEXEC);
    }
    return evl_result(fd);
}
