include(CTest)
include(Catch)

set(JINQI_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Werror)
# gRPC's and Abseil's headers are system headers; g++ 12 reports these two from inside them when it inlines.
list(APPEND JINQI_WARNINGS -Wno-maybe-uninitialized -Wno-restrict)

function(jinqi_own_code target)
  target_compile_options(${target} PRIVATE ${JINQI_WARNINGS})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  if(JINQI_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${JINQI_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${JINQI_SANITIZE})
  endif()
endfunction()

# jinqi_library(name SRCS a.cc b.cc DEPS jinqi::status ...): static library jinqi_<name>, alias jinqi::<name>.
function(jinqi_library name)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_library(jinqi_${name} STATIC ${arg_SRCS})
  add_library(jinqi::${name} ALIAS jinqi_${name})
  jinqi_own_code(jinqi_${name})
  target_link_libraries(jinqi_${name} PUBLIC ${arg_DEPS})
endfunction()

# jinqi_program(name SRCS main.cc DEPS ...): executable bin/<name>.
function(jinqi_program name)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${arg_SRCS})
  jinqi_own_code(${name})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# jinqi_test(name LABEL unit SRCS x_test.cc DEPS ...): a Catch2 program, each test case a ctest test.
# LABEL is one of unit, contract, integration, e2e, chaos. SERIAL runs the whole program as one ctest test that
# runs alone. Fixtures that need servers start their own (jinqi::testing).
function(jinqi_test name)
  cmake_parse_arguments(arg "SERIAL;WHOLE" "LABEL;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SRCS})
  jinqi_own_code(${name})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} Catch2::Catch2WithMain)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(arg_SERIAL OR arg_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
    if(arg_SERIAL)
      set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
    endif()
  else()
    catch_discover_tests(${name} TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()

# jinqi_embed(target variable namespace files...): compiles text files into the target as
# `extern const std::map<std::string, std::string> <namespace>::<variable>`, file name to content.
function(jinqi_embed target namespace variable)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}_${variable}.cc)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${namespace} -DVARIABLE=${variable}
      "-DFILES=${ARGN}" -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
