# Untried: see ../README.md. The source is the working tree that this port lies in; a registry's copy says vcpkg_from_git with the tag's commit.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES
  kafka KOLLECT_KAFKA
  nats KOLLECT_NATS
  yaml KOLLECT_YAML)
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS ${features} -DKOLLECT_PROGRAMS=OFF -DKOLLECT_TESTS=OFF -DKOLLECT_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME kollect CONFIG_PATH lib/cmake/kollect)
vcpkg_fixup_pkgconfig()
# Headers alone: nothing differs in a debug build.
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
