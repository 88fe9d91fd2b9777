/*
 * Linked into evloop-exec where coverage is measured: gcov writes its counters in exit(3), and that program leaves by
 * execve(2) or _exit(2).
 */
void __gcov_dump(void);
void __gcov_reset(void);

int __real_execve(const char *path, char *const argv[], char *const envp[]);
_Noreturn void __real__exit(int status);

int __wrap_execve(const char *path, char *const argv[], char *const envp[]);
_Noreturn void __wrap__exit(int status);

int __wrap_execve(const char *path, char *const argv[], char *const envp[]) {
    __gcov_dump();
    __gcov_reset();
    return __real_execve(path, argv, envp);
}

_Noreturn void __wrap__exit(int status) {
    __gcov_dump();
    __real__exit(status);
}
