"""The config messages of bitsandbytes' names."""

load("@rules_cc//cc:defs.bzl", "cc_proto_library")
load("@rules_proto//proto:defs.bzl", "proto_library")

# The names of each message of eight_bit.proto.
_NAMES = {
    "Adagrad": ["Adagrad8bit", "Adagrad32bit", "bnb_Adagrad"],
    "Adam": ["Adam8bit", "Adam32bit", "bnb_Adam", "PagedAdam", "PagedAdam8bit", "PagedAdam32bit"],
    "AdamW": ["AdamW8bit", "AdamW32bit", "bnb_AdamW", "PagedAdamW", "PagedAdamW8bit", "PagedAdamW32bit"],
    "AdEMAMix": ["AdEMAMix8bit", "AdEMAMix32bit", "AdEMAMix", "PagedAdEMAMix", "PagedAdEMAMix8bit", "PagedAdEMAMix32bit"],
    "LAMB": ["LAMB8bit", "LAMB32bit", "LAMB"],
    "LARS": ["LARS8bit", "LARS32bit", "LARS"],
    "Lion": ["Lion8bit", "Lion32bit", "bnb_Lion", "PagedLion", "PagedLion8bit", "PagedLion32bit"],
    "RMSprop": ["RMSprop8bit", "RMSprop32bit", "bnb_RMSprop"],
    "SGD": ["SGD8bit", "SGD32bit", "bnb_SGD"],
}

_OPTIM_BITS = "echo '  // Bits of a number of state: 8 or 32.'; " + \
              "echo '  optional int32 optim_bits = 20 [default = 32];'"

def eight_bit_configs(name):
    """eight_bit.proto -> NAME.proto and :NAME_cc_proto.

    The names of one message differ in the bits of their state and nothing
    else; one that does not say them has the field optim_bits.

    Args:
      name: of the file.
    """
    commands = ["sed '/^import/q' $<"]
    for message, names in _NAMES.items():
        for config in names:
            commands += [
                "echo 'message %sConfig {'" % config,
                "sed -n '/^message %s {/,/^}/p' $< | sed '1d;$$d'" % message,
            ] + (
                [] if config.endswith("bit") else [_OPTIM_BITS]
            ) + ["echo '}'"]
    native.genrule(
        name = name + "_source",
        srcs = ["eight_bit.proto"],
        outs = [name + ".proto"],
        cmd = "(%s) > $@" % "; ".join(commands),
    )
    proto_library(
        name = name + "_proto",
        srcs = [name + ".proto"],
        visibility = ["//visibility:public"],
        deps = ["//config:options_proto"],
    )
    cc_proto_library(
        name = name + "_cc_proto",
        visibility = ["//visibility:public"],
        deps = [":%s_proto" % name],
    )
