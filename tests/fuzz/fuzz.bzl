"""Fuzzing of a reader, and its corpus as an ordinary test."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_test")

def fuzz_target(name, deps, corpus, size = "small", tags = []):
    """Makes of NAME.cc, which defines LLVMFuzzerTestOneInput:

    NAME_test  runs every file of the corpus, and each cut off at 16 places,
               with the ordinary compiler;
    NAME       libFuzzer's program, built only under --config=fuzz:

      ./bazelw build --config=fuzz //fileio/json:json_fuzz
      mkdir -p /tmp/new && bazel-bin/fileio/json/json_fuzz -max_total_time=600 \\
        /tmp/new fileio/json/fuzz

    libFuzzer writes inputs that reach new code into the first folder and a
    crash-* file where one kills the program. Mend what that shows and add the
    input to the corpus.

    Args:
      name: what ends in "_fuzz".
      deps: of NAME.cc.
      corpus: a folder beside the BUILD file with at least one input.
      size: of NAME_test.
      tags: of NAME_test, as "no-asan".
    """
    inputs = native.glob([corpus + "/**"])
    if not inputs:
        fail(corpus + " has no inputs: give the fuzzer one valid file at least.")
    cc_test(
        name = name + "_test",
        size = size,
        srcs = [name + ".cc"],
        args = ["$(location %s)" % input for input in inputs],
        data = inputs,
        tags = tags,
        deps = deps + ["//tests/fuzz:replay"],
    )
    cc_binary(
        name = name,
        testonly = True,
        srcs = [name + ".cc"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = deps,
    )
