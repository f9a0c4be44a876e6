"""Links the comments of .proto files into a program.

    load("@anneal//registry:schema_comments.bzl", "schema_comments")

    schema_comments(
        name = "my_comments",
        deps = [":my_model"],
    )

    cc_binary(
        name = "registry",
        deps = [":my_comments", ":my_model", "@anneal//tools:registry_main"],
    )

Then `bazel run :registry -- show MyModel` says what the fields of MyModel's
config mean. Anneal's own comments are in registry_main already.
"""

load("@rules_cc//cc:defs.bzl", "cc_library")
load("@rules_proto//proto:defs.bzl", "ProtoInfo")

_Protos = provider(
    doc = "The .proto files behind a target and all below it.",
    fields = {
        "sources": "depset of files whose comments are wanted",
        "inputs": "depset of those and all that they import",
        "paths": "depset of folders that imports are relative to",
    },
)

# protobuf's own types have no fields that a config could set.
_NOT_WANTED = "com_google_protobuf"

def _collect_impl(target, ctx):
    deps = getattr(ctx.rule.attr, "deps", [])
    if type(deps) != type([]):  # some rules have a dict
        deps = []
    below = [dep[_Protos] for dep in deps if _Protos in dep]
    sources, inputs, paths = [], [], []
    if ProtoInfo in target:
        info = target[ProtoInfo]
        if target.label.workspace_name != _NOT_WANTED:
            sources = info.direct_sources
        inputs = [info.transitive_sources]
        paths = [info.transitive_proto_path]
    return [_Protos(
        sources = depset(sources, transitive = [protos.sources for protos in below]),
        inputs = depset(transitive = inputs + [protos.inputs for protos in below]),
        paths = depset(transitive = paths + [protos.paths for protos in below]),
    )]

_collect = aspect(
    doc = "Finds the .proto files behind C++ and proto targets.",
    implementation = _collect_impl,
    attr_aspects = ["deps"],
)

def _descriptor_set_impl(ctx):
    protos = [dep[_Protos] for dep in ctx.attr.deps]
    sources = depset(transitive = [each.sources for each in protos])

    # protoc takes the first folder a file is in, and "." has all of them.
    folders = depset(transitive = [each.paths for each in protos]).to_list()
    folders = [folder for folder in folders if folder != "."] + ["."]
    out = ctx.outputs.out
    args = ctx.actions.args()
    args.add("--include_source_info")
    args.add(out, format = "--descriptor_set_out=%s")
    args.add_all(folders, format_each = "-I%s")
    args.add_all(sources)
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [args],
        inputs = depset(transitive = [each.inputs for each in protos]),
        outputs = [out],
        mnemonic = "SchemaComments",
    )

_descriptor_set = rule(
    doc = "A FileDescriptorSet with comments of all .proto files behind deps.",
    implementation = _descriptor_set_impl,
    attrs = {
        "deps": attr.label_list(aspects = [_collect]),
        "out": attr.output(mandatory = True),
        "_protoc": attr.label(
            default = "@com_google_protobuf//:protoc",
            allow_single_file = True,
            executable = True,
            cfg = "host",
        ),
    },
)

def schema_comments(name, deps, **kwargs):
    """A library that adds the comments of all .proto files behind deps.

    Args:
      name: of the cc_library.
      deps: C++ or proto targets.
      **kwargs: of the cc_library: visibility, testonly.
    """
    _descriptor_set(
        name = name + "_descriptors",
        out = name + ".descriptors",
        deps = deps,
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
    )
    native.genrule(
        name = name + "_source",
        srcs = [name + ".descriptors"],
        outs = [name + ".cc"],
        cmd = """(
echo '#include "registry/schema_comments.h"'
echo 'static constexpr unsigned char kDescriptors[] = {'
od -An -v -tu1 $< | sed 's/\\([0-9]\\) *$$/\\1,/; s/\\([0-9]\\)  */\\1,/g'
echo '};'
echo '[[maybe_unused]] static const bool kAdded ='
echo '    ::anneal::AddSchemaComments('
echo '        {reinterpret_cast<const char*>(kDescriptors),'
echo '         sizeof(kDescriptors)});'
) > $@""",
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
    )
    cc_library(
        name = name,
        srcs = [name + ".cc"],
        deps = [str(Label("//registry:schema_comments"))],
        alwayslink = True,
        **kwargs
    )
