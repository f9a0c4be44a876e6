"""The config messages of a scheduler's names."""

load("@rules_cc//cc:defs.bzl", "cc_proto_library")
load("@rules_proto//proto:defs.bzl", "proto_library")

# What FIELD stands for in a schedule's field names.
_FIELDS = {
    "LR": "lr",
    "Momentum": "momentum",
    "ParamScheduler": "value",
}

# The lines between a message's braces.
_BODY = "sed -n '/^message/,/^}/p' %s | sed '1d;$$d'"

def scheduler_configs(name, schedule, variants = ["LR", "Momentum", "ParamScheduler"]):
    """NAME.proto and common_fields.proto -> the messages of SCHEDULE's names.

    StepLR, StepMomentum and StepParamScheduler differ in what they change and
    nothing else, so their messages are put together here: of step.proto's one
    message and the fields that every scheduler has. C++ includes
    NAME_configs.pb.h and depends on :NAME_configs_cc_proto.

    Args:
      name: of the file with the schedule's own fields, from number 10 on.
      schedule: "Step".
      variants: which of the three there are.
    """

    # Of this repository, whoever calls.
    common = str(Label("//optim/schedulers:common_fields.proto"))
    param_name = str(Label("//optim/schedulers:param_name_field.proto"))
    options = str(Label("//config:options_proto"))
    messages = []
    for variant in variants:
        messages += [
            "echo 'message %s%sConfig {'" % (schedule, variant),
            _BODY % ("$(location %s)" % common),
        ] + ([
            _BODY % ("$(location %s)" % param_name),
        ] if variant == "ParamScheduler" else []) + [
            (_BODY % ("$(location %s.proto)" % name)) +
            " | sed 's/FIELD/%s/'" % _FIELDS[variant],
            "echo '}'",
        ]
    native.genrule(
        name = name + "_configs_source",
        srcs = [
            common,
            param_name,
            name + ".proto",
        ],
        outs = [name + "_configs.proto"],
        cmd = "(%s) > $@" % "; ".join(
            ["sed '/^message/,$$d' $(location %s.proto)" % name] + messages,
        ),
    )
    proto_library(
        name = name + "_configs_proto",
        srcs = [name + "_configs.proto"],
        visibility = ["//visibility:public"],
        deps = [options],
    )
    cc_proto_library(
        name = name + "_configs_cc_proto",
        visibility = ["//visibility:public"],
        deps = [":%s_configs_proto" % name],
    )
