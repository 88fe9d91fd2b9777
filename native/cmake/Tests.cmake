# Every test/test_*.c is a test, built as the library is and once more, from the same sources, under the sanitizers.
include(CheckCSourceRuns)
find_package(Threads REQUIRED)

set(test_sanitizers address,undefined)
if(NOT EVLOOP_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  set(CMAKE_REQUIRED_FLAGS "-fsanitize=${test_sanitizers}")
  check_c_source_runs("int main(void) { return 0; }" EVLOOP_CAN_SANITIZE)
  unset(CMAKE_REQUIRED_FLAGS)
endif()

# evloop_test(name source core): a test program of one source and the objects of the library `core`
function(evloop_test name source core)
  add_executable(${name} "${source}" $<TARGET_OBJECTS:${core}>)
  target_include_directories(${name} PRIVATE include)
  target_compile_definitions(${name} PRIVATE "EVL_TEST_DIRECTORY=\"${CMAKE_CURRENT_SOURCE_DIR}/test\"")
  target_link_libraries(${name} PRIVATE Threads::Threads)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 ENVIRONMENT
    "ASAN_OPTIONS=halt_on_error=1:abort_on_error=1;UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1")
endfunction()

if(EVLOOP_CAN_SANITIZE)
  add_library(evl_core_sanitized OBJECT ${core_sources})
  target_include_directories(evl_core_sanitized PUBLIC include)
  evloop_sanitize(evl_core_sanitized ${test_sanitizers})
endif()

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
endforeach()

if(NOT EVLOOP_SANITIZE)
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
set(header_options -Wall -Wextra -Wconversion -Wpedantic -Wshadow -Wcast-qual -Werror -O2 -c -o /dev/null)
set(header "${CMAKE_CURRENT_SOURCE_DIR}/include/evloop.h")
evloop_tool_test(evloop_h_is_c99 CMAKE_C_COMPILER -std=c99 ${header_options} -x c "${header}")
evloop_tool_test(evloop_h_is_cpp EVLOOP_CXX -std=c++98 ${header_options} -x c++ "${header}")

# evloop.py
find_program(EVLOOP_PYTHON python3)
find_program(EVLOOP_MYPY mypy)
set(python_sources "${CMAKE_CURRENT_SOURCE_DIR}/python/evloop.py" "${CMAKE_CURRENT_SOURCE_DIR}/test/test_evloop.py")
evloop_tool_test(evloop_py EVLOOP_PYTHON -B "${CMAKE_CURRENT_SOURCE_DIR}/test/test_evloop.py")
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
