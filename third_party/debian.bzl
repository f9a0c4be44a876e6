"""Repositories over Debian 12's packages."""

def _debian_rules(ctx):
    folder = ctx.attr.folder
    if not ctx.path(folder).exists:
        fail(folder + " is missing. Run ./bazelw once, or apt-get install the bazel-* packages that third_party/install.sh lists.")
    result = ctx.execute(["cp", "-rL", folder + "/.", "."])
    if result.return_code:
        fail(result.stderr)
    ctx.execute(["rm", "-f", "WORKSPACE"])
    ctx.file("WORKSPACE", "workspace(name = '%s')" % ctx.name)

    # rules_cc 0.0.4 loads use_cpp_toolchain, which Debian's Bazel 4.2.3 does
    # not have yet: there, name the toolchain type instead.
    for path in [
        "cc/private/rules_impl/compiler_flag.bzl",
        "cc/private/rules_impl/cc_flags_supplier.bzl",
    ]:
        if ctx.path(path).exists:
            text = ctx.read(path)
            text = text.replace(', "use_cpp_toolchain"', "").replace('"use_cpp_toolchain", ', "")
            ctx.file(path, text.replace("use_cpp_toolchain()", '["@bazel_tools//tools/cpp:toolchain_type"]'))

debian_rules = repository_rule(
    doc = "A rule set that Debian ships as a folder.",
    implementation = _debian_rules,
    attrs = {"folder": attr.string(mandatory = True)},
)

def _no_coverage_tools(ctx):
    # cc_test asks for this repository even when no coverage is collected.
    ctx.file("BUILD", """filegroup(name = "coverage_report_generator", srcs = [], visibility = ["//visibility:public"])
""")

no_coverage_tools = repository_rule(
    doc = "Satisfies cc_test's dependency on coverage tools without a download.",
    implementation = _no_coverage_tools,
)

_WELL_KNOWN_PROTOS = ["any", "descriptor", "duration", "struct", "timestamp", "wrappers"]

def _debian_protobuf(ctx):
    ctx.symlink("/usr/bin/protoc", "protoc_bin")
    ctx.symlink("/usr/include/google/protobuf", "include/google/protobuf")
    lines = ["""
load("@rules_proto//proto:defs.bzl", "proto_lang_toolchain", "proto_library")

package(default_visibility = ["//visibility:public"])

genrule(
    name = "protoc_gen",
    srcs = ["protoc_bin"],
    outs = ["protoc"],
    cmd = "cp $< $@",
    executable = True,
)

cc_library(
    name = "protobuf",
    linkopts = ["-lprotobuf", "-lpthread"],
)

proto_lang_toolchain(
    name = "cc_toolchain",
    blacklisted_protos = [":%s_proto" % proto for proto in {protos}],
    command_line = "--cpp_out=$(OUT)",
    runtime = ":protobuf",
)
""".replace("{protos}", str(_WELL_KNOWN_PROTOS))]
    for proto in _WELL_KNOWN_PROTOS:
        lines.append("""
proto_library(
    name = "%s_proto",
    srcs = ["include/google/protobuf/%s.proto"],
    strip_import_prefix = "include",
)
""" % (proto, proto))
    ctx.file("BUILD", "".join(lines))

debian_protobuf = repository_rule(
    doc = "protoc and libprotobuf from protobuf-compiler and libprotobuf-dev.",
    implementation = _debian_protobuf,
    local = True,
)

# Bazel target -> its linker flags; the headers are in /usr/include.
_LIBRARIES = {
    "benchmark": ["-lbenchmark", "-lpthread"],
    "crypto": ["-lcrypto"],
    "curl": ["-lcurl"],
    "glog": ["-lglog"],
    "gtest": ["-lgtest", "-lgmock", "-lpthread"],
    "gtest_main": ["-lgtest_main", "-lgtest", "-lgmock", "-lpthread"],
    "lmdb": ["-llmdb"],
    "memcached": ["-lmemcached"],
    "nlohmann_json": [],
    "pugixml": ["-lpugixml"],
    "yaml": ["-lyaml"],
    "zlib": ["-lz"],
}

# Abseil's Debian package is shared libraries, one for each of its targets; a
# program links the few it uses, so one target here stands for all.
_ABSEIL = [
    "base",
    "city",
    "cord",
    "cord_internal",
    "cordz_functions",
    "cordz_handle",
    "cordz_info",
    "hash",
    "int128",
    "low_level_hash",
    "raw_hash_set",
    "raw_logging_internal",
    "spinlock_wait",
    "stacktrace",
    "status",
    "statusor",
    "str_format_internal",
    "strings",
    "strings_internal",
    "symbolize",
    "synchronization",
    "throw_delegate",
    "time",
    "time_zone",
]

def _debian_packages(ctx):
    lines = ["package(default_visibility = [\"//visibility:public\"])\n"]
    libraries = dict(_LIBRARIES)
    libraries["abseil"] = ["-labsl_" + name for name in _ABSEIL]
    for name in sorted(libraries):
        lines.append("\ncc_library(\n    name = \"%s\",\n    linkopts = %s,\n)\n" % (name, libraries[name]))
    ctx.file("BUILD", "".join(lines))

debian_packages = repository_rule(
    doc = "C++ libraries of Debian packages, as @debian//:NAME.",
    implementation = _debian_packages,
)
