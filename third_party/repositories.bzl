"""The outside world's Bazel repositories.

`anneal_repositories()` is all that a workspace that uses Anneal calls. Nothing
here downloads: the rules and libraries are Debian's packages, LibTorch is the
wheel that `bazelw` unpacked into its cache folder.
"""

load("//third_party:debian.bzl", "debian_packages", "debian_protobuf", "debian_rules", "no_coverage_tools")
load("//third_party:libtorch.bzl", "libtorch_wheel")

def anneal_repositories():
    """Declares every external repository that Anneal's targets name."""
    existing = native.existing_rules()
    for name, folder in {
        "bazel_skylib": "/usr/share/bazel/tools/skylib",
        "platforms": "/usr/share/bazel/tools/platforms",
        "rules_cc": "/usr/share/bazel/rules/cc",
        "rules_java": "/usr/share/bazel/rules/java",
        "rules_proto": "/usr/share/bazel/rules/proto",
    }.items():
        if name not in existing:
            debian_rules(name = name, folder = folder)
    if "remote_coverage_tools" not in existing:
        no_coverage_tools(name = "remote_coverage_tools")
    if "com_google_protobuf" not in existing:
        debian_protobuf(name = "com_google_protobuf")
    if "debian" not in existing:
        debian_packages(name = "debian")
    if "libtorch" not in existing:
        libtorch_wheel(name = "libtorch")
