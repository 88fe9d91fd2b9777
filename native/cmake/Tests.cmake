# Every test/test_*.c is a test, built as the library is and once more, from the same sources, under the sanitizers; those with
# threads under ThreadSanitizer, too. With EVLOOP_VALGRIND they run in valgrind besides, which is slow.
find_package(Threads REQUIRED)
option(EVLOOP_VALGRIND "run the C tests in valgrind, too: ctest -L valgrind" OFF)

# evloop_can_sanitize(VARIABLE sanitizers [launcher...]): whether a program so built runs here, behind the launcher
function(evloop_can_sanitize variable sanitizers)
  if(NOT DEFINED ${variable})
    set(program "${CMAKE_CURRENT_BINARY_DIR}/${variable}")
    file(WRITE "${program}.c" "int main(void) { return 0; }\n")
    try_compile(compiles "${program}.try" "${program}.c"
      COMPILE_DEFINITIONS -fsanitize=${sanitizers} LINK_OPTIONS -fsanitize=${sanitizers} COPY_FILE "${program}")
    set(status 1)
    if(compiles)
      execute_process(COMMAND ${ARGN} "${program}" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    endif()
    if(status STREQUAL 0)
      set(${variable} TRUE CACHE INTERNAL "")
    else()
      set(${variable} FALSE CACHE INTERNAL "")
    endif()
    message(STATUS "sanitizers ${sanitizers} run here: ${${variable}}")
  endif()
  set(${variable} ${${variable}} PARENT_SCOPE)
endfunction()

set(test_sanitizers address,undefined)
set(thread_launcher "")
if(NOT EVLOOP_SANITIZE AND NOT EVLOOP_COVERAGE AND NOT CMAKE_CROSSCOMPILING)
  evloop_can_sanitize(EVLOOP_CAN_SANITIZE ${test_sanitizers})
  # gcc's before 14 dies at its start where the kernel moves maps by more than 28 bits (vm.mmap_rnd_bits), now and then;
  # without any of that it does not. In some containers setarch(8) is refused.
  find_program(EVLOOP_SETARCH setarch)
  if(EVLOOP_SETARCH)
    evloop_can_sanitize(EVLOOP_CAN_SANITIZE_THREADS_FIXED thread "${EVLOOP_SETARCH}" -R)
  endif()
  if(EVLOOP_CAN_SANITIZE_THREADS_FIXED)
    set(EVLOOP_CAN_SANITIZE_THREADS TRUE)
    set(thread_launcher "${EVLOOP_SETARCH}" -R)
  else()
    evloop_can_sanitize(EVLOOP_CAN_SANITIZE_THREADS thread)
  endif()
endif()

# evloop_test(name source core [launcher...]): a test program of one source and the objects of the library `core`
function(evloop_test name source core)
  add_executable(${name} "${source}" $<TARGET_OBJECTS:${core}>)
  target_include_directories(${name} PRIVATE include)
  target_compile_definitions(${name} PRIVATE "EVL_TEST_DIRECTORY=\"${CMAKE_CURRENT_SOURCE_DIR}/test\""
    "EVL_EXEC_PROGRAM=\"$<TARGET_FILE:evloop-exec>\"")
  add_dependencies(${name} evloop-exec)
  target_link_libraries(${name} PRIVATE Threads::Threads)
  if(EVLOOP_COVERAGE)
    target_compile_definitions(${name} PRIVATE EVL_COVERAGE)
    target_link_options(${name} PRIVATE --coverage)
  endif()
  if(ARGN)
    add_test(NAME ${name} COMMAND ${ARGN} $<TARGET_FILE:${name}>)
  else()
    add_test(NAME ${name} COMMAND ${name})   # behind CMAKE_CROSSCOMPILING_EMULATOR, if there is one
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT
    "ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:detect_leaks=1;UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1;TSAN_OPTIONS=halt_on_error=1:abort_on_error=1")
endfunction()

# evloop_sanitized_core(name sanitizers): the objects of the library under the sanitizers
function(evloop_sanitized_core name sanitizers)
  add_library(${name} OBJECT ${core_sources})
  target_include_directories(${name} PUBLIC include)
  evloop_sanitize(${name} ${sanitizers})
endfunction()

if(EVLOOP_CAN_SANITIZE)
  evloop_sanitized_core(evl_core_sanitized ${test_sanitizers})
endif()
if(EVLOOP_CAN_SANITIZE_THREADS)
  evloop_sanitized_core(evl_core_tsan thread)
endif()

if(EVLOOP_VALGRIND)
  find_program(EVLOOP_VALGRIND_PROGRAM valgrind REQUIRED)
endif()

# evloop_valgrind_test(name): the test `name` once more, in valgrind. Processes that it forks are judged as it is; workers are not,
# they would count valgrind's descriptors among those they got. That nothing stays open, each test holds itself.
function(evloop_valgrind_test name)
  add_test(NAME ${name}_valgrind COMMAND "${EVLOOP_VALGRIND_PROGRAM}" --quiet --fair-sched=yes --error-exitcode=99 --leak-check=full
    --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
    $<TARGET_FILE:${name}>)
  set_tests_properties(${name}_valgrind PROPERTIES TIMEOUT 1800 LABELS valgrind)
endfunction()

