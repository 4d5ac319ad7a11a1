include(CMakeFindDependencyMacro)
find_dependency(kollect 0.1 COMPONENTS sdk)
include("${CMAKE_CURRENT_LIST_DIR}/inventory.cmake")
