# Finds Debian's ns-3 (libns3-dev 3.37) without its own CMake package, which wants more packages than it needs, and makes
# the interface target punchlab_ns3.
find_path(NS3_INCLUDE_DIR ns3/simulator.h)
if(NOT NS3_INCLUDE_DIR)
  message(FATAL_ERROR "ns-3 is missing: apt-get install libns3-dev")
endif()
add_library(punchlab_ns3 INTERFACE)
foreach(module core network internet point-to-point traffic-control mobility propagation spectrum wifi)
  find_library(NS3_LIB_${module} NAMES ns3-${module} libns3-${module}.so.37 REQUIRED)
  target_link_libraries(punchlab_ns3 INTERFACE ${NS3_LIB_${module}})
endforeach()
target_include_directories(punchlab_ns3 SYSTEM INTERFACE ${NS3_INCLUDE_DIR})
# The distribution's libraries are built with logging, which changes the layout of some of their classes.
target_compile_definitions(punchlab_ns3 INTERFACE NS3_LOG_ENABLE)

# ns-3.37 spells a constructor as a template-id, which is none in C++20 (CWG 2237). Where the compiler minds, a corrected
# copy of the two small headers comes before all others.
if(NOT DEFINED NS3_HEADERS_COMPILE)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/check/singleton.cpp
       "#include <ns3/singleton.h>\nstruct S : ns3::Singleton<S> {};\nint main() { return S::Get() == nullptr; }\n")
  try_compile(NS3_HEADERS_COMPILE ${CMAKE_CURRENT_BINARY_DIR}/check ${CMAKE_CURRENT_BINARY_DIR}/check/singleton.cpp
              CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${NS3_INCLUDE_DIR}" CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
endif()
if(NOT NS3_HEADERS_COMPILE)
  set(compatibility ${CMAKE_CURRENT_BINARY_DIR}/generated/ns3_compatibility.hpp)
  configure_file(${CMAKE_CURRENT_SOURCE_DIR}/ns3_compatibility.hpp.in ${compatibility} COPYONLY)
  target_compile_options(punchlab_ns3 INTERFACE "SHELL:-include ${compatibility}")
endif()
