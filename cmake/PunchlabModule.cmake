# punchlab_module(NAME [DEPENDS targets...] [PRIVATE targets...] [TEST_DEPENDS targets...] [COUNTS_NEWS])
#
# Makes a static library from the *.cpp beside the calling CMakeLists.txt. Files named x_test.cpp become the
# GoogleTest program NAME_test, x_bench.cpp the Google Benchmark program NAME_bench, and each x_fuzz.cpp stays out
# of the library. A folder with headers only becomes an interface library. With COUNTS_NEWS the test program counts its calls of
# operator new (protocol/base/count_of_news.hpp).
include(GoogleTest)

add_library(punchlab_options INTERFACE)
target_include_directories(punchlab_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(punchlab_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(punchlab_options INTERFACE -Wno-restrict)  # false alarms on std::string, GCC bug 105329
endif()
if(PUNCHLAB_SANITIZE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(punchlab_options INTERFACE -Wno-maybe-uninitialized)  # false alarms on std::regex, GCC bug 105562
  endif()
  target_compile_options(punchlab_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(punchlab_options INTERFACE -fsanitize=address,undefined)
endif()

# A trial runs through many small files. Linking the command as one program saves a seventh of its time (docs/performance.md);
# the libraries hold ordinary code beside it, with which tests link quickly.
option(PUNCHLAB_WHOLE_PROGRAM "Link the command as one program in a Release build" ON)
set(PUNCHLAB_LTO OFF)
if(PUNCHLAB_WHOLE_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  set(PUNCHLAB_LTO ON)
endif()

function(punchlab_link_whole_program target)
  if(PUNCHLAB_LTO)
    target_compile_options(${target} PRIVATE -flto=auto)
    target_link_options(${target} PRIVATE -flto=auto)
  endif()
endfunction()

# What all test programs are compiled with: gmock's headers, precompiled once for all of them, and little optimization of
# the tests' own code, which is not what is measured.
file(WRITE ${PROJECT_BINARY_DIR}/test_headers.cpp "")
add_library(punchlab_test_headers OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/test_headers.cpp)
target_precompile_headers(punchlab_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)

function(punchlab_compile_as_test target)
  target_link_libraries(${target} PRIVATE punchlab_options GTest::gmock)
  target_compile_definitions(${target} PRIVATE PUNCHLAB_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()
punchlab_compile_as_test(punchlab_test_headers)

function(punchlab_module name)
  cmake_parse_arguments(ARG "COUNTS_NEWS" "" "DEPENDS;PRIVATE;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
  file(GLOB benches CONFIGURE_DEPENDS *_bench.cpp)
  file(GLOB fuzzers CONFIGURE_DEPENDS *_fuzz.cpp)
  file(GLOB mains CONFIGURE_DEPENDS *_main.cpp)
  list(REMOVE_ITEM sources ${tests} ${benches} ${fuzzers} ${mains} "")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC punchlab_options ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
    if(PUNCHLAB_LTO)
      target_compile_options(${name} PRIVATE -flto=auto -ffat-lto-objects)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE punchlab_options ${ARG_DEPENDS} ${ARG_PRIVATE})
  endif()
  if(tests)
    if(ARG_COUNTS_NEWS)
      list(APPEND tests ${PROJECT_SOURCE_DIR}/protocol/base/count_of_news_test.cpp)
    endif()
    add_executable(${name}_test ${tests})
    punchlab_compile_as_test(${name}_test)
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_DEPENDS} ${ARG_PRIVATE} GTest::gtest_main)
    target_link_options(${name}_test PRIVATE -fno-lto)
    target_precompile_headers(${name}_test REUSE_FROM punchlab_test_headers)
    gtest_discover_tests(${name}_test PROPERTIES TIMEOUT 300 DISCOVERY_TIMEOUT 60)
  endif()
  if(benches AND NOT PUNCHLAB_SANITIZE)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${name} ${ARG_TEST_DEPENDS} ${ARG_PRIVATE} benchmark::benchmark_main)
    target_link_options(${name}_bench PRIVATE -fno-lto)
  endif()
endfunction()
