"""The SDK for Conan 2: conan create script/packaging/conan. Untried against Conan Center: see ../README.md."""

import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy
from conan.tools.gnu import PkgConfigDeps


class Kollect(ConanFile):
    name = "kollect"
    version = "0.1.0"
    description = "Header-only C++20 SDK for kollect.dev/v1alpha1 inventory events"
    license = "MIT"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"kafka": [True, False], "nats": [True, False], "yaml": [True, False]}
    default_options = {"kafka": False, "nats": False, "yaml": False}

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "include/*"):
            copy(self, pattern, root, self.export_sources_folder)

    def requirements(self):
        self.requires("boost/[>=1.81 <2]")
        self.requires("openssl/[>=3 <4]")
        self.requires("range-v3/[>=0.12]")
        self.requires("xxhash/[>=0.8.1]")
        if self.options.kafka:
            self.requires("librdkafka/[>=2.0.2]")
        if self.options.nats:
            self.requires("cnats/[>=3.4.1]")
        if self.options.yaml:
            self.requires("yaml-cpp/[>=0.7]")

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        # include/package/dependencies.cmake asks pkg-config for some.
        PkgConfigDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for component in ("kafka", "nats", "yaml"):
            toolchain.variables[f"KOLLECT_{component.upper()}"] = "ON" if self.options.get_safe(component) else "OFF"
        toolchain.variables["KOLLECT_PROGRAMS"] = "OFF"
        toolchain.variables["KOLLECT_TESTS"] = "OFF"
        toolchain.variables["KOLLECT_INSTALL"] = "ON"
        toolchain.generate()

    def package(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        # Users find the package that CMake made, with its targets kollect::sdk and so on.
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "kollect")]
