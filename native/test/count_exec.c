/*
 * Linked into evloop-exec where coverage is measured: gcov writes its counters in exit(3), and that program leaves by
 * execvpe(3) or _exit(2).
 */
void __gcov_dump(void);
void __gcov_reset(void);

int __real_execvpe(const char *file, char *const argv[], char *const envp[]);
_Noreturn void __real__exit(int status);

int __wrap_execvpe(const char *file, char *const argv[], char *const envp[]);
_Noreturn void __wrap__exit(int status);

int __wrap_execvpe(const char *file, char *const argv[], char *const envp[]) {
    __gcov_dump();
    __gcov_reset();
    return __real_execvpe(file, argv, envp);
}

_Noreturn void __wrap__exit(int status) {
    __gcov_dump();
    __real__exit(status);
}