file(GLOB test_sources CONFIGURE_DEPENDS test/test_*.c)
foreach(source IN LISTS test_sources)
  get_filename_component(name "${source}" NAME_WE)
  evloop_test(${name} "${source}" evl_core)
  if(EVLOOP_SANITIZE)
    evloop_sanitize(${name} ${EVLOOP_SANITIZE})
  elseif(EVLOOP_CAN_SANITIZE)
    evloop_test(${name}_sanitized "${source}" evl_core_sanitized)
    evloop_sanitize(${name}_sanitized ${test_sanitizers})
  endif()
  file(STRINGS "${source}" starts_threads REGEX "pthread_create\\(")
  if(EVLOOP_CAN_SANITIZE_THREADS AND starts_threads)
    evloop_test(${name}_tsan "${source}" evl_core_tsan ${thread_launcher})
    evloop_sanitize(${name}_tsan thread)
    set_tests_properties(${name}_tsan PROPERTIES LABELS tsan)
  endif()
  if(EVLOOP_VALGRIND)
    evloop_valgrind_test(${name})
  endif()
endforeach()

if(NOT EVLOOP_SANITIZE AND NOT EVLOOP_COVERAGE)
  add_test(NAME exports_JNI_OnLoad_alone
    COMMAND "${CMAKE_COMMAND}" "-Dnm=${CMAKE_NM}" "-Dlibrary=$<TARGET_FILE:evloop>"
            -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/CheckExports.cmake")
endif()

# evloop_tool_test(name TOOL arguments...): without the tool, which find_program has put in TOOL, it is shown as not run.
function(evloop_tool_test name tool)
  add_test(NAME ${name} COMMAND "${${tool}}" ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  if(NOT ${tool})
    set_tests_properties(${name} PROPERTIES DISABLED TRUE)
  endif()
endfunction()

# evloop.h as the strictest of its users would compile it.
find_program(EVLOOP_CXX NAMES c++ g++ clang++)
set(header_options -Wall -Wextra -Wconversion -Wpedantic -Wshadow -Wcast-qual -Wredundant-decls -Wundef -Werror -O2 -c
  -o /dev/null)
set(header "${CMAKE_CURRENT_SOURCE_DIR}/include/evloop.h")
evloop_tool_test(evloop_h_is_c99 CMAKE_C_COMPILER -std=c99 ${header_options} -x c "${header}")
foreach(feature _GNU_SOURCE _DEFAULT_SOURCE _POSIX_C_SOURCE=200809L _POSIX_C_SOURCE=199309L _XOPEN_SOURCE=700 _XOPEN_SOURCE=500)
  evloop_tool_test(evloop_h_is_c99_with_${feature} CMAKE_C_COMPILER -std=c99 -D${feature} ${header_options} -x c "${header}")
endforeach()
evloop_tool_test(evloop_h_is_cpp EVLOOP_CXX -std=c++98 ${header_options} -Wold-style-cast -x c++ "${header}")

# evloop.py
find_program(EVLOOP_PYTHON python3)
find_program(EVLOOP_MYPY mypy)
set(python_sources "${CMAKE_CURRENT_SOURCE_DIR}/python/evloop.py" "${CMAKE_CURRENT_SOURCE_DIR}/test/evloop_testing.py"
  "${CMAKE_CURRENT_SOURCE_DIR}/test/test_evloop.py" "${CMAKE_CURRENT_SOURCE_DIR}/test/test_evloop_async.py"
  "${CMAKE_CURRENT_SOURCE_DIR}/test/test_evloop_vectors.py")
evloop_tool_test(evloop_py EVLOOP_PYTHON -B -m unittest discover -s "${CMAKE_CURRENT_SOURCE_DIR}/test")
evloop_tool_test(evloop_py_is_typed EVLOOP_MYPY --strict --cache-dir "${CMAKE_CURRENT_BINARY_DIR}/mypy" ${python_sources})
set_tests_properties(evloop_py_is_typed PROPERTIES ENVIRONMENT "MYPYPATH=${CMAKE_CURRENT_SOURCE_DIR}/python")

# Programs that the Java tests start as workers, which look for them in this directory (java/pom.xml): plain, so that
# even under a sanitized library what they show is what any worker would.
file(GLOB worker_sources CONFIGURE_DEPENDS test/workers/*.c)
foreach(source IN LISTS worker_sources)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(worker_${name} "${source}")
  set_target_properties(worker_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/workers")
endforeach()

# Libraries that the Java tests preload into a JVM of its own, in the same directory.
file(GLOB preload_sources CONFIGURE_DEPENDS test/preload/*.c)
foreach(source IN LISTS preload_sources)
  get_filename_component(name "${source}" NAME_WE)
  add_library(preload_${name} SHARED "${source}")
  target_link_libraries(preload_${name} PRIVATE ${CMAKE_DL_LIBS})
  set_target_properties(preload_${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} C_VISIBILITY_PRESET default
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/workers")
endforeach()

# Native methods of the Java tests, in the same directory.
file(GLOB jni_sources CONFIGURE_DEPENDS test/jni/*.c)
foreach(source IN LISTS jni_sources)
  get_filename_component(name "${source}" NAME_WE)
  add_library(jni_${name} SHARED "${source}")
  target_include_directories(jni_${name} SYSTEM PRIVATE "${jni_include}" "${jni_include}/linux")
  set_target_properties(jni_${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/workers")
endforeach()
