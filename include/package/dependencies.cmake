# What each component of the SDK needs from elsewhere. The build and the installed package both ask here, so
# that they agree. A function each, so that no variable of a find module reaches the project that asks;
# imported targets do.

set(kollect_known_components sdk kafka nats yaml)

# Looks for what a component needs beside other components. Sets `missing` to what is not there, or to "".
function(kollect_find_dependencies component missing)
  set(problem "")
  if(component STREQUAL "sdk")
    find_package(Boost 1.81 CONFIG QUIET COMPONENTS json)
    if(NOT Boost_FOUND)
      set(${missing} "Boost.JSON 1.81 or newer (Debian: libboost-json1.81-dev)" PARENT_SCOPE)
      return()
    endif()
    find_package(OpenSSL 3 QUIET COMPONENTS Crypto)
    if(NOT OpenSSL_FOUND)
      set(${missing} "OpenSSL 3 or newer (Debian: libssl-dev)" PARENT_SCOPE)
      return()
    endif()
    find_package(range-v3 QUIET)
    if(NOT range-v3_FOUND)
      set(${missing} "range-v3 (Debian: librange-v3-dev)" PARENT_SCOPE)
      return()
    endif()
    kollect_find_module(XXHASH "libxxhash>=0.8.1" "xxHash 0.8.1 or newer (Debian: libxxhash-dev)" problem)
  elseif(component STREQUAL "kafka")
    kollect_find_module(RDKAFKA "rdkafka>=2.0.2" "librdkafka 2.0.2 or newer (Debian: librdkafka-dev)" problem)
  elseif(component STREQUAL "nats")
    # By pkg-config: Debian 12's CMake package of cnats has no version, and both Debian's name
    # development files that only a static library needs.
    kollect_find_module(CNATS "libnats>=3.4.1" "cnats 3.4.1 or newer (Debian: libnats-dev)" problem)
  elseif(component STREQUAL "yaml")
    find_package(yaml-cpp QUIET)
    if(NOT yaml-cpp_FOUND)
      set(problem "yaml-cpp 0.7 or newer (Debian: libyaml-cpp-dev)")
    endif()
  endif()
  set(${missing} "${problem}" PARENT_SCOPE)
endfunction()

# A pkg-config module as the target PkgConfig::KOLLECT_<name>: our own name, as a project may have one of the
# library's name already.
function(kollect_find_module name module description problem)
  set(${problem} "" PARENT_SCOPE)
  find_package(PkgConfig QUIET)
  if(NOT PkgConfig_FOUND)
    set(${problem} "pkg-config, to look for ${description}" PARENT_SCOPE)
    return()
  endif()
  pkg_check_modules(KOLLECT_${name} QUIET IMPORTED_TARGET "${module}")
  if(NOT TARGET PkgConfig::KOLLECT_${name})
    set(${problem} "${description}" PARENT_SCOPE)
  endif()
endfunction()
