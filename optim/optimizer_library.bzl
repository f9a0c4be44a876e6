"""The targets of an optimizer."""

load("@rules_cc//cc:defs.bzl", "cc_library", "cc_proto_library")
load("@rules_proto//proto:defs.bzl", "proto_library")

def optimizer_library(name, has_header = True, deps = [], proto_deps = []):
    """//optim:NAME of NAME.cc, NAME.proto, its config, and NAME.h.

    Args:
      name: the unit.
      has_header: whether there is a NAME.h; else configs alone name the class.
      deps: what it takes beside what every optimizer does.
      proto_deps: what NAME.proto imports.
    """
    proto_library(
        name = name + "_proto",
        srcs = [name + ".proto"],
        visibility = ["//visibility:public"],
        deps = proto_deps,
    )
    cc_proto_library(
        name = name + "_cc_proto",
        visibility = ["//visibility:public"],
        deps = [":%s_proto" % name],
    )
    cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"] if has_header else [],
        # The loops over elements want to be vectorised; a square root that
        # sets errno can't be.
        copts = [
            "-O3",
            # Numbers don't depend on the processor.
            "-ffp-contract=off",
            "-fno-math-errno",
            "-fno-trapping-math",
        ],
        visibility = ["//visibility:public"],
        deps = [
            ":%s_cc_proto" % name,
            ":options",
            ":per_param_optimizer",
            "//utils:status_macros",
            "@debian//:abseil",
            "@libtorch//:torch",
        ] + deps,
        alwayslink = True,
    )
